//! Where the two sides of a pair stand, asked each time before the stream of receipts is opened.

use framme_shared::{
    db::{
        Change, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::organisation::OrganisationNumber,
    wire::pb::exchange::{ComparePairRequest, ComparePairResponse},
};
use tonic::{Code, Status};

use super::{
    give_back::give_back, lost::doubt_missing, outcome::Recovered, take_back::take_back, withdraw_again::withdraw_again,
};
use crate::{
    context::Context,
    peer::Peer,
    store::receiver::{self, ReceiverRow},
};

/// Compares, and gives back or takes back what the other side or this one lost.
///
/// # Errors
/// When storage fails.
pub async fn recover(context: &Context, peer: &Peer) -> Result<Recovered, StoreError> {
    let here = row(context, peer).await?;
    let there = match ask(peer, &here, false).await {
        Ok(there) => there,
        // An older receiver: what it forgot is found by the stream.
        Err(status) if status.code() == Code::Unimplemented => return Ok(Recovered::Level),
        Err(status) => return Ok(status.into()),
    };
    // Also what an earlier answer said that never came.
    doubt_missing(context, peer, &there.missing_transmission_ids).await?;
    withdraw_again(context, peer).await?;
    if there.last_receipt_sequence < here.last_receipt {
        let text = format!(
            "its receipts end at {}, here they end at {}: it was restored from a backup, and gets them back",
            there.last_receipt_sequence, here.last_receipt
        );
        raise(context, peer, "receiver_restored_from_backup", Desk::District, text).await?;
        let from = there.last_receipt_sequence;
        return give_back(context, peer, from, &there.last_receipt_sha256).await;
    }
    // Much is sent and confirmed while an answer is under way, by this process and by others on the same database.
    let here = row(context, peer).await?;
    if is_ahead(&there, &here) {
        return set_back(context, peer, &here, &there).await;
    }
    Ok(Recovered::Level)
}

async fn row(context: &Context, peer: &Peer) -> Result<ReceiverRow, StoreError> {
    let row = receiver::look_up(context.database.reader(), &peer.organisation()).await?;
    row.ok_or(StoreError::Missing)
}

async fn ask(peer: &Peer, here: &ReceiverRow, set_back: bool) -> Result<ComparePairResponse, Status> {
    let request = ComparePairRequest {
        last_transmission_sequence: here.last_transmission,
        last_receipt_sequence: here.last_receipt,
        last_receipt_sha256: here.last_receipt_sha256.as_bytes().to_vec().into(),
        set_back,
    };
    peer.recovery()
        .compare_pair(request)
        .await
        .map(tonic::Response::into_inner)
}

fn is_ahead(there: &ComparePairResponse, here: &ReceiverRow) -> bool {
    there.confirmed_receipt_sequence > here.last_receipt || there.last_transmission_sequence > here.last_transmission
}

/// The receiver says that it was sent more than this side has sent. That alone makes no report: the database must have
/// reason to think that it is an older copy of itself, or a person must say so.
async fn set_back(
    context: &Context,
    peer: &Peer,
    here: &ReceiverRow,
    there: &ComparePairResponse,
) -> Result<Recovered, StoreError> {
    let text = format!(
        "it says that it was sent numbers up to {} and that receipts up to {} were here; here are {} and {}: {}",
        there.last_transmission_sequence,
        there.confirmed_receipt_sequence,
        here.last_transmission,
        here.last_receipt,
        if here.may_take_back {
            "this database is older than that, and gets back what the receiver holds"
        } else {
            "if this database was restored from a backup, run `sender receiver take-back`; if not, the receiver errs"
        }
    );
    raise(context, peer, "restored_from_backup", Desk::Operator, text).await?;
    if let Err(status) = ask(peer, here, true).await {
        return Ok(status.into());
    }
    if here.may_take_back {
        take_back(context, peer, here, there.last_transmission_sequence).await
    } else {
        Ok(Recovered::Level)
    }
}

async fn raise(context: &Context, peer: &Peer, kind: &'static str, desk: Desk, data: String) -> Result<(), StoreError> {
    let subject = peer.organisation();
    context
        .database
        .change(Raise {
            kind,
            subject,
            desk,
            data,
        })
        .await
}

/// A person must know.
struct Raise {
    kind: &'static str,
    subject: OrganisationNumber,
    desk: Desk,
    data: String,
}

impl Change for Raise {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let task = NewTask {
            kind: self.kind,
            subject: self.subject.to_string(),
            desk: self.desk,
            data: self.data.clone(),
        };
        tasks::raise(tx, task).await?;
        Ok(())
    }
}
