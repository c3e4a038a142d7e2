//! Reading files back, piece by piece.

use framme_shared::{
    db::{
        StoreError,
        sealing::{DataKey, SealError},
    },
    domain::ids::{AttachmentId, ReportId},
};

use sqlx::AnyPool;

use crate::{context::Context, store::attachment, submission::sealed};

/// Why a piece cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Storage failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
    /// What was read does not open.
    #[error("a piece of a file does not open")]
    Seal(#[from] SealError),
    /// Nothing is stored at this position.
    #[error("a piece of a file is missing")]
    Missing,
}

impl Context {
    /// As [`read_piece`].
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn read_piece(
        &self,
        report: &ReportId,
        file: &AttachmentId,
        key: &DataKey,
        position: u64,
    ) -> Result<Vec<u8>, ReadError> {
        read_piece(self.database.reader(), report, file, key, position).await
    }
}

/// The bytes from `position` to the end of the piece that holds it: at least one, at most 1 MiB and a message.
///
/// # Errors
/// See [`ReadError`].
pub async fn read_piece(
    reader: &AnyPool,
    report: &ReportId,
    file: &AttachmentId,
    key: &DataKey,
    position: u64,
) -> Result<Vec<u8>, ReadError> {
    let found = attachment::chunk_at(reader, report, file, position).await?;
    let chunk = found
        .filter(|chunk| position < chunk.start + chunk.length)
        .ok_or(ReadError::Missing)?;
    let mut bytes = sealed::open_chunk(key, (report, file), chunk.start, &chunk.sealed)?;
    let skip = usize::try_from(position - chunk.start).map_err(|_| ReadError::Missing)?;
    if skip >= bytes.len() {
        return Err(ReadError::Missing);
    }
    bytes.drain(..skip);
    Ok(bytes)
}
