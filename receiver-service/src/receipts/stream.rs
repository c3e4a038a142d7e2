//! The stream of receipts to one sender: bounded batches, woken by commits, polling as fallback, progress when idle.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use framme_shared::{domain::organisation::OrganisationNumber, wire::status::Failure};
use futures::Stream;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    core::Core,
    error::Refusal,
    store::{peer, receipt},
};

/// Receipts read at once: about a third of a mebibyte with a usual certificate chain.
const BATCH: u32 = 128;
/// How often the database is asked without being woken: another replica may have made a receipt.
const POLL: Duration = Duration::from_secs(1);
/// An idle stream says so at least this often.
const PROGRESS: SignedDuration = SignedDuration::from_secs(15);

/// What the stream yields.
#[derive(Debug)]
pub enum Event {
    /// The next receipt, verbatim.
    Receipt(String),
    /// Nothing new.
    Progress {
        /// The number of the last receipt.
        last_sequence: u64,
        /// The clock.
        time: Timestamp,
    },
}

struct Streaming {
    core: Arc<Core>,
    sender: OrganisationNumber,
    woken: watch::Receiver<u64>,
    stop: CancellationToken,
    position: u64,
    ready: VecDeque<String>,
    spoke_at: Timestamp,
}

/// All receipts after `position`, in order, and then each new one. Ends when a stop is asked for or storage fails.
/// Holds at most one batch, and reads the next only when the peer has taken it.
///
/// # Errors
/// `CHAIN_MISMATCH` when `position` is higher than the last receipt's number.
pub async fn stream(
    core: Arc<Core>,
    sender: OrganisationNumber,
    position: u64,
    stop: CancellationToken,
) -> Result<impl Stream<Item = Result<Event, Refusal>> + Send + 'static, Refusal> {
    // Subscribe before looking.
    let woken = core.wakeups.listen(&sender);
    let last = peer::find(core.db.reader(), &sender)
        .await?
        .map_or(0, |peer| peer.last_sequence);
    if position > last {
        return Err(Failure::ChainMismatch.into());
    }
    let streaming = Streaming {
        spoke_at: core.clock.now(),
        core,
        sender,
        woken,
        stop,
        position,
        ready: VecDeque::new(),
    };
    Ok(futures::stream::unfold(Some(streaming), |streaming| async {
        let mut streaming = streaming?;
        match streaming.next().await {
            Ok(Some(event)) => Some((Ok(event), Some(streaming))),
            Ok(None) => None,
            Err(refusal) => Some((Err(refusal), None)),
        }
    }))
}

impl Streaming {
    async fn next(&mut self) -> Result<Option<Event>, Refusal> {
        loop {
            if let Some(jws) = self.ready.pop_front() {
                self.spoke_at = self.core.clock.now();
                return Ok(Some(Event::Receipt(jws)));
            }
            if self.stop.is_cancelled() {
                return Ok(None);
            }
            if self.fetch().await? {
                continue;
            }
            let now = self.core.clock.now();
            if now.duration_since(self.spoke_at) >= PROGRESS {
                self.spoke_at = now;
                return Ok(Some(Event::Progress {
                    last_sequence: self.position,
                    time: now,
                }));
            }
            self.wait().await;
        }
    }

    /// Reads the next batch; `false` when there is none. The numbers must follow on without a gap.
    async fn fetch(&mut self) -> Result<bool, Refusal> {
        self.woken.mark_unchanged();
        let batch = receipt::after(self.core.db.reader(), &self.sender, self.position, BATCH).await?;
        for receipt in batch {
            if receipt.sequence != self.position + 1 {
                return Err(Refusal::digest_differs(
                    "receipt",
                    &format!("{}/{}", self.sender, self.position + 1),
                ));
            }
            self.position = receipt.sequence;
            self.ready.push_back(receipt.jws);
        }
        Ok(!self.ready.is_empty())
    }

    async fn wait(&mut self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            rung = self.woken.changed() => rung.expect("the bells live as long as the core"),
            () = self.core.clock.sleep(POLL) => {}
        }
    }
}
