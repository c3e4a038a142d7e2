//! Asks a receiver which numbers it lacks, and sends again what it should have.

use std::time::Duration;

use framme_shared::{
    db::{
        Change, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::organisation::OrganisationNumber,
    wire::{
        pb::exchange::{CompareNumbersRequest, CompareNumbersResponse},
        status::no_answer,
    },
};

use super::{
    dialogue::Broken,
    lost::{Lost, SendAgain},
};
use crate::{
    context::Context,
    outbox::Failure,
    peer::Peer,
    store::{holdings, receiver, receiver::ReceiverRow},
};

/// The call takes at most this.
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// Transmissions that are sent again after one question; the next question finds the rest.
const MOST_AT_ONCE: u32 = 10_000;

/// What the question about numbers came to.
#[derive(Debug, Default)]
pub struct NumbersFound {
    /// What the receiver lost, in the order of numbers.
    pub lost: Vec<Lost>,
    /// The receiver holds higher numbers than were ever given here.
    pub sender_forgot: bool,
    /// The last receipt is not the receiver's receipt of that number.
    pub receipts_differ: bool,
}

/// Asks, and does what follows.
pub(super) async fn compare(context: &Context, peer: &Peer) -> Result<NumbersFound, Broken> {
    let receiver = peer.organisation();
    let reader = context.database.reader();
    let before = receiver::look_up(reader, &receiver).await?.ok_or(StoreError::Missing)?;
    let asked_at = context.clock.now();
    let answer = ask(context, peer, &before).await?;

    let mut numbers = Vec::new();
    for range in &answer.missing {
        let left = MOST_AT_ONCE.saturating_sub(u32::try_from(numbers.len()).unwrap_or(u32::MAX));
        if left == 0 || range.first > range.last || range.last > before.last_transmission {
            break;
        }
        let range = (range.first, range.last);
        numbers.extend(holdings::handed_over_between(reader, &receiver, range, left).await?);
    }
    let mut found = NumbersFound {
        receipts_differ: !answer.receipt_known && answer.last_receipt_sequence >= before.last_receipt,
        ..NumbersFound::default()
    };
    if answer.last_transmission_sequence > before.last_transmission {
        // More may have been sent while the receiver was asked.
        let now = receiver::look_up(reader, &receiver).await?.ok_or(StoreError::Missing)?;
        found.sender_forgot = answer.last_transmission_sequence > now.last_transmission;
    }
    if !numbers.is_empty() {
        let again = SendAgain {
            receiver,
            numbers,
            asked_at,
            found_by: "numbers",
        };
        let resent = context.database.change(again).await?;
        context.windows.ring(&receiver);
        context.followers.tell(&resent.reports);
        found.lost = resent.lost;
    }
    let disagreements = TellOperator {
        receiver,
        sender_forgot: found.sender_forgot.then_some(answer.last_transmission_sequence),
        receipts_differ: found.receipts_differ.then_some(before.last_receipt),
    };
    if found.sender_forgot || found.receipts_differ {
        context.database.change(disagreements).await?;
    }
    Ok(found)
}

async fn ask(context: &Context, peer: &Peer, row: &ReceiverRow) -> Result<CompareNumbersResponse, Broken> {
    let request = CompareNumbersRequest {
        last_transmission_sequence: row.last_transmission,
        last_receipt_sequence: row.last_receipt,
        last_receipt_sha256: row.last_receipt_sha256.as_bytes().to_vec().into(),
    };
    let mut client = peer.reconciliation();
    let answer = tokio::select! {
        answer = client.compare_numbers(request) => answer,
        () = context.clock.sleep(CALL_LIMIT) => Err(no_answer()),
    };
    let answer = answer.map_err(|status| Broken::Call(Failure::from(&status)))?;
    Ok(answer.into_inner())
}

/// Two histories of one pair: one side was restored from a backup, or tells two stories. The same tasks as when both sides
/// say where they stand before the stream is opened.
struct TellOperator {
    receiver: OrganisationNumber,
    /// The receiver's highest number.
    sender_forgot: Option<u64>,
    /// The number of the last receipt.
    receipts_differ: Option<u64>,
}

impl Change for TellOperator {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let told = [
            self.sender_forgot.map(|number| {
                (
                    "restored_from_backup",
                    format!("the receiver holds number {number}, which was never given here"),
                )
            }),
            self.receipts_differ
                .map(|number| ("two_histories", format!("receipt {number} is another at the receiver"))),
        ];
        for (kind, data) in told.into_iter().flatten() {
            let task = NewTask {
                kind,
                subject: self.receiver.to_string(),
                desk: Desk::Operator,
                data,
            };
            tasks::raise(tx, task).await?;
        }
        Ok(())
    }
}
