//! The worker that states each day to every sender. `step` does what is due; `run` only loops.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    db::{
        StoreError,
        statements::{self, RecordLook, RecordMissed, Unanswered},
        tasks::Desk,
    },
    domain::{
        organisation::OrganisationNumber,
        statement::{Schedule, Side, Verdict, compare, verify},
    },
    runtime::{
        shutdown::{Shutdown, TaskError},
        telemetry::Causes,
    },
};
use jiff::{Timestamp, civil::Date};

use super::{
    count::look,
    make::{make, pair_with},
};
use crate::{core::Core, error::Refusal};

/// The longest time between two looks at what is due: other replicas, and a clock that is set.
const AT_LEAST_EVERY: Duration = Duration::from_secs(900);
/// As long as a sender's statement has not come, or one does not agree.
const WHILE_OPEN: Duration = Duration::from_secs(60);
/// Days compared or missed at once.
const AT_ONCE: u32 = 31;

/// What a step left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more.
    Worked,
    /// Nothing is due before this.
    Idle {
        /// When to look again.
        until: Timestamp,
    },
}

/// States each day to every sender on the list.
pub struct StatementWorker {
    core: Arc<Core>,
    senders: Vec<OrganisationNumber>,
    schedule: Schedule,
}

impl StatementWorker {
    /// A worker for these senders.
    #[must_use]
    pub const fn new(core: Arc<Core>, senders: Vec<OrganisationNumber>, schedule: Schedule) -> Self {
        Self {
            core,
            senders,
            schedule,
        }
    }

    /// Steps until a stop is asked for.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), TaskError> {
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
                    tracing::error!(error = %Causes(&error), "a daily statement cannot be made or stored");
                    later(self.core.clock.now(), WHILE_OPEN)
                }
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.core.clock.sleep_until(until) => {}
            }
        }
    }

    /// Makes the statements that are due, at most of 31 days for each sender; looks again at those that did not agree;
    /// and says which have not come in time.
    ///
    /// # Errors
    /// When storage or signing fails; what was done stays done.
    pub async fn step(&self) -> Result<Step, Refusal> {
        let (mut more, mut open) = (false, false);
        for sender in &self.senders {
            more |= self.state(sender).await? >= AT_ONCE as usize;
            self.look_again(sender).await?;
            open |= self.miss(sender).await?;
        }
        if more {
            return Ok(Step::Worked);
        }
        let now = self.core.clock.now();
        let pause = later(now, if open { WHILE_OPEN } else { AT_LEAST_EVERY });
        Ok(Step::Idle {
            until: pause.min(self.schedule.next(now)),
        })
    }

    /// Makes what is due. Returns how many.
    async fn state(&self, sender: &OrganisationNumber) -> Result<usize, Refusal> {
        let stated = statements::days_stated(self.core.db.reader(), sender).await?;
        let due = self.schedule.due(&stated, self.core.clock.now());
        for day in &due {
            make(&self.core, *sender, *day).await?;
        }
        Ok(due.len())
    }

    /// Compares again what did not agree.
    async fn look_again(&self, sender: &OrganisationNumber) -> Result<(), StoreError> {
        let (pool, now) = (self.core.db.reader(), self.core.clock.now());
        for (day, text) in statements::to_look_at(pool, sender, now, AT_ONCE).await? {
            let (verifier, pair) = (self.core.trust.verifier(), pair_with(&self.core, *sender));
            let verdict = match verify(verifier.jws(), &text, &pair, Side::Sender, now) {
                Ok(claims) => compare(&look(pool, sender, &claims).await?, &claims),
                // It was believed when it came: its certificate is revoked since, or it was changed in storage.
                Err(error) if !error.is_ours() => Verdict::Differs,
                Err(_) => continue,
            };
            let looked = RecordLook {
                peer: *sender,
                day,
                verdict,
                desk: Desk::Intake,
            };
            self.core.db.change(looked).await?;
        }
        Ok(())
    }

    /// Says which statements have not come in time. `true` while some are open.
    async fn miss(&self, sender: &OrganisationNumber) -> Result<bool, StoreError> {
        let now = self.core.clock.now();
        let (mut after, mut open) = (None, false);
        loop {
            let page = statements::unanswered(self.core.db.reader(), sender, after, AT_ONCE).await?;
            let Some(last) = page.last() else {
                return Ok(open);
            };
            (after, open) = (Some(last.day), true);
            let is_missed = |own: &&Unanswered| !own.missed && self.schedule.missed_from(own.day, own.made_at) <= now;
            let days: Vec<Date> = page.iter().filter(is_missed).map(|own| own.day).collect();
            if !days.is_empty() {
                let missed = RecordMissed {
                    peer: *sender,
                    days,
                    desk: Desk::Intake,
                };
                self.core.db.change(missed).await?;
            }
        }
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
