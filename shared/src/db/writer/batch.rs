//! How a handful of changes becomes one transaction.
//!
//! First all run together, those of one kind by the same statements, without savepoints. If one fails, or the commit
//! does, everything is rolled back and each runs again behind a savepoint of its own, so that one refused change takes
//! no other with it. If that commit fails too, the writer makes each of them a transaction of its own.

use std::time::Duration;

use super::job::Job;
use super::session::{Committed, Session};
use crate::db::ledger::Head;
use crate::db::{Cause, StoreError};

/// Tries before the batch is split, or its only caller told to come back.
const TRIES: u32 = 2;

/// Runs of one change behind its savepoint, when a statement of it failed.
const RUNS: u32 = 3;

/// Longest that one transaction may take. Past it the connection is given up, as one to a dead server never answers.
const LIMIT: Duration = Duration::from_secs(30);

/// Changes on their way into one transaction.
pub(super) struct Batch {
    jobs: Vec<Box<dyn Job>>,
}

/// Why a batch could not be made.
pub(super) struct Failure {
    pub(super) error: StoreError,
    /// Whether it is certain that nothing was committed, so that a change may be tried again.
    pub(super) nothing_committed: bool,
}

impl Failure {
    fn certain(error: StoreError) -> Self {
        Self {
            error,
            nothing_committed: true,
        }
    }

    fn uncertain(error: StoreError) -> Self {
        Self {
            error,
            nothing_committed: false,
        }
    }
}

/// How one try ended, if the connection held.
enum Tried {
    /// Durable, with the ledger's new end.
    Committed(Head),
    /// Every change refused; nothing to commit.
    Refused,
    /// At least one failed; nothing is kept.
    SomeFailed,
}

impl Batch {
    /// Puts changes of one kind beside each other: who waits at the same time has no claim to come first.
    pub(super) fn new(jobs: Vec<Box<dyn Job>>) -> Self {
        let mut kinds: Vec<Box<dyn Job>> = Vec::new();
        for job in jobs {
            let joined = kinds.iter_mut().try_fold(job, |job, kind| match kind.join(job) {
                Ok(()) => Err(()),
                Err(other) => Ok(other),
            });
            kinds.extend(joined);
        }
        Self { jobs: kinds }
    }

    /// How many changes these are.
    pub(super) fn len(&self) -> usize {
        self.jobs.iter().map(|job| job.len()).sum()
    }

    /// Makes the changes durable, each refused one excepted; returns the ledger's new end if there is one.
    ///
    /// # Errors
    /// Nothing is known to be committed. Every caller must hear so.
    pub(super) async fn make(&mut self, session: &mut Session) -> Result<Option<Head>, Failure> {
        let mut together = true;
        let mut failure = StoreError::unavailable("no try was made");
        for _ in 0..TRIES {
            session.ensure_connected().await.map_err(Failure::certain)?;
            let tried = if together {
                self.together(session).await
            } else {
                self.one_by_one(session).await
            };
            together = false;
            match tried {
                Ok(Tried::Committed(head)) => return Ok(Some(head)),
                Ok(Tried::Refused) => return Ok(None),
                Ok(Tried::SomeFailed) => {}
                Err(error) => {
                    tracing::warn!(error = %Cause::of(&error), changes = self.len(), "A transaction failed");
                    if let Some(head) = settle(session).await.map_err(Failure::uncertain)? {
                        return Ok(Some(head));
                    }
                    failure = error;
                }
            }
        }
        Err(Failure::certain(failure))
    }

    async fn together(&mut self, session: &mut Session) -> Result<Tried, StoreError> {
        let single = self.len() == 1;
        let jobs = &mut self.jobs;
        within_limit(async {
            session.begin().await?;
            for job in jobs {
                if session.run(job.as_mut()).await? {
                    continue;
                }
                // Alone, a refusal needs no second look; a failed statement does.
                let refused = single && !session.is_aborted().await?;
                session.rollback().await?;
                return Ok(if refused { Tried::Refused } else { Tried::SomeFailed });
            }
            session.commit().await.map(Tried::Committed)
        })
        .await
    }

    async fn one_by_one(&mut self, session: &mut Session) -> Result<Tried, StoreError> {
        self.jobs = std::mem::take(&mut self.jobs)
            .into_iter()
            .flat_map(Job::split)
            .collect();
        let jobs = &mut self.jobs;
        within_limit(async {
            session.begin().await?;
            let mut any = false;
            for job in jobs {
                any |= run_alone(session, job.as_mut()).await?;
            }
            if any {
                session.commit().await.map(Tried::Committed)
            } else {
                session.rollback().await?;
                Ok(Tried::Refused)
            }
        })
        .await
    }

    /// Each change as a batch of its own, in the same order.
    pub(super) fn split(self) -> impl Iterator<Item = Self> {
        let alone = |job| Self { jobs: vec![job] };
        self.jobs.into_iter().flat_map(Job::split).map(alone)
    }

    /// Tells each caller its own result.
    pub(super) fn answer(self) {
        self.jobs.into_iter().for_each(|job| job.answer());
    }

    /// Tells every caller that nothing is known to be committed.
    pub(super) fn refuse(self, error: &StoreError) {
        self.jobs.into_iter().for_each(|job| job.refuse(error));
    }
}

/// After a failure: drops the connection and finds out on a new one whether the commit took effect.
async fn settle(session: &mut Session) -> Result<Option<Head>, StoreError> {
    session.abandon();
    session.ensure_connected().await?;
    match within_limit(session.was_committed()).await {
        Ok(Committed::Yes(head)) => Ok(Some(head)),
        Ok(Committed::No) => Ok(None),
        Ok(Committed::Unknown) => Err(StoreError::unavailable("the connection was lost during the commit")),
        Err(error) => {
            session.abandon();
            Err(error)
        }
    }
}

/// Runs one change behind a savepoint, again if a statement of it failed; false if it was refused.
async fn run_alone(session: &mut Session, job: &mut dyn Job) -> Result<bool, StoreError> {
    for run in 1..=RUNS {
        session.savepoint().await?;
        if session.run(job).await? {
            session.release().await?;
            return Ok(true);
        }
        let again = run < RUNS && session.is_aborted().await?;
        session.undo().await?;
        if !again {
            break;
        }
    }
    Ok(false)
}

async fn within_limit<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(LIMIT, work).await {
        Ok(result) => result,
        Err(_) => Err(StoreError::unavailable("the transaction took too long")),
    }
}
