//! Where the numbers of the pair stand at this side.

use framme_shared::domain::{digest::Digest, organisation::OrganisationNumber, receipt::ChainHead};

use crate::{
    core::Core,
    error::Refusal,
    store::{holdings, peer, receipt},
};

/// Where the numbers stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// The highest number of a transmission that is held; 0 for none.
    pub last_transmission: u64,
    /// Numbers that are not held, up to the sender's highest, in order: the first and the last of each range.
    pub missing: Vec<(u64, u64)>,
    /// More are missing than are told.
    pub more_missing: bool,
    /// The last receipt made; 0 for none.
    pub last_receipt: u64,
    /// Its digest; zeros for none.
    pub last_receipt_sha256: Digest,
    /// Whether the sender's last receipt is the one of its number here.
    pub receipt_known: bool,
}

/// Looks up where the numbers of the pair stand, seen from a sender that has sent up to `highest` and holds `receipts`.
/// At most `limit` ranges are told.
///
/// # Errors
/// Those of storage.
pub async fn numbers(
    core: &Core,
    sender: &OrganisationNumber,
    highest: u64,
    receipts: ChainHead,
    limit: usize,
) -> Result<Numbers, Refusal> {
    let reader = core.db.reader();
    let ends = holdings::ends(reader, sender).await?;
    let mut missing = Vec::new();
    match ends {
        None => missing.push((1, highest)),
        Some((lowest, last)) => {
            missing.push((1, lowest - 1));
            missing.extend(holdings::gaps(reader, sender, limit + 1).await?);
            missing.push((last + 1, highest));
        }
    }
    for range in &mut missing {
        range.1 = range.1.min(highest);
    }
    missing.retain(|(first, last)| first <= last);
    let more_missing = missing.len() > limit;
    missing.truncate(limit);

    let peer = peer::find(reader, sender).await?;
    let receipt_known = match receipts.sequence() {
        0 => true,
        sequence => {
            let receipt = receipt::find(reader, sender, sequence).await?;
            receipt.is_some_and(|receipt| receipt.sha256 == receipts.digest())
        }
    };
    Ok(Numbers {
        last_transmission: ends.map_or(0, |(_, last)| last),
        missing,
        more_missing,
        last_receipt: peer.map_or(0, |peer| peer.last_sequence),
        last_receipt_sha256: peer.map_or(Digest::ZERO, |peer| peer.last_sha256),
        receipt_known,
    })
}
