//! The worker that follows one receiver's receipts. `step` does a bounded piece of work; `run` only loops.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use framme_shared::{
    db::StoreError,
    domain::{receipt::ChainHead, retry::Backoff},
    runtime::{
        connect::{CallFailure, classify},
        shutdown::{Shutdown, TaskError},
    },
    wire::{
        pb::{
            exchange::{
                ConfirmReceiptsRequest, ReceiptProgress, StreamReceiptsRequest, StreamReceiptsResponse,
                stream_receipts_response::Event,
            },
            report::ErrorReason,
        },
        status::{no_answer, reason_of},
    },
};
use futures::{FutureExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use tonic::{Status, Streaming};

use super::{
    apply::{Applied, ApplyReceipts},
    changes::{Distrust, RecordConfirmation, RecordContact},
    verify::{Fault, verify},
};
use crate::{
    context::Context,
    peer::Peer,
    recovery::{Recovered, recover},
    store::receiver,
};

/// Receipts that are applied in one change.
const AT_ONCE: usize = 256;
/// Progress comes every 15 seconds; after three of them missed the stream is opened anew.
const SILENCE: Duration = Duration::from_secs(45);
/// Opening the stream and confirming take at most this.
const CALL_LIMIT: Duration = Duration::from_secs(20);
/// Comparing, and giving back or taking back what a side lost, goes on where it was after this.
const RECOVERY_LIMIT: Duration = Duration::from_secs(600);
/// Receipts are confirmed at most this often while more come.
const CONFIRM_EVERY: SignedDuration = SignedDuration::from_millis(250);
/// How often a distrusted receiver's row is read, to see whether a person has cleared it.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What a step left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something was done; there may be more.
    Worked,
    /// Nothing can be done before this.
    Idle {
        /// When to try again.
        until: Timestamp,
    },
}

/// Follows one receiver's receipts.
pub struct TrackingWorker {
    context: Arc<Context>,
    peer: Peer,
    backoff: Backoff,
    failures: u32,
    stream: Option<Streaming<StreamReceiptsResponse>>,
    head: ChainHead,
    /// Up to where the receiver knows that its receipts are stored.
    confirmed: u64,
    confirm_at: Timestamp,
}

/// What came out of the stream at once.
enum Arrived {
    /// Receipts in order, and what ended them, if it did.
    Receipts(Vec<String>, Option<Status>),
    Progress(ReceiptProgress),
    /// Nothing for too long.
    Silence,
    /// The stream ended or broke.
    Ended(Option<Status>),
    /// Time to confirm.
    ConfirmDue,
}

impl TrackingWorker {
    /// A worker that has not opened its stream.
    pub fn new(context: Arc<Context>, peer: Peer, backoff: Backoff) -> Self {
        Self {
            context,
            peer,
            backoff,
            failures: 0,
            stream: None,
            head: ChainHead::START,
            confirmed: 0,
            confirm_at: Timestamp::MIN,
        }
    }

    /// Steps until a stop is asked for.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), TaskError> {
        loop {
            let stepped = tokio::select! {
                // What a step leaves half done is done again from what is stored.
                () = shutdown.soft().cancelled() => return Ok(()),
                stepped = self.step() => stepped,
            };
            let until = match stepped {
                Ok(Step::Worked) => continue,
                Ok(Step::Idle { until }) => until,
                Err(error) => {
                    tracing::error!(%error, receiver.organisation = %self.peer.organisation(), "Tracking cannot use its database");
                    self.stream = None;
                    self.try_again()
                }
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.context.clock.sleep_until(until) => {}
            }
        }
    }

    /// Opens the stream, or takes what has come on it: at most 256 receipts, verified, applied and confirmed.
    ///
    /// # Errors
    /// When storage fails. The stream is then to be read again from what is stored.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        if self.stream.is_none() {
            return self.open().await;
        }
        match self.arrived().await {
            Arrived::Receipts(receipts, ended) => {
                let step = self.take(receipts).await?;
                match ended {
                    Some(status) if step == Step::Worked => Ok(self.broken(&status)),
                    _ => Ok(step),
                }
            }
            Arrived::Progress(progress) => self.progressed(&progress).await,
            Arrived::ConfirmDue => self.confirm().await,
            Arrived::Silence => Ok(self.broken(&no_answer())),
            Arrived::Ended(Some(status)) if reason_of(&status) == Some(ErrorReason::ChainMismatch) => {
                self.distrust("receiver_forgot_receipts").await
            }
            Arrived::Ended(Some(status)) => Ok(self.broken(&status)),
            Arrived::Ended(None) => {
                // The connection reached its age: go on at once.
                self.stream = None;
                Ok(Step::Worked)
            }
        }
    }

    /// Reads where the chain stands, and asks for what comes after.
    async fn open(&mut self) -> Result<Step, StoreError> {
        let receiver = self.peer.organisation();
        let found = receiver::look_up(self.context.database.reader(), &receiver).await?;
        let row = found.ok_or(StoreError::Missing)?;
        self.peer.set_distrusted(row.distrusted_reason.is_some());
        if row.distrusted_reason.is_some() {
            return Ok(Step::Idle {
                until: later(self.context.clock.now(), LOOK_AGAIN),
            });
        }
        self.head = ChainHead::stored(row.last_receipt, row.last_receipt_sha256).map_err(|_| StoreError::Corrupt {
            table: "receiver",
            column: "last_receipt_sha256",
            row: receiver.to_string(),
        })?;
        self.confirmed = row.confirmed_receipt;
        self.peer.set_held(self.head.sequence());
        if let Some(step) = self.recover().await? {
            return Ok(step);
        }
        let request = StreamReceiptsRequest {
            after_sequence: self.head.sequence(),
        };
        let mut client = self.peer.client();
        let opened = tokio::select! {
            opened = client.stream_receipts(request) => opened,
            () = self.context.clock.sleep(CALL_LIMIT) => Err(no_answer()),
        };
        match opened {
            Ok(stream) => {
                self.stream = Some(stream.into_inner());
                Ok(Step::Worked)
            }
            Err(status) if reason_of(&status) == Some(ErrorReason::ChainMismatch) => {
                self.distrust("receiver_forgot_receipts").await
            }
            Err(status) => Ok(self.broken(&status)),
        }
    }

    /// Sees to it that both sides know the same; `None` when they do.
    async fn recover(&mut self) -> Result<Option<Step>, StoreError> {
        let recovered = tokio::select! {
            recovered = recover(&self.context, &self.peer) => recovered?,
            () = self.context.clock.sleep(RECOVERY_LIMIT) => Recovered::Failed(no_answer()),
        };
        match recovered {
            Recovered::Level => Ok(None),
            Recovered::TwoHistories => self.distrust("receiver_has_other_receipts").await.map(Some),
            Recovered::Failed(status) => Ok(Some(self.broken(&status))),
            Recovered::Unreadable => {
                tracing::error!(receiver.organisation = %self.peer.organisation(), "What this receiver gives back cannot be read; a person must look");
                Ok(Some(Step::Idle {
                    until: self.try_again(),
                }))
            }
        }
    }

    /// Waits for the first message, and takes with it all that have come by now.
    async fn arrived(&mut self) -> Arrived {
        let unconfirmed = self.head.sequence() > self.confirmed;
        let Some(stream) = &mut self.stream else {
            return Arrived::Ended(None);
        };
        let first = tokio::select! {
            biased;
            first = stream.next() => first,
            () = self.context.clock.sleep_until(self.confirm_at), if unconfirmed => return Arrived::ConfirmDue,
            () = self.context.clock.sleep(SILENCE) => return Arrived::Silence,
        };
        let mut receipts = Vec::new();
        let mut next = first;
        loop {
            match next {
                Some(Ok(message)) => match message.event {
                    Some(Event::Receipt(receipt)) => receipts.push(receipt),
                    // Progress says no more than the receipts before it do.
                    Some(Event::Progress(progress)) if receipts.is_empty() => return Arrived::Progress(progress),
                    Some(Event::Progress(_)) | None => {}
                },
                Some(Err(status)) if receipts.is_empty() => return Arrived::Ended(Some(status)),
                Some(Err(status)) => return Arrived::Receipts(receipts, Some(status)),
                None if receipts.is_empty() => return Arrived::Ended(None),
                // Seen again by the next step.
                None => return Arrived::Receipts(receipts, None),
            }
            if receipts.len() >= AT_ONCE {
                return Arrived::Receipts(receipts, None);
            }
            match stream.next().now_or_never() {
                Some(following) => next = following,
                None => return Arrived::Receipts(receipts, None),
            }
        }
    }

    async fn take(&mut self, receipts: Vec<String>) -> Result<Step, StoreError> {
        if receipts.is_empty() {
            return Ok(Step::Worked);
        }
        let batch = verify(&self.peer, receipts, self.context.clock.now());
        if !batch.receipts.is_empty() {
            let apply = ApplyReceipts {
                receiver: self.peer.organisation(),
                from: self.head,
                receipts: batch.receipts,
                first_question: self.context.confirmation.first(),
                tell: Arc::clone(&self.context.tell_answered),
            };
            match self.context.database.change(apply).await? {
                Applied::Stored { head, reports, fault } => {
                    self.head = head;
                    self.peer.set_held(head.sequence());
                    self.failures = 0;
                    self.context.followers.tell(&reports);
                    if let Some(reason) = fault {
                        return Ok(self.distrusted(reason));
                    }
                }
                Applied::Moved | Applied::Distrusted => {
                    self.stream = None;
                    return Ok(Step::Worked);
                }
            }
        }
        match batch.fault {
            Some(Fault::Theirs(reason)) => self.distrust(reason).await,
            Some(Fault::Ours(reason)) => {
                tracing::error!(receiver.organisation = %self.peer.organisation(), reason, "Receipts cannot be verified now");
                self.stream = None;
                Ok(Step::Idle {
                    until: self.try_again(),
                })
            }
            None if self.context.clock.now() >= self.confirm_at => self.confirm().await,
            None => Ok(Step::Worked),
        }
    }

    async fn progressed(&mut self, progress: &ReceiptProgress) -> Result<Step, StoreError> {
        if progress.last_sequence < self.head.sequence() {
            return self.distrust("receiver_forgot_receipts").await;
        }
        self.failures = 0;
        let receiver = self.peer.organisation();
        self.context.database.change(RecordContact { receiver }).await?;
        if self.head.sequence() > self.confirmed {
            return self.confirm().await;
        }
        Ok(Step::Worked)
    }

    /// Tells the receiver what is stored here, after it is.
    async fn confirm(&mut self) -> Result<Step, StoreError> {
        let sequence = self.head.sequence();
        self.confirm_at = self
            .context
            .clock
            .now()
            .saturating_add(CONFIRM_EVERY)
            .unwrap_or(Timestamp::MAX);
        if sequence <= self.confirmed {
            return Ok(Step::Worked);
        }
        let request = ConfirmReceiptsRequest {
            sequence,
            receipt_sha256: self.head.digest().as_bytes().to_vec().into(),
        };
        let mut client = self.peer.client();
        let answer = tokio::select! {
            answer = client.confirm_receipts(request) => answer,
            () = self.context.clock.sleep(CALL_LIMIT) => Err(no_answer()),
        };
        match answer {
            Ok(_) => {
                self.confirmed = sequence;
                let receiver = self.peer.organisation();
                self.context
                    .database
                    .change(RecordConfirmation { receiver, sequence })
                    .await?;
                Ok(Step::Worked)
            }
            Err(status) if reason_of(&status) == Some(ErrorReason::ChainMismatch) => {
                self.distrust("receiver_has_other_receipts").await
            }
            Err(status) => Ok(self.broken(&status)),
        }
    }

    async fn distrust(&mut self, reason: &'static str) -> Result<Step, StoreError> {
        let receiver = self.peer.organisation();
        self.context.database.change(Distrust { receiver, reason }).await?;
        Ok(self.distrusted(reason))
    }

    fn distrusted(&mut self, reason: &'static str) -> Step {
        tracing::error!(receiver.organisation = %self.peer.organisation(), reason,
            "A receiver's receipts cannot be believed; a person must look, and nothing it says is believed meanwhile");
        self.peer.set_distrusted(true);
        self.stream = None;
        Step::Idle {
            until: later(self.context.clock.now(), LOOK_AGAIN),
        }
    }

    fn broken(&mut self, status: &Status) -> Step {
        self.stream = None;
        let receiver = self.peer.organisation();
        match classify(status) {
            CallFailure::Certificate(fault) => {
                tracing::error!(receiver.organisation = %receiver, failure = fault.code(), "A certificate is refused; a person must look");
            }
            CallFailure::Unavailable | CallFailure::Answered(_) => {
                tracing::info!(receiver.organisation = %receiver, code = ?status.code(), "The stream of receipts broke and is opened anew");
            }
        }
        Step::Idle {
            until: self.try_again(),
        }
    }

    fn try_again(&mut self) -> Timestamp {
        self.failures = self.failures.saturating_add(1);
        let failures = NonZeroU32::new(self.failures).unwrap_or(NonZeroU32::MIN);
        let wait = self.backoff.delay(failures, self.context.random.next_u64());
        later(self.context.clock.now(), wait)
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
