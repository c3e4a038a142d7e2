//! Content of transmissions, sealed and read back.

use framme_shared::{
    db::sealing::{DataKey, MasterKeys, Place},
    domain::{digest::Digest, ids::TransmissionId},
    wire::status::Failure,
};
use zeroize::Zeroizing;

use crate::{core::Core, error::Refusal, store::transmission::SealedContent};

/// Content as it was read back from storage, whose digest is the one that was stored with it.
pub struct ReadBack {
    /// The bytes as they arrived.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Their SHA-256.
    pub digest: Digest,
    /// Opens and seals what else belongs to the transmission.
    pub key: DataKey,
}

/// Seals content under a new data key, for the row `id`.
#[must_use]
pub fn seal(keys: &MasterKeys, id: &TransmissionId, content: &[u8]) -> SealedContent {
    let (data_key, key) = keys.new_data_key();
    SealedContent {
        sealed: seal_with(&data_key, id, content),
        key,
    }
}

/// Seals content under a data key that the row `id` has already.
#[must_use]
pub fn seal_with(key: &DataKey, id: &TransmissionId, content: &[u8]) -> Vec<u8> {
    key.seal(&content_place(&id.to_string()), content)
}

/// Reads content from storage, opens and digests it.
///
/// # Errors
/// `NOT_FOUND`; `STORAGE_CORRUPT` when it does not open or is not what was stored, which the log has as an error.
pub async fn read_back(core: &Core, id: &TransmissionId) -> Result<ReadBack, Refusal> {
    let (content, expected) = core.contents.get(*id).await?.ok_or(Failure::NotFound)?;
    open(&core.keys, id, &content, &expected)
}

/// Opens and digests sealed content.
///
/// # Errors
/// `STORAGE_CORRUPT`, as [`read_back`].
pub fn open(
    keys: &MasterKeys,
    id: &TransmissionId,
    content: &SealedContent,
    expected: &Digest,
) -> Result<ReadBack, Refusal> {
    let row = id.to_string();
    let place = content_place(&row);
    let corrupt = |error| Refusal::corrupt(&place, error);
    let key = keys.unwrap(&content.key).map_err(corrupt)?;
    let bytes = Zeroizing::new(key.open(&place, &content.sealed).map_err(corrupt)?);
    let digest = Digest::of(&bytes);
    if digest == *expected {
        Ok(ReadBack { bytes, digest, key })
    } else {
        Err(Refusal::digest_differs("transmission", &row))
    }
}

/// Seals a child's case number with the transmission's data key.
#[must_use]
pub fn seal_case_number(key: &DataKey, transmission: &TransmissionId, child: &str, case_number: &str) -> Vec<u8> {
    let row = format!("{transmission}/{child}");
    key.seal(&Place::new("child", "case_number_sealed", &row), case_number.as_bytes())
}

fn content_place(row: &str) -> Place<'_> {
    Place::new("transmission", "content_sealed", row)
}
