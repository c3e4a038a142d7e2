//! What is stored of an answer, or of none, and which tasks follow: in one change.

use std::{collections::BTreeSet, time::Duration};

use framme_shared::{
    db::{
        Change, StoreError, Tx, heartbeat, incidents,
        tasks::{Desk, NewTask},
    },
    domain::{
        organisation::OrganisationNumber,
        readiness::{Answer, Found, Incident, Policy, judge},
    },
};
use jiff::Timestamp;

use super::NoAnswer;
use crate::store::readiness::{self, AreaRow, ReceiverRow};

const OVER: &str = "over";

/// A receiver has answered.
pub struct RecordAnswer {
    /// Who.
    pub receiver: OrganisationNumber,
    /// What.
    pub answer: Answer,
    /// From when on something is wrong.
    pub policy: Policy,
}

impl Change for RecordAnswer {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let (at, answer) = (tx.at(), &self.answer);
        let before = readiness::load(tx.conn(), &self.receiver).await?;
        let first_answered_at = before.as_ref().and_then(|row| row.first_answered_at).unwrap_or(at);
        let found = judge(answer, first_answered_at, &self.policy, at);
        let kinds: BTreeSet<Incident> = found.iter().map(|found| found.incident).collect();
        let not_ready_since = before.and_then(|row| row.not_ready_since).unwrap_or(at);
        let row = ReceiverRow {
            receiver: self.receiver,
            unknown_reason: None,
            asked_at: at,
            first_answered_at: Some(first_answered_at),
            answered_at: Some(at),
            silent_since: None,
            not_ready_since: (!kinds.is_empty()).then_some(not_ready_since),
            incidents: kinds,
            software_version: answer.software_version.clone(),
            clock_offset_micros: i64::try_from(answer.clock_offset.as_micros()).unwrap_or(i64::MAX),
            clocks_beat_at: answer.clocks_beat_at,
            reports_unopened: answer.reports_unopened,
            reports_unassigned: answer.reports_unassigned,
        };
        readiness::write(tx.conn(), &row, at, "RecordAnswer").await?;
        self.areas(tx, at).await?;
        let kinds: Vec<&'static str> = Incident::OF_ANSWERS
            .iter()
            .chain(&[Incident::ReceiverSilent, Incident::ReadinessUnknown])
            .map(|incident| incident.as_str())
            .collect();
        let tasks = found.into_iter().map(|found| task(&self.receiver, found)).collect();
        incidents::keep(tx, self.receiver.as_str(), &kinds, tasks, OVER).await?;
        heartbeat::beat(tx, heartbeat::READINESS).await
    }
}

impl RecordAnswer {
    async fn areas(&self, tx: &mut Tx, at: Timestamp) -> Result<(), StoreError> {
        let before = readiness::areas_of(&mut *tx.conn(), &self.receiver).await?;
        let rows: Vec<AreaRow> = self
            .answer
            .areas
            .iter()
            .map(|area| {
                let known = before.iter().find(|row| row.area == area.area);
                let nobody_since = known.and_then(|row| row.nobody_since).unwrap_or(at);
                AreaRow {
                    area: area.area,
                    staffing: area.staffing,
                    last_worked_at: area.last_worked_at,
                    nobody_since: area.staffing.is_nobody().then_some(nobody_since),
                }
            })
            .collect();
        readiness::replace_areas(tx.conn(), &self.receiver, &rows, at).await
    }
}

/// A receiver has not answered, or nothing that can be believed.
pub struct RecordNoAnswer {
    /// Who.
    pub receiver: OrganisationNumber,
    /// How.
    pub no_answer: NoAnswer,
    /// After how long that is silence.
    pub silent: Duration,
}

impl Change for RecordNoAnswer {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        let before = readiness::load(tx.conn(), &self.receiver).await?;
        let mut row = before.unwrap_or_else(|| ReceiverRow::unknown(self.receiver));
        row.asked_at = at;
        row.unknown_reason = Some(self.no_answer.reason().to_owned());
        row.not_ready_since = row.not_ready_since.or(Some(at));
        row.incidents.remove(&Incident::ReceiverSilent);
        row.incidents.remove(&Incident::ReadinessUnknown);
        let found = match self.no_answer {
            NoAnswer::Silent(reason) => {
                let since = *row.silent_since.get_or_insert(at);
                let is_long = Duration::try_from(at.duration_since(since)).unwrap_or_default() >= self.silent;
                let is_silent = is_long || readiness::acute_waits(tx.conn(), &self.receiver).await?;
                is_silent.then(|| Found {
                    incident: Incident::ReceiverSilent,
                    area: None,
                    told: format!("it has not answered since {since:.0}: {reason}"),
                })
            }
            NoAnswer::Unknown(reason) => {
                row.silent_since = None;
                // What was good once says nothing about now.
                readiness::replace_areas(tx.conn(), &self.receiver, &[], at).await?;
                Some(Found {
                    incident: Incident::ReadinessUnknown,
                    area: None,
                    told: format!("whether somebody there could open is not known: {reason}"),
                })
            }
        };
        row.incidents.extend(found.iter().map(|found| found.incident));
        readiness::write(tx.conn(), &row, at, "RecordNoAnswer").await?;
        let kinds = [Incident::ReceiverSilent, Incident::ReadinessUnknown].map(Incident::as_str);
        let tasks = found.into_iter().map(|found| task(&self.receiver, found)).collect();
        // Whatever else was wrong is not over because nobody answers any more.
        incidents::keep(tx, self.receiver.as_str(), &kinds, tasks, OVER).await?;
        heartbeat::beat(tx, heartbeat::READINESS).await
    }
}

fn task(receiver: &OrganisationNumber, found: Found) -> NewTask {
    NewTask {
        kind: found.incident.as_str(),
        subject: match found.area {
            Some(area) => format!("{receiver}/{area}"),
            None => receiver.to_string(),
        },
        desk: match found.incident {
            Incident::ClockOffset => Desk::Operator,
            _ => Desk::District,
        },
        data: found.told,
    }
}
