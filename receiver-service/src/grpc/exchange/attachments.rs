//! `GetAttachmentUpload` and `UploadAttachment`.

use framme_shared::{domain::ids::TransmissionId, wire::scope::Scope};
use framme_shared::{
    domain::{ids::AttachmentId, organisation::OrganisationNumber},
    wire::{
        pb::{
            exchange::{
                GetAttachmentUploadRequest, GetAttachmentUploadResponse, UploadAttachmentRequest,
                UploadAttachmentResponse,
            },
            report::{AttachmentUploadHeader, AttachmentUploadState, attachment_chunk::Part},
        },
        status::Failure,
    },
};
use tonic::Streaming;

use crate::{
    attachments::{self, CHUNK_BYTES, Source, Upload, UploadState},
    core::Core,
    error::Refusal,
    grpc::read,
    store::attachment::AttachmentKey,
};

pub(super) async fn state_of(
    core: &Core,
    sender: OrganisationNumber,
    request: &GetAttachmentUploadRequest,
) -> Result<GetAttachmentUploadResponse, Refusal> {
    let key = read::message(|scope| {
        let sent_id = read::transmission_id(scope, &request.transmission_id);
        let attachment = scope.required("attachment_id", &request.attachment_id, AttachmentId::parse);
        Some(AttachmentKey {
            sender,
            sent_id: sent_id?,
            attachment: attachment?,
        })
    })?;
    let state = attachments::state(core, &key).await?;
    Ok(GetAttachmentUploadResponse {
        state: Some(wire(state)),
    })
}

pub(super) async fn take(
    core: &Core,
    sender: OrganisationNumber,
    stream: Streaming<UploadAttachmentRequest>,
) -> Result<UploadAttachmentResponse, Refusal> {
    let mut incoming = Incoming(stream);
    let Some(Part::Header(header)) = incoming.part().await? else {
        let rule = "must be the header in the first message";
        return Err(Failure::invalid_field("chunk.part", rule).into());
    };
    let most = core.limits.max_bytes;
    if header.size_bytes > most {
        let limit = format!("{most} bytes");
        return Err(Failure::TooLarge {
            what: "an attachment",
            limit,
        }
        .into());
    }
    let announced = read::message(|scope| read_header(&mut scope.inside("chunk.header"), sender, &header))?;
    let state = attachments::upload(core, announced, &mut incoming).await?;
    Ok(UploadAttachmentResponse {
        state: Some(wire(state)),
    })
}

fn read_header(scope: &mut Scope<'_>, sender: OrganisationNumber, header: &AttachmentUploadHeader) -> Option<Upload> {
    let sent_id = scope.required("owner_id", &header.owner_id, TransmissionId::parse);
    let attachment = scope.required("attachment_id", &header.attachment_id, AttachmentId::parse);
    let sha256 = read::sha256(scope, "sha256", &header.sha256);
    if header.size_bytes == 0 {
        scope.refuse("size_bytes", "must be at least 1");
    }
    if header.offset > header.size_bytes {
        scope.refuse("offset", "must not be beyond size_bytes");
    }
    Some(Upload {
        key: AttachmentKey {
            sender,
            sent_id: sent_id?,
            attachment: attachment?,
        },
        size_bytes: header.size_bytes,
        sha256: sha256?,
        offset: header.offset,
    })
}

/// The stream of one upload.
struct Incoming(Streaming<UploadAttachmentRequest>);

impl Incoming {
    async fn part(&mut self) -> Result<Option<Part>, Refusal> {
        let Some(message) = self.0.message().await.map_err(Refusal::Stream)? else {
            return Ok(None);
        };
        let part = message.chunk.and_then(|chunk| chunk.part);
        part.map(Some)
            .ok_or_else(|| Failure::invalid_field("chunk.part", "must be given").into())
    }
}

impl Source for Incoming {
    async fn next(&mut self) -> Result<Option<bytes::Bytes>, Refusal> {
        match self.part().await? {
            None => Ok(None),
            Some(Part::Data(data)) if data.len() <= CHUNK_BYTES => Ok(Some(data)),
            Some(Part::Data(_)) => {
                let limit = format!("{CHUNK_BYTES} bytes");
                Err(Failure::TooLarge {
                    what: "chunk.data",
                    limit,
                }
                .into())
            }
            Some(Part::Header(_)) => {
                Err(Failure::invalid_field("chunk.part", "must be data after the first message").into())
            }
        }
    }
}

const fn wire(state: UploadState) -> AttachmentUploadState {
    AttachmentUploadState {
        committed_bytes: state.committed_bytes,
        complete: state.complete,
    }
}
