//! Files of any size that are made as they are sent, and how they travel.

use std::time::Duration;

use framme_demo::world::Client;
use framme_shared::{
    domain::digest::{Digest, Hasher},
    runtime::random::{OsRandom, Random as _},
    wire::pb::{
        receiver::{DownloadAttachmentRequest, work_list_service_client::WorkListServiceClient},
        report::{Attachment, AttachmentChunk, AttachmentUploadHeader, AttachmentUploadState, attachment_chunk::Part},
        sender::{GetAttachmentUploadRequest, UploadAttachmentRequest, sender_service_client::SenderServiceClient},
    },
};
use futures::{Stream, StreamExt as _};
use tonic::Status;
use uuid::Uuid;

/// One message of an upload.
const DATA_BYTES: u64 = 256 * 1024;

/// A file whose bytes follow from its id.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) id: Uuid,
    pub(super) size_bytes: u64,
    pub(super) sha256: Digest,
}

impl File {
    pub(super) fn new(size_bytes: u64) -> Self {
        let mut file = Self {
            id: OsRandom.new_uuid(),
            size_bytes,
            sha256: Digest::of(b""),
        };
        let mut hasher = Hasher::new();
        for offset in (0..size_bytes).step_by(DATA_BYTES as usize) {
            hasher.update(&file.bytes(offset));
        }
        file.sha256 = hasher.finish();
        file
    }

    /// The message that begins at `offset`. No two are alike, so that one in the wrong place changes the digest.
    fn bytes(&self, offset: u64) -> Vec<u8> {
        let length = DATA_BYTES.min(self.size_bytes - offset) as usize;
        let mut state = self.id.as_u64_pair().0 ^ offset | 1;
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    /// As a report names it. No children means all of the report.
    pub(super) fn named(&self, child_ids: &[&str]) -> Attachment {
        Attachment {
            attachment_id: self.id.to_string(),
            file_name: "bilde.jpg".to_owned(),
            media_type: "image/jpeg".to_owned(),
            size_bytes: self.size_bytes,
            sha256: self.sha256.as_bytes().to_vec().into(),
            child_ids: child_ids.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    /// The messages of an upload from `offset`, which ends before `end`.
    fn messages(&self, owner: &str, offset: u64, end: u64) -> impl Stream<Item = UploadAttachmentRequest> + use<> {
        let header = AttachmentUploadHeader {
            owner_id: owner.to_owned(),
            attachment_id: self.id.to_string(),
            size_bytes: self.size_bytes,
            sha256: self.sha256.as_bytes().to_vec().into(),
            offset,
        };
        let file = self.clone();
        let data = (offset..end)
            .step_by(DATA_BYTES as usize)
            .map(move |offset| Part::Data(file.bytes(offset).into()));
        futures::stream::iter(
            [Part::Header(header)]
                .into_iter()
                .chain(data)
                .map(|part| UploadAttachmentRequest {
                    chunk: Some(AttachmentChunk { part: Some(part) }),
                }),
        )
    }

    /// Uploads it from `offset` to its end.
    pub(super) async fn upload_from(
        &self,
        offset: u64,
        report: &str,
        sender: &mut SenderServiceClient<Client>,
    ) -> Result<(), Status> {
        let messages = self.messages(report, offset, self.size_bytes);
        sender.upload_attachment(messages).await.map(drop)
    }

    /// Uploads it.
    pub(super) async fn upload(&self, report: &str, sender: &mut SenderServiceClient<Client>) -> Result<(), Status> {
        self.upload_from(0, report, sender).await
    }

    /// Uploads it up to `end`, and then the connection is silent until the caller has seen enough and drops this.
    pub(super) async fn upload_and_hang_at(
        &self,
        end: u64,
        report: &str,
        sender: &mut SenderServiceClient<Client>,
    ) -> Result<(), Status> {
        let messages = self.messages(report, 0, end).chain(futures::stream::pending());
        sender.upload_attachment(messages).await.map(drop)
    }

    /// How far the sender has it.
    pub(super) async fn at_sender(
        &self,
        report: &str,
        sender: &mut SenderServiceClient<Client>,
    ) -> Result<AttachmentUploadState, Status> {
        let request = GetAttachmentUploadRequest {
            report_id: report.to_owned(),
            attachment_id: self.id.to_string(),
        };
        let answer = sender.get_attachment_upload(request).await?;
        Ok(answer.into_inner().state.unwrap_or_default())
    }

    /// Digest and size of what a receiver hands out.
    pub(super) async fn download(
        &self,
        transmission: &str,
        work_list: &mut WorkListServiceClient<Client>,
    ) -> Result<(u64, Digest), Status> {
        let request = DownloadAttachmentRequest {
            transmission_id: transmission.to_owned(),
            attachment_id: self.id.to_string(),
        };
        let mut stream = work_list.download_attachment(request).await?.into_inner();
        let (mut size, mut hasher) = (0, Hasher::new());
        while let Some(message) = stream.message().await? {
            size += message.data.len() as u64;
            hasher.update(&message.data);
        }
        Ok((size, hasher.finish()))
    }
}

/// Long enough that a busy machine does not end a test, short enough that a hang does.
pub(super) const LONG: Duration = Duration::from_secs(120);
