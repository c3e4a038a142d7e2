//! Looking at what is due: the facts are loaded, the clocks computed, people told, and the next look set, in one change.

use std::sync::Arc;

use jiff::Timestamp;

use super::history::record;
use super::matter::Matters;
use super::row;
use super::rules::Rules;
use super::tell::{Told, tell};
use crate::db::tasks::{self, Desk, NewTask};
use crate::db::{Change, StoreError, Tx};
use crate::domain::clocks::{Running, running};
use crate::domain::escalation::{Deadline, Escalation, Facts, Position, Rung, StepKind, StepTaken};
use crate::domain::report::Urgency;

/// Looks at up to `limit` transmissions whose time has come.
pub struct LookAtDeadlines<M> {
    /// Where the facts are.
    pub matters: Arc<M>,
    /// By which rules.
    pub rules: Arc<Rules>,
    /// How many at most.
    pub limit: u32,
}

impl<M: Matters> Change for LookAtDeadlines<M> {
    /// How many were looked at.
    type Outcome = usize;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<usize, StoreError> {
        let at = tx.at();
        let due = row::due(tx.conn(), at, self.limit).await?;
        let transmissions: Vec<_> = due.iter().map(|deadline| deadline.transmission).collect();
        let facts = self.matters.load(tx, &transmissions).await?;
        let mut looked = Vec::with_capacity(due.len());
        for deadline in due {
            looked.push(match facts.get(&deadline.transmission) {
                Some(facts) => self.look(tx, deadline, facts).await?,
                // Nothing of it is this side's any more.
                None => Deadline {
                    look_at: None,
                    ..at_rest(tx, deadline).await?
                },
            });
        }
        row::write(tx.conn(), &looked, at).await?;
        Ok(looked.len())
    }
}

impl<M: Matters> LookAtDeadlines<M> {
    async fn look(&self, tx: &mut Tx, deadline: Deadline, facts: &Facts) -> Result<Deadline, StoreError> {
        let now = tx.at();
        let running = running(&facts.matter(), &self.rules.policy);
        let next_due = running
            .iter()
            .find(|clock| !clock.is_overdue(now))
            .map(|clock| clock.due);
        match pressing(&running, now) {
            Some(late) => {
                let told = self.escalate(tx, deadline, facts, late).await?;
                Ok(Deadline {
                    look_at: told.look_at.into_iter().chain(next_due).min(),
                    ..told
                })
            }
            None => {
                let rested = at_rest(tx, deadline).await?;
                let position = match running.first() {
                    Some(first) if self.rules.announce => self.announce(tx, &rested, facts, first).await?,
                    _ => rested.position,
                };
                Ok(Deadline {
                    look_at: next_due,
                    position,
                    ..rested
                })
            }
        }
    }

    /// Tells the lowest rung of a report that has just come.
    async fn announce(
        &self,
        tx: &mut Tx,
        deadline: &Deadline,
        facts: &Facts,
        first: &Running,
    ) -> Result<Position, StoreError> {
        let position = deadline.position;
        if position.turns > 0 || !first.clock.is_first() {
            return Ok(position);
        }
        let ladder = self.rules.ladders.ladder(facts.urgency);
        let is_manned = |rung: &Rung| !facts.unmanned.contains(rung) && self.rules.reaches(ladder, *rung);
        let lowest = ladder.rungs().iter().map(|rung| rung.rung).find(is_manned);
        let Some(lowest) = lowest else {
            return Ok(position);
        };
        let told = Told {
            transmission: deadline.transmission,
            urgency: facts.urgency,
            clock: first.clock,
            due: first.due,
            kind: StepKind::Announced,
            ladder,
            turn: position.turns,
        };
        tell(tx, &told, &[lowest]).await?;
        Ok(Position { turns: 1, ..position })
    }

    /// Tells whose turn it is of a clock that has run out.
    async fn escalate(
        &self,
        tx: &mut Tx,
        deadline: Deadline,
        facts: &Facts,
        late: &Running,
    ) -> Result<Deadline, StoreError> {
        let now = tx.at();
        let urgency = urgency_of(late, facts);
        let ladder = self.rules.ladders.ladder(urgency);
        let escalation = Escalation { ladder, urgency };
        let begun = if facts.nobody_reached && late.clock.is_first() {
            escalation.raise(deadline.position, Rung::that_can_act(ladder.side()))
        } else {
            deadline.position
        };
        let is_manned = |rung| !facts.unmanned.contains(&rung) && self.rules.reaches(ladder, rung);
        let step = escalation.step(begun, is_manned, now);
        if let Some(telling) = &step.telling {
            let told = Told {
                transmission: deadline.transmission,
                urgency,
                clock: late.clock,
                due: late.due,
                kind: StepKind::Told,
                ladder,
                turn: telling.turn,
            };
            tell(tx, &told, &telling.rungs).await?;
            if telling.nobody_is_there {
                tasks::raise(tx, nobody_is_there(urgency)).await?;
            } else {
                tasks::settle(tx, NOBODY, urgency.as_str(), "somebody_is_there").await?;
            }
        }
        let snoozed_by = deadline.snoozed_by.filter(|_| step.position.snooze.is_some());
        Ok(Deadline {
            look_at: Some(step.next_at),
            late: Some((late.clock, late.due)),
            position: step.position,
            snoozed_by,
            ..deadline
        })
    }
}

/// Task kind: on no rung of a ladder is anybody there.
const NOBODY: &str = "nobody_on_ladder";

fn nobody_is_there(urgency: Urgency) -> NewTask {
    NewTask {
        kind: NOBODY,
        subject: urgency.as_str().to_owned(),
        desk: Desk::Operator,
        data: "a report is late, and on no rung of the ladder for this urgency is anybody there: the last was told"
            .to_owned(),
    }
}

/// The clock that people are told of: that somebody has the report goes before what is owed of it.
fn pressing(running: &[Running], now: Timestamp) -> Option<&Running> {
    let late = || running.iter().filter(|clock| clock.is_overdue(now));
    late().find(|clock| clock.clock.is_first()).or_else(|| late().next())
}

/// An answer that is owed wakes nobody at night, however urgent the report was.
pub(super) fn urgency_of(late: &Running, facts: &Facts) -> Urgency {
    if late.clock.is_first() {
        facts.urgency
    } else {
        Urgency::Normal
    }
}

/// What nobody is told of any more begins at the lowest rung the next time.
async fn at_rest(tx: &mut Tx, deadline: Deadline) -> Result<Deadline, StoreError> {
    let Some((clock, due)) = deadline.late else {
        return Ok(deadline);
    };
    let ended = StepTaken {
        at: tx.at(),
        kind: StepKind::Ended,
        clock,
        due,
        told: None,
        actor: "program".to_owned(),
    };
    record(tx, &deadline.transmission, &ended).await?;
    Ok(Deadline {
        late: None,
        snoozed_by: None,
        position: Position {
            turns: deadline.position.turns,
            ..Position::default()
        },
        ..deadline
    })
}

/// Looks at once at everything that was looked at in what is now the future: the clock was set back, and what was to be
/// looked at then would otherwise wait until it has come there again.
pub struct LookAgain;

impl Change for LookAgain {
    /// How many.
    type Outcome = u64;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let at = tx.at();
        let touched = sqlx::query(
            "-- deadlines::look_again
UPDATE deadline
SET look_at = $1, written_at = $1
WHERE looked_at > $1 AND look_at > $1",
        )
        .bind(at.as_microsecond())
        .execute(tx.conn())
        .await?;
        Ok(touched.rows_affected())
    }
}
