//! One upload stream: what it brings is sealed and committed in steps, so that a broken one continues where it broke.

use bytes::{Buf as _, Bytes};
use framme_shared::{
    db::{
        StoreError,
        sealing::{DataKey, Place},
    },
    domain::digest::Digest,
    wire::status::Failure,
};

use super::{
    CHUNK_BYTES, CHUNKS_PER_COMMIT,
    changes::{AppendChunks, EndUpload, StartUpload, Started},
    read_back::{digest_of, place},
};
use crate::{
    core::Core,
    error::Refusal,
    store::attachment::{self, Attachment, AttachmentKey},
};

/// How far an upload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadState {
    /// Bytes that are durable.
    pub committed_bytes: u64,
    /// All are durable, and right.
    pub complete: bool,
}

impl UploadState {
    const fn of(file: &Attachment) -> Self {
        Self {
            committed_bytes: file.committed_bytes,
            complete: file.complete,
        }
    }
}

/// What a stream announces.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Which file.
    pub key: AttachmentKey,
    /// Its size, at least 1.
    pub size_bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Where this stream starts.
    pub offset: u64,
}

/// How far the file's upload has come.
///
/// # Errors
/// `NOT_FOUND` when nothing has arrived.
pub async fn state(core: &Core, key: &AttachmentKey) -> Result<UploadState, Refusal> {
    let file = attachment::find(core.db.reader(), key)
        .await?
        .ok_or(Failure::NotFound)?;
    Ok(UploadState::of(&file))
}

/// Where the bytes of a file come from.
pub trait Source: Send {
    /// The next bytes, as many as there are; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Refusal>> + Send;
}

/// Takes a file. Holds at most about 1 MiB of it. A stream that breaks leaves what was committed.
///
/// # Errors
/// `CONTENT_DIFFERS`, `UPLOAD_OFFSET`, `DIGEST_MISMATCH`, `TOO_LARGE`, `STORAGE_CORRUPT`, those of storage and of the
/// source.
pub async fn upload(core: &Core, announced: Upload, source: &mut impl Source) -> Result<UploadState, Refusal> {
    let file = match begin(core, &announced).await? {
        Begun::Complete(state) => return Ok(state),
        Begun::At(file) => file,
    };
    let mut writer = Writer::new(core, &announced, file)?;
    while let Some(data) = source.next().await? {
        writer.take(data).await?;
    }
    writer.finish().await
}

enum Begun {
    Complete(UploadState),
    At(Attachment),
}

async fn begin(core: &Core, announced: &Upload) -> Result<Begun, Refusal> {
    let found = attachment::find(core.db.reader(), &announced.key).await?;
    if let Some(file) = &found {
        if file.size_bytes != announced.size_bytes || file.sha256 != announced.sha256 {
            return Err(Failure::ContentDiffers.into());
        }
        if file.complete {
            return Ok(Begun::Complete(UploadState::of(file)));
        }
    }
    let committed = found.as_ref().map_or(0, |file| file.committed_bytes);
    match found {
        Some(file) if announced.offset > 0 && announced.offset == committed => Ok(Begun::At(file)),
        _ if announced.offset == 0 => start(core, announced).await,
        _ => Err(Failure::UploadOffset { committed }.into()),
    }
}

async fn start(core: &Core, announced: &Upload) -> Result<Begun, Refusal> {
    let (_, key) = core.keys.new_data_key();
    let new = Attachment {
        storage_id: core.random.new_uuid(),
        id: announced.key.attachment,
        size_bytes: announced.size_bytes,
        sha256: announced.sha256,
        committed_bytes: 0,
        complete: false,
        key,
    };
    let most_files = core.limits.max_files;
    let starting = StartUpload {
        key: announced.key.clone(),
        new: new.clone(),
        most_files,
    };
    match core.db.change(starting).await? {
        Started::Now => Ok(Begun::At(new)),
        Started::There(file)
            if file.complete && file.size_bytes == announced.size_bytes && file.sha256 == announced.sha256 =>
        {
            Ok(Begun::Complete(UploadState::of(&file)))
        }
        Started::There(_) => Err(Failure::ContentDiffers.into()),
        Started::TooMany => {
            let limit = format!("{most_files} files");
            Err(Failure::TooLarge {
                what: "a transmission",
                limit,
            }
            .into())
        }
    }
}

/// Cuts what comes into pieces, seals them, commits them in steps.
struct Writer<'c> {
    core: &'c Core,
    file: Attachment,
    announced: &'c Upload,
    key: DataKey,
    piece: Vec<u8>,
    sealed: Vec<Vec<u8>>,
    received: u64,
}

impl<'c> Writer<'c> {
    fn new(core: &'c Core, announced: &'c Upload, file: Attachment) -> Result<Self, Refusal> {
        let row = file.storage_id.to_string();
        let key = core
            .keys
            .unwrap(&file.key)
            .map_err(|error| Refusal::corrupt(&Place::new("attachment", "wrapped_key", &row), error))?;
        Ok(Self {
            core,
            received: file.committed_bytes,
            file,
            announced,
            key,
            piece: Vec::with_capacity(CHUNK_BYTES),
            sealed: Vec::with_capacity(CHUNKS_PER_COMMIT),
        })
    }

    async fn take(&mut self, mut data: Bytes) -> Result<(), Refusal> {
        self.received += data.len() as u64;
        if self.received > self.announced.size_bytes {
            return Err(Failure::invalid_field("chunk.data", "must not be more than the header's size_bytes").into());
        }
        while data.has_remaining() {
            let room = CHUNK_BYTES - self.piece.len();
            let part = data.split_to(room.min(data.len()));
            self.piece.extend_from_slice(&part);
            if self.piece.len() == CHUNK_BYTES {
                self.seal_piece();
            }
            if self.sealed.len() == CHUNKS_PER_COMMIT {
                self.commit().await?;
            }
        }
        Ok(())
    }

    fn seal_piece(&mut self) {
        let row = self.file.storage_id.to_string();
        let number = self.file.committed_bytes / CHUNK_BYTES as u64 + self.sealed.len() as u64;
        self.sealed.push(self.key.seal(&place(&row, number), &self.piece));
        self.piece.clear();
    }

    /// Commits the sealed pieces. Whoever restarted or continued this upload meanwhile has the place.
    async fn commit(&mut self) -> Result<(), Refusal> {
        if self.sealed.is_empty() {
            return Ok(());
        }
        let from = self.file.committed_bytes;
        let to = (from + (self.sealed.len() * CHUNK_BYTES) as u64).min(self.received - self.piece.len() as u64);
        let appending = AppendChunks {
            storage: self.file.storage_id,
            sender: self.announced.key.sender,
            first: from / CHUNK_BYTES as u64,
            chunks: std::mem::take(&mut self.sealed),
            from,
            to,
        };
        match self.core.db.change(appending).await {
            Ok(()) => {
                self.file.committed_bytes = to;
                Ok(())
            }
            Err(StoreError::ConcurrentChange { .. }) => {
                let found = attachment::find(self.core.db.reader(), &self.announced.key).await?;
                let committed = found.map_or(0, |file| file.committed_bytes);
                Err(Failure::UploadOffset { committed }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The stream is at its end: all must be there, and what is read back from storage must have the digest announced.
    async fn finish(mut self) -> Result<UploadState, Refusal> {
        if self.received < self.announced.size_bytes {
            // What was committed stays for a later stream.
            return Err(Failure::invalid_field("chunk.data", "must come to the header's size_bytes in all").into());
        }
        if !self.piece.is_empty() {
            self.seal_piece();
        }
        self.commit().await?;
        let is_right = digest_of(self.core, &self.file).await? == self.announced.sha256;
        let ending = EndUpload {
            storage: self.file.storage_id,
            sender: self.announced.key.sender,
            is_right,
        };
        self.core.db.change(ending).await?;
        if is_right {
            Ok(UploadState {
                committed_bytes: self.announced.size_bytes,
                complete: true,
            })
        } else {
            Err(Failure::DigestMismatch.into())
        }
    }
}
