//! Where the two sides of a pair stand, asked each time before the stream of receipts is opened.

use framme_shared::{
    db::{
        Change, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::organisation::OrganisationNumber,
    wire::{
        pb::{
            exchange::{ComparePairRequest, ComparePairResponse},
            report::ErrorReason,
        },
        status::reason_of,
    },
};
use tonic::{Code, Status};

use super::{give_back::give_back, take_back::take_back};
use crate::{
    context::Context,
    peer::Peer,
    store::receiver::{self, ReceiverRow},
};

/// How the comparison ended.
#[derive(Debug)]
pub enum Recovered {
    /// Both sides know the same, by now.
    Level,
    /// Each has another receipt under one number: nothing of it is believed before people have looked.
    TwoHistories,
    /// The receiver could not be asked, or did not take or give everything: again later.
    Failed(Status),
}

/// Compares, and gives back or takes back what the other side or this one lost.
///
/// # Errors
/// When storage fails.
pub async fn recover(context: &Context, peer: &Peer) -> Result<Recovered, StoreError> {
    let receiver = peer.organisation();
    let row = receiver::look_up(context.database.reader(), &receiver).await?;
    let row = row.ok_or(StoreError::Missing)?;
    let request = ComparePairRequest {
        last_transmission_sequence: row.last_transmission,
        last_receipt_sequence: row.last_receipt,
        last_receipt_sha256: row.last_receipt_sha256.as_bytes().to_vec().into(),
    };
    match peer.recovery().compare_pair(request).await {
        Ok(answer) => level(context, peer, &row, &answer.into_inner()).await,
        // An older receiver: what it forgot is found by the stream.
        Err(status) if status.code() == Code::Unimplemented => Ok(Recovered::Level),
        Err(status) => Ok(ended(status)),
    }
}

/// What a failed call of the recovery means.
pub(super) fn ended(status: Status) -> Recovered {
    if reason_of(&status) == Some(ErrorReason::ChainMismatch) {
        Recovered::TwoHistories
    } else {
        Recovered::Failed(status)
    }
}

async fn level(
    context: &Context,
    peer: &Peer,
    here: &ReceiverRow,
    there: &ComparePairResponse,
) -> Result<Recovered, StoreError> {
    if there.last_receipt_sequence < here.last_receipt {
        let text = format!(
            "its receipts end at {}, here they end at {}: it was restored from a backup, and gets them back",
            there.last_receipt_sequence, here.last_receipt
        );
        raise(context, peer, "receiver_restored_from_backup", Desk::District, text).await?;
        let from = there.last_receipt_sequence;
        return give_back(context, peer, from, &there.last_receipt_sha256).await;
    }
    let lost_receipts = there.confirmed_receipt_sequence > here.last_receipt;
    if lost_receipts || there.last_transmission_sequence > here.last_transmission {
        let text = format!(
            "it was sent numbers up to {} and knows that receipts up to {} were here; here are {} and {}: this database \
             is older than that, and gets back what the receiver holds",
            there.last_transmission_sequence,
            there.confirmed_receipt_sequence,
            here.last_transmission,
            here.last_receipt
        );
        raise(context, peer, "restored_from_backup", Desk::Operator, text).await?;
        return take_back(context, peer, here, there.last_transmission_sequence).await;
    }
    Ok(Recovered::Level)
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
