use super::{Rules, Scope, pb};
use crate::domain::{
    digest::Digest,
    ids::{AttachmentId, ChildId},
    report::{Attachment, FileName, MediaType, limits},
};

/// Reads every attachment, unless there are too many: their number is then the violation. One that breaks a rule
/// stands as `None`.
pub(super) fn read_all(
    scope: &mut Scope<'_>,
    attachments: &[pb::Attachment],
    rules: &Rules,
) -> Vec<Option<Attachment>> {
    if attachments.len() > limits::ATTACHMENTS {
        return vec![None; attachments.len()];
    }
    let fields = (0..).map(|index| format!("attachments[{index}]"));
    fields
        .zip(attachments)
        .map(|(field, attachment)| read(&mut scope.inside(&field), attachment, rules))
        .collect()
}

fn read(scope: &mut Scope<'_>, attachment: &pb::Attachment, rules: &Rules) -> Option<Attachment> {
    let id = scope.required("attachment_id", &attachment.attachment_id, AttachmentId::parse);
    let file_name = scope.required("file_name", &attachment.file_name, FileName::parse);
    let media_type = scope.required("media_type", &attachment.media_type, MediaType::parse);
    let size_bytes = (1..=rules.max_attachment_bytes)
        .contains(&attachment.size_bytes)
        .then_some(attachment.size_bytes);
    if size_bytes.is_none() {
        scope.refuse(
            "size_bytes",
            format_args!("must be 1 to {} bytes", rules.max_attachment_bytes),
        );
    }
    let sha256 = Digest::from_slice(&attachment.sha256)
        .map_err(|rule| scope.refuse("sha256", rule))
        .ok();
    let child_ids = scope.lines("child_ids", &attachment.child_ids, limits::CHILDREN, ChildId::parse);
    Some(Attachment {
        id: id?,
        file_name: file_name?,
        media_type: media_type?,
        size_bytes: size_bytes?,
        sha256: sha256?,
        child_ids: child_ids?,
    })
}

pub(super) fn write(attachment: &Attachment) -> pb::Attachment {
    pb::Attachment {
        attachment_id: attachment.id.to_string(),
        file_name: attachment.file_name.expose().to_owned(),
        media_type: attachment.media_type.as_str().to_owned(),
        size_bytes: attachment.size_bytes,
        sha256: attachment.sha256.as_bytes().to_vec().into(),
        child_ids: attachment.child_ids.iter().map(ToString::to_string).collect(),
    }
}
