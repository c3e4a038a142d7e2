//! Stored files, opened piece by piece: never more than one piece in memory.

use framme_shared::{
    db::sealing::{DataKey, Place},
    domain::digest::{Digest, Hasher},
};
use sqlx::AnyPool;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::CHUNK_BYTES;
use crate::{
    core::Core,
    error::Refusal,
    store::attachment::{self, Attachment},
};

/// One piece of a file.
///
/// # Errors
/// `STORAGE_CORRUPT` when it is missing or does not open.
pub async fn open_chunk(
    reader: &AnyPool,
    key: &DataKey,
    storage: &Uuid,
    number: u64,
) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let row = storage.to_string();
    let sealed = attachment::chunk(reader, storage, number)
        .await?
        .ok_or_else(|| Refusal::digest_differs("attachment_chunk", &format!("{row}/{number}")))?;
    let place = place(&row, number);
    let opened = key
        .open(&place, &sealed)
        .map_err(|error| Refusal::corrupt(&place, error))?;
    Ok(Zeroizing::new(opened))
}

/// Where a piece is sealed for.
pub(super) fn place(row: &str, number: u64) -> Place<'_> {
    let number = u32::try_from(number).expect("a file of 2^32 pieces is beyond every limit");
    Place::new("attachment_chunk", "sealed", row).chunk(number)
}

/// How many pieces a file of this size has.
#[must_use]
pub fn chunks_in(size_bytes: u64) -> u64 {
    size_bytes.div_ceil(CHUNK_BYTES as u64)
}

/// SHA-256 of a file as it is read back from storage.
///
/// # Errors
/// `STORAGE_CORRUPT` when a piece is missing or does not open.
pub async fn digest_of(core: &Core, file: &Attachment) -> Result<Digest, Refusal> {
    let row = file.storage_id.to_string();
    let key = core
        .keys
        .unwrap(&file.key)
        .map_err(|error| Refusal::corrupt(&Place::new("attachment", "wrapped_key", &row), error))?;
    let mut hasher = Hasher::new();
    for number in 0..chunks_in(file.size_bytes) {
        hasher.update(&open_chunk(core.db.reader(), &key, &file.storage_id, number).await?);
    }
    Ok(hasher.finish())
}
