//! Somebody acknowledges: the next telling comes later, by a bounded time, and nothing else changes.

use std::sync::Arc;

use jiff::Timestamp;

use super::history::record;
use super::look::urgency_of;
use super::matter::Matters;
use super::row;
use super::rules::Rules;
use crate::db::{Change, StoreError, Tx};
use crate::domain::calendar::Length;
use crate::domain::clocks::running;
use crate::domain::escalation::{Deadline, Escalation, StepKind, StepTaken};
use crate::domain::ids::TransmissionId;

/// A person sees to a transmission of which people are told.
pub struct Acknowledge<M> {
    /// Which.
    pub transmission: TransmissionId,
    /// Who: role-scoped staff id, or name of the credential.
    pub by: String,
    /// For how long nobody need be told; `None` for the longest that is allowed.
    pub wanted: Option<Length>,
    /// Where the facts are.
    pub matters: Arc<M>,
    /// By which rules.
    pub rules: Arc<Rules>,
}

/// What an acknowledgement came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledged {
    /// Nobody is told before this.
    Until(Timestamp),
    /// Nobody is being told of it: no clock of it has run out.
    NotLate,
    /// There is no such transmission.
    Unknown,
}

impl<M: Matters> Change for Acknowledge<M> {
    type Outcome = Acknowledged;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Acknowledged, StoreError> {
        let Some(deadline) = super::read::find(&mut *tx.conn(), &self.transmission).await? else {
            return Ok(Acknowledged::Unknown);
        };
        let facts = self.matters.load(tx, &[self.transmission]).await?;
        let Some(facts) = facts.get(&self.transmission) else {
            return Ok(Acknowledged::Unknown);
        };
        let running = running(&facts.matter(), &self.rules.policy);
        let told_of = deadline
            .late
            .and_then(|(told_of, _)| running.iter().find(|clock| clock.clock == told_of));
        let Some(late) = told_of else {
            return Ok(Acknowledged::NotLate);
        };
        let (at, urgency) = (tx.at(), urgency_of(late, facts));
        let escalation = Escalation {
            ladder: self.rules.ladders.ladder(urgency),
            urgency,
        };
        let position = escalation.acknowledge(deadline.position, self.wanted, at);
        let until = position.snooze.map_or(at, |snooze| snooze.until);
        let step = StepTaken {
            at,
            kind: StepKind::Acknowledged,
            clock: late.clock,
            due: late.due,
            told: None,
            actor: self.by.clone(),
        };
        record(tx, &self.transmission, &step).await?;
        // When it is looked at next stays as it was: a look before its time tells nobody, and sets the next.
        let acknowledged = Deadline {
            position,
            snoozed_by: Some(self.by.clone()),
            ..deadline
        };
        row::write(tx.conn(), &[acknowledged], at).await?;
        Ok(Acknowledged::Until(until))
    }
}
