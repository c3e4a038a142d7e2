//! A receiver that was restored from a backup gets its own receipts back, verbatim.

use framme_shared::{db::StoreError, domain::digest::Digest, wire::pb::exchange::RestoreReceiptsRequest};

use super::{lost::doubt_missing, outcome::Recovered};
use crate::{context::Context, peer::Peer, store::receipt};

/// Receipts in one call.
const AT_ONCE: i64 = 256;

/// Gives back everything after number `from`, which must be the receipt that the receiver says it has. What the receiver
/// does not hold any more is not delivered, and is sent again.
pub(super) async fn give_back(
    context: &Context,
    peer: &Peer,
    from: u64,
    their_sha256: &[u8],
) -> Result<Recovered, StoreError> {
    let receiver = peer.organisation();
    if from > 0 && !is_ours(context, peer, from, their_sha256).await? {
        return Ok(Recovered::TwoHistories);
    }
    let mut given = from;
    loop {
        let page = receipt::page(context.database.reader(), &receiver, given, AT_ONCE).await?;
        let Some(last) = page.last() else {
            return Ok(Recovered::Level);
        };
        given = last.sequence;
        let request = RestoreReceiptsRequest {
            receipts: page.iter().map(|receipt| receipt.jws.clone()).collect(),
        };
        let answer = match peer.recovery().restore_receipts(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => return Ok(status.into()),
        };
        doubt_missing(context, peer, &answer.missing_transmission_ids).await?;
    }
}

/// Whether the receiver's last receipt is the one of that number here.
async fn is_ours(context: &Context, peer: &Peer, sequence: u64, their_sha256: &[u8]) -> Result<bool, StoreError> {
    let reader = context.database.reader();
    let found = receipt::page(reader, &peer.organisation(), sequence - 1, 1).await?;
    let ours: Option<Digest> = found
        .first()
        .filter(|receipt| receipt.sequence == sequence)
        .map(|receipt| receipt.sha256);
    Ok(ours.is_some_and(|ours| ours.as_bytes().as_slice() == their_sha256))
}
