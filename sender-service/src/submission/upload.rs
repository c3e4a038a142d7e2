//! The changes of an upload. A stream holds a token; a later stream for the same file takes over, and the earlier one
//! can append no more.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        digest::Digest,
        ids::{AttachmentId, ReportId},
    },
};

use crate::store::{
    attachment,
    data_key::{self, StoredKey},
};

/// Which file, and which stream appends to it.
#[derive(Clone)]
pub struct Upload {
    /// The report it goes with.
    pub report: ReportId,
    /// Which file of it.
    pub attachment: AttachmentId,
    /// The stream.
    pub token: String,
}

/// Why a step of an upload was not made.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// Another stream took over, or the file is not where this one thought.
    #[error("the upload goes on elsewhere")]
    TakenOver {
        /// Bytes that are durable.
        committed: u64,
    },
    /// The report's data key came into being since it was looked up.
    #[error("the key was stored at the same time")]
    LookAgain,
    /// Storage failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

/// Begins an upload, or goes on with it.
pub struct BeginUpload {
    /// Which file, by a new stream.
    pub upload: Upload,
    /// Announced size.
    pub size_bytes: u64,
    /// Announced digest.
    pub sha256: Digest,
    /// Where the stream starts: at what is committed, or 0 to start again.
    pub offset: u64,
    /// The report's data key, if there is none yet.
    pub new_key: Option<StoredKey>,
}

/// How an upload began.
pub enum Begun {
    /// The stream may append from its offset.
    Running,
    /// All bytes are there already.
    Complete,
    /// The same file was announced with another size or digest.
    ContentDiffers,
    /// The stream must start elsewhere.
    Offset {
        /// Bytes that are durable.
        committed: u64,
    },
}

impl Change for BeginUpload {
    type Outcome = Begun;
    type Error = UploadError;

    async fn apply(&self, tx: &mut Tx) -> Result<Begun, UploadError> {
        let at = tx.at();
        let Upload {
            report,
            attachment: id,
            token,
        } = &self.upload;
        let found = attachment::load(tx.conn(), report, id).await?;
        if let Some(row) = &found {
            if row.size_bytes != self.size_bytes || row.sha256 != self.sha256 {
                return Ok(Begun::ContentDiffers);
            }
            if row.complete {
                return Ok(Begun::Complete);
            }
        }
        let committed = found.as_ref().map_or(0, |row| row.committed_bytes);
        if self.offset != 0 && self.offset != committed {
            return Ok(Begun::Offset { committed });
        }
        if let Some(key) = &self.new_key
            && !data_key::insert(tx.conn(), report, key, at, "BeginUpload").await?
        {
            return Err(UploadError::LookAgain);
        }
        if found.is_some() && self.offset == committed {
            attachment::take_over(tx.conn(), report, id, token, at).await?;
            return Ok(Begun::Running);
        }
        if found.is_some() {
            attachment::remove(tx.conn(), report, id).await?;
        }
        let announced = (self.size_bytes, &self.sha256);
        attachment::insert(tx.conn(), report, id, announced, token, at).await?;
        Ok(Begun::Running)
    }
}

/// Makes one piece durable.
pub struct AppendChunk {
    /// Which file, by which stream.
    pub upload: Upload,
    /// Where the piece begins.
    pub start: u64,
    /// Its length before sealing.
    pub length: u64,
    /// The sealed piece.
    pub sealed: Vec<u8>,
}

impl Change for AppendChunk {
    type Outcome = ();
    type Error = UploadError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), UploadError> {
        let at = tx.at();
        let Upload {
            report,
            attachment: id,
            token,
        } = &self.upload;
        let (start, length) = (self.start, self.length);
        if attachment::append(tx.conn(), report, id, token, start, length, &self.sealed, at).await? {
            return Ok(());
        }
        taken_over(tx, &self.upload).await
    }
}

/// Marks a file whose bytes are all durable and have the announced digest.
pub struct CompleteUpload(pub Upload);

impl Change for CompleteUpload {
    type Outcome = ();
    type Error = UploadError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), UploadError> {
        let at = tx.at();
        let upload = &self.0;
        if !attachment::complete(tx.conn(), &upload.report, &upload.attachment, &upload.token, at).await? {
            return taken_over(tx, upload).await;
        }
        tx.record(LedgerEntry {
            kind: "attachment_uploaded",
            subject: upload.report.to_string(),
            actor: "sender".to_owned(),
            data: format!("attachment {}", upload.attachment),
        });
        Ok(())
    }
}

/// Removes a file that is not the one announced, unless another stream has taken over.
pub struct RemoveUpload(pub Upload);

impl Change for RemoveUpload {
    type Outcome = ();
    type Error = UploadError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), UploadError> {
        let upload = &self.0;
        let found = attachment::load(tx.conn(), &upload.report, &upload.attachment).await?;
        match found {
            Some(row) if row.upload_token == upload.token && !row.complete => {
                Ok(attachment::remove(tx.conn(), &upload.report, &upload.attachment).await?)
            }
            _ => Ok(()),
        }
    }
}

async fn taken_over(tx: &mut Tx, upload: &Upload) -> Result<(), UploadError> {
    let found = attachment::load(tx.conn(), &upload.report, &upload.attachment).await?;
    Err(UploadError::TakenOver {
        committed: found.map_or(0, |row| row.committed_bytes),
    })
}
