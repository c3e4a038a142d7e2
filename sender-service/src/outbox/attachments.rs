//! Uploading one file of a transmission to its receiver, from where an earlier attempt stopped. At most about 2 MiB of
//! it are in memory at once.

use bytes::Bytes;
use framme_shared::{
    db::sealing::DataKey,
    domain::ids::{AttachmentId, ReportId},
    wire::{
        pb::{
            exchange::{GetAttachmentUploadRequest, UploadAttachmentRequest},
            report::{
                Attachment, AttachmentChunk, AttachmentUploadHeader, AttachmentUploadState, ErrorReason,
                attachment_chunk::Part,
            },
        },
        status::reason_of,
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{failure::Failure, lease::Lease};
use crate::{context::Context, files::ReadError, peer::Peer, store::delivery::Delivery};

/// One message of an upload holds this much.
const DATA_BYTES: usize = 256 * 1024;

/// Returns when the receiver has all of the file.
pub(super) async fn upload(
    context: &Context,
    peer: &Peer,
    lease: &Lease,
    delivery: &Delivery,
    attachment: &Attachment,
    key: &DataKey,
) -> Result<(), Failure> {
    let id = AttachmentId::parse(&attachment.attachment_id).map_err(|_| Failure::Ours("content-damaged"))?;
    let state = committed(context, peer, lease, delivery, attachment).await?;
    if state.complete {
        return Ok(());
    }
    let header = AttachmentUploadHeader {
        owner_id: delivery.transmission.to_string(),
        attachment_id: attachment.attachment_id.clone(),
        size_bytes: attachment.size_bytes,
        sha256: attachment.sha256.clone(),
        offset: state.committed_bytes,
    };
    let (to_peer, messages) = mpsc::channel(2);
    let file = File {
        report: delivery.report,
        id,
        size_bytes: attachment.size_bytes,
        key,
    };
    let feed = file.feed(context, lease, header, to_peer);
    let mut client = peer.client();
    let call = client.upload_attachment(ReceiverStream::new(messages));
    lease.limit(context, both(feed, call)).await?
}

/// How far earlier attempts came.
async fn committed(
    context: &Context,
    peer: &Peer,
    lease: &Lease,
    delivery: &Delivery,
    attachment: &Attachment,
) -> Result<AttachmentUploadState, Failure> {
    let request = GetAttachmentUploadRequest {
        transmission_id: delivery.transmission.to_string(),
        attachment_id: attachment.attachment_id.clone(),
    };
    let mut client = peer.client();
    match lease.limit(context, client.get_attachment_upload(request)).await? {
        Ok(answer) => Ok(answer.into_inner().state.unwrap_or_default()),
        Err(status) if reason_of(&status) == Some(ErrorReason::NotFound) => Ok(AttachmentUploadState::default()),
        Err(status) => Err(Failure::from(&status)),
    }
}

/// Awaits the answer while feeding the stream. The answer may come before all was fed; a feed that fails ends the
/// stream early, and then its own reason counts and not what the receiver makes of it.
async fn both<T>(
    feed: impl Future<Output = Result<(), Failure>>,
    call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
) -> Result<(), Failure> {
    tokio::pin!(feed, call);
    let mut fed = None;
    loop {
        tokio::select! {
            answer = &mut call => {
                if let Some(Err(failure)) = fed {
                    return Err(failure);
                }
                return answer.map(drop).map_err(|status| Failure::from(&status));
            }
            ended = &mut feed, if fed.is_none() => fed = Some(ended),
        }
    }
}

struct File<'a> {
    report: ReportId,
    id: AttachmentId,
    size_bytes: u64,
    key: &'a DataKey,
}

impl File<'_> {
    async fn feed(
        self,
        context: &Context,
        lease: &Lease,
        header: AttachmentUploadHeader,
        to_peer: mpsc::Sender<UploadAttachmentRequest>,
    ) -> Result<(), Failure> {
        let mut position = header.offset;
        if to_peer.send(message(Part::Header(header))).await.is_err() {
            return Ok(());
        }
        while position < self.size_bytes {
            let piece = context.read_piece(&self.report, &self.id, self.key, position).await;
            let piece = Bytes::from(piece.map_err(|error| failure(&error))?);
            position += piece.len() as u64;
            for start in (0..piece.len()).step_by(DATA_BYTES) {
                let data = piece.slice(start..piece.len().min(start + DATA_BYTES));
                // Nobody takes it any more: the answer is there, and says why.
                if to_peer.send(message(Part::Data(data))).await.is_err() {
                    return Ok(());
                }
            }
            lease.renew(context).await?;
        }
        Ok(())
    }
}

fn message(part: Part) -> UploadAttachmentRequest {
    UploadAttachmentRequest {
        chunk: Some(AttachmentChunk { part: Some(part) }),
    }
}

fn failure(error: &ReadError) -> Failure {
    Failure::Ours(match error {
        ReadError::Store(_) => "storage-unavailable",
        ReadError::Seal(_) => "content-damaged",
        ReadError::Missing => "attachment-missing",
    })
}
