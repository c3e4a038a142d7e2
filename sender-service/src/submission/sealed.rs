//! Where sealed values stand: the places that bind each ciphertext to its table, column and row.

use framme_shared::{
    db::sealing::{DataKey, MasterKeys, Place, SealError, WrappedKey},
    domain::{
        digest::Digest,
        ids::{AttachmentId, ReportId, RequestId, TransmissionId},
    },
};

use crate::store::data_key::StoredKey;

/// The unit in which files are sealed and stored.
pub const CHUNK_BYTES: usize = 1024 * 1024;

/// Makes a data key for a new report.
pub fn new_key(master: &MasterKeys) -> (DataKey, StoredKey) {
    let (key, wrapped) = master.new_data_key();
    // Not `current()`: the key file may be taken up anew between the two.
    let master_key = wrapped
        .master_key()
        .expect("a key that was just wrapped names its master key");
    let stored = StoredKey {
        master_key_id: master_key.to_owned(),
        wrapped: wrapped.into_bytes(),
    };
    (key, stored)
}

/// Unwraps a report's data key.
///
/// # Errors
/// When its master key is not at hand, or the stored bytes are damaged.
pub fn open_key(master: &MasterKeys, wrapped: Vec<u8>) -> Result<DataKey, SealError> {
    master.unwrap(&WrappedKey::from_bytes(wrapped))
}

/// Seals what is delivered.
pub fn seal_content(key: &DataKey, transmission: &TransmissionId, content: &[u8]) -> Vec<u8> {
    key.seal(
        &Place::new("transmission", "content", &transmission.to_string()),
        content,
    )
}

/// Opens what is delivered.
///
/// # Errors
/// When a bit differs or it stood elsewhere.
pub fn open_content(key: &DataKey, transmission: &TransmissionId, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    key.open(
        &Place::new("transmission", "content", &transmission.to_string()),
        sealed,
    )
}

/// Seals the reason for a withdrawal or closing.
pub fn seal_reason(key: &DataKey, request: &RequestId, reason: &str) -> Vec<u8> {
    key.seal(
        &Place::new("request", "reason", &request.to_string()),
        reason.as_bytes(),
    )
}

/// Seals a call that was recorded.
pub fn seal_call(key: &DataKey, request: &RequestId, call: &[u8]) -> Vec<u8> {
    key.seal(&Place::new("phone_call", "sealed", &request.to_string()), call)
}

/// Opens a call that was recorded.
///
/// # Errors
/// When a bit differs or it stood elsewhere.
pub fn open_call(key: &DataKey, request: &RequestId, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    key.open(&Place::new("phone_call", "sealed", &request.to_string()), sealed)
}

/// Seals the digest of a request: the reason in it may be so short that the digest could be guessed.
pub fn seal_fingerprint(key: &DataKey, request: &RequestId, sha256: &Digest) -> Vec<u8> {
    key.seal(&fingerprint_place(&request.to_string()), sha256.as_bytes())
}

/// Whether this is what is kept of a request with this digest. Digests were not sealed always: one that is as short as
/// itself is bare.
///
/// # Errors
/// When a bit differs or it stood elsewhere.
pub fn is_fingerprint(key: &DataKey, request: &RequestId, kept: &[u8], sha256: &Digest) -> Result<bool, SealError> {
    if kept.len() == sha256.as_bytes().len() {
        return Ok(kept == sha256.as_bytes());
    }
    let opened = key.open(&fingerprint_place(&request.to_string()), kept)?;
    Ok(opened == sha256.as_bytes())
}

fn fingerprint_place(request: &str) -> Place<'_> {
    Place::new("request", "fingerprint", request)
}

/// Seals the piece of a file that begins at `start`.
pub fn seal_chunk(key: &DataKey, file: (&ReportId, &AttachmentId), start: u64, bytes: &[u8]) -> Vec<u8> {
    key.seal(&chunk_place(&chunk_row(file), start), bytes)
}

/// Opens the piece of a file that begins at `start`.
///
/// # Errors
/// When a bit differs or it stood elsewhere.
pub fn open_chunk(
    key: &DataKey,
    file: (&ReportId, &AttachmentId),
    start: u64,
    sealed: &[u8],
) -> Result<Vec<u8>, SealError> {
    key.open(&chunk_place(&chunk_row(file), start), sealed)
}

fn chunk_row(file: (&ReportId, &AttachmentId)) -> String {
    format!("{}/{}", file.0, file.1)
}

/// Pieces begin at any byte, because an interrupted upload goes on where it stopped: the start in bytes is the number
/// of the piece. The configuration allows no file in which that needs more than 32 bits.
fn chunk_place(row: &str, start: u64) -> Place<'_> {
    Place::new("attachment_chunk", "sealed", row).chunk(u32::try_from(start).unwrap_or(u32::MAX))
}
