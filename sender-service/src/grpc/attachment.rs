//! Uploading files: in sealed pieces of 1 MiB, each durable before the next is read, so that memory stays bounded and a
//! broken upload goes on where it stopped.

use framme_shared::{
    db::sealing::DataKey,
    domain::{
        digest::{Digest, Hasher},
        ids::{AttachmentId, ReportId},
    },
    wire::{
        pb::{
            report::{AttachmentUploadHeader, AttachmentUploadState, attachment_chunk::Part},
            sender::{
                GetAttachmentUploadRequest, GetAttachmentUploadResponse, UploadAttachmentRequest,
                UploadAttachmentResponse,
            },
        },
        status::{Cause, Failure},
    },
};
use tonic::{Status, Streaming};

use super::{
    Api,
    failure::{sealing, storage},
    read::report_id,
};
use crate::{
    store::{attachment, report},
    submission::{
        sealed::{self, CHUNK_BYTES},
        upload::{AppendChunk, BeginUpload, Begun, CompleteUpload, RemoveUpload, Upload, UploadError},
    },
};

/// One message of an upload holds at most this.
const MAX_DATA_BYTES: usize = 256 * 1024;

/// What the first message announces.
struct Announced {
    report: ReportId,
    attachment: AttachmentId,
    size_bytes: u64,
    sha256: Digest,
    offset: u64,
}

/// An upload under way.
struct Running {
    upload: Upload,
    size_bytes: u64,
    sha256: Digest,
    key: DataKey,
    hasher: Hasher,
    /// Bytes received, durable or in the buffer.
    received: u64,
    /// Bytes not durable yet.
    buffer: Vec<u8>,
}

impl Api {
    pub(super) async fn attachment_upload(
        &self,
        request: GetAttachmentUploadRequest,
    ) -> Result<GetAttachmentUploadResponse, Failure> {
        let report = report_id(&request.report_id)?;
        let attachment = attachment_id("attachment_id", &request.attachment_id)?;
        let reader = self.context.database.reader();
        let found = attachment::look_up(reader, &report, &attachment)
            .await
            .map_err(storage)?;
        let row = found.ok_or(Failure::NotFound)?;
        Ok(GetAttachmentUploadResponse {
            state: Some(AttachmentUploadState {
                committed_bytes: row.committed_bytes,
                complete: row.complete,
            }),
        })
    }

    pub(super) async fn upload(
        &self,
        mut messages: Streaming<UploadAttachmentRequest>,
    ) -> Result<UploadAttachmentResponse, Status> {
        let announced = self.announced(next(&mut messages).await?)?;
        let complete = UploadAttachmentResponse {
            state: Some(AttachmentUploadState {
                committed_bytes: announced.size_bytes,
                complete: true,
            }),
        };
        let Some(mut running) = self.begin(announced).await? else {
            return Ok(complete);
        };
        while let Some(part) = next(&mut messages).await? {
            let Part::Data(data) = part else {
                return Err(Failure::invalid_field("chunk.header", "must be in the first message only").into());
            };
            self.take(&mut running, &data).await?;
        }
        self.finish(running).await?;
        Ok(complete)
    }

    fn announced(&self, first: Option<Part>) -> Result<Announced, Failure> {
        let Some(Part::Header(header)) = first else {
            return Err(Failure::invalid_field("chunk.header", "must be in the first message"));
        };
        let AttachmentUploadHeader {
            owner_id,
            attachment_id: attachment,
            size_bytes,
            sha256,
            offset,
        } = header;
        let limit = self.context.max_attachment_bytes;
        if size_bytes > limit {
            return Err(Failure::TooLarge {
                what: "an attachment",
                limit: format!("{limit} bytes"),
            });
        }
        if size_bytes == 0 {
            return Err(Failure::invalid_field("chunk.header.size_bytes", "must be at least 1"));
        }
        Ok(Announced {
            report: ReportId::parse(&owner_id)
                .map_err(|rule| Failure::invalid_field("chunk.header.owner_id", rule.to_string()))?,
            attachment: attachment_id("chunk.header.attachment_id", &attachment)?,
            size_bytes,
            sha256: Digest::from_slice(&sha256)
                .map_err(|rule| Failure::invalid_field("chunk.header.sha256", rule.to_string()))?,
            offset,
        })
    }

    /// The upload to go on with, or `None` when the file is complete already.
    async fn begin(&self, announced: Announced) -> Result<Option<Running>, Failure> {
        let context = &self.context;
        let known = report::known(context.database.reader(), &announced.report)
            .await
            .map_err(storage)?;
        let (key, new_key) = match known.wrapped_key {
            Some(wrapped) => (sealed::open_key(&context.keys, wrapped).map_err(sealing)?, None),
            None => {
                let (key, stored) = sealed::new_key(&context.keys);
                (key, Some(stored))
            }
        };
        let upload = Upload {
            report: announced.report,
            attachment: announced.attachment,
            token: context.random.new_uuid().to_string(),
        };
        let begin = BeginUpload {
            upload: upload.clone(),
            size_bytes: announced.size_bytes,
            sha256: announced.sha256,
            offset: announced.offset,
            new_key,
        };
        match context.database.change(begin).await.map_err(failure)? {
            Begun::Complete => Ok(None),
            Begun::ContentDiffers => Err(Failure::ContentDiffers),
            Begun::Offset { committed } => Err(Failure::UploadOffset { committed }),
            Begun::Running => {
                let hasher = self.digest_so_far(&upload, &key, announced.offset).await?;
                Ok(Some(Running {
                    upload,
                    size_bytes: announced.size_bytes,
                    sha256: announced.sha256,
                    key,
                    hasher,
                    received: announced.offset,
                    buffer: Vec::with_capacity(CHUNK_BYTES),
                }))
            }
        }
    }

    /// The digest of what is durable, read back piece by piece.
    async fn digest_so_far(&self, upload: &Upload, key: &DataKey, committed: u64) -> Result<Hasher, Failure> {
        let (mut hasher, mut position) = (Hasher::new(), 0);
        while position < committed {
            let piece = self
                .context
                .read_piece(&upload.report, &upload.attachment, key, position)
                .await;
            let piece = piece.map_err(|error| error.into_failure())?;
            hasher.update(&piece);
            position += piece.len() as u64;
        }
        Ok(hasher)
    }

    async fn take(&self, running: &mut Running, data: &[u8]) -> Result<(), Failure> {
        if data.len() > MAX_DATA_BYTES {
            return Err(Failure::TooLarge {
                what: "a chunk of an upload",
                limit: format!("{MAX_DATA_BYTES} bytes"),
            });
        }
        running.received += data.len() as u64;
        if running.received > running.size_bytes {
            // Whatever this is, it is not the file announced.
            self.remove(running).await?;
            return Err(Failure::invalid_field(
                "chunk.data",
                "must be no more than the announced size_bytes",
            ));
        }
        running.hasher.update(data);
        running.buffer.extend_from_slice(data);
        if running.buffer.len() >= CHUNK_BYTES {
            self.commit(running).await?;
        }
        Ok(())
    }

    /// Makes the buffer durable.
    async fn commit(&self, running: &mut Running) -> Result<(), Failure> {
        if running.buffer.is_empty() {
            return Ok(());
        }
        let length = running.buffer.len() as u64;
        let start = running.received - length;
        let file = (&running.upload.report, &running.upload.attachment);
        let append = AppendChunk {
            upload: running.upload.clone(),
            start,
            length,
            sealed: sealed::seal_chunk(&running.key, file, start, &running.buffer),
        };
        running.buffer.clear();
        self.context.database.change(append).await.map_err(failure)
    }

    async fn finish(&self, mut running: Running) -> Result<(), Failure> {
        self.commit(&mut running).await?;
        if running.received < running.size_bytes {
            return Err(Failure::invalid_field(
                "chunk.data",
                "must be all of the announced size_bytes",
            ));
        }
        if running.hasher.clone().finish() != running.sha256 {
            self.remove(&running).await?;
            return Err(Failure::DigestMismatch);
        }
        let complete = CompleteUpload(running.upload);
        self.context.database.change(complete).await.map_err(failure)
    }

    async fn remove(&self, running: &Running) -> Result<(), Failure> {
        let remove = RemoveUpload(running.upload.clone());
        self.context.database.change(remove).await.map_err(failure)
    }
}

async fn next(messages: &mut Streaming<UploadAttachmentRequest>) -> Result<Option<Part>, Status> {
    match messages.message().await? {
        None => Ok(None),
        Some(message) => match message.chunk.and_then(|chunk| chunk.part) {
            Some(part) => Ok(Some(part)),
            None => Err(Failure::invalid_field("chunk.part", "must be a header or data").into()),
        },
    }
}

fn attachment_id(field: &'static str, text: &str) -> Result<AttachmentId, Failure> {
    AttachmentId::parse(text).map_err(|rule| Failure::invalid_field(field, rule.to_string()))
}

fn failure(error: UploadError) -> Failure {
    match error {
        UploadError::TakenOver { committed } => Failure::UploadOffset { committed },
        UploadError::LookAgain => Failure::ConcurrentChange,
        UploadError::Store(error) => storage(error),
    }
}

impl crate::files::ReadError {
    fn into_failure(self) -> Failure {
        match self {
            Self::Store(error) => storage(error),
            Self::Seal(error) => sealing(error),
            Self::Missing => Failure::StorageCorrupt(Cause::saying("a piece of a file is missing")),
        }
    }
}
