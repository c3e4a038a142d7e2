//! What a sender has sent, for a sender that lost it.

use framme_shared::domain::{digest::Digest, ids::TransmissionId, organisation::OrganisationNumber};
use jiff::Timestamp;

use crate::{content, core::Core, error::Refusal, store::transmission};

/// A page has at most about this many bytes of content.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A transmission as it was submitted.
pub struct Sent {
    /// The sender's id.
    pub sent_id: TransmissionId,
    /// Its number.
    pub sequence: u64,
    /// The bytes, read back just now.
    pub content: Vec<u8>,
    /// Their SHA-256.
    pub sha256: Digest,
    /// When the sender answered the submission.
    pub submitted_at: Timestamp,
    /// The transmission that carried its children before.
    pub redirected_from: Option<TransmissionId>,
}

/// Up to `limit` transmissions of this sender after this number, in order.
///
/// # Errors
/// Those of storage; a damaged content.
pub async fn sent(core: &Core, sender: &OrganisationNumber, after: u64, limit: u32) -> Result<Vec<Sent>, Refusal> {
    let found = transmission::sent_after(core.db.reader(), sender, after, limit).await?;
    let (mut page, mut bytes) = (Vec::with_capacity(found.len()), 0);
    for transmission in found {
        let content = content::read_back(core, &transmission.id).await?;
        bytes += content.bytes.len();
        if bytes > PAGE_BYTES && !page.is_empty() {
            break;
        }
        page.push(Sent {
            sent_id: transmission.sent_id,
            sequence: transmission.sequence,
            sha256: content.digest,
            content: content.bytes.to_vec(),
            submitted_at: transmission.submitted_at,
            redirected_from: transmission.redirected_from,
        });
    }
    Ok(page)
}
