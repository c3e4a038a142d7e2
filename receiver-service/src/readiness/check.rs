//! The own check: what would keep a report from being opened here, told to the service's own people before one is stuck.

use std::{collections::BTreeSet, time::Duration};

use framme_shared::{
    db::{
        Change, StoreError, Tx, heartbeat, incidents,
        tasks::{Desk, NewTask},
    },
    domain::{municipality::Area, organisation::OrganisationNumber, readiness::Incident, staff_id::StaffId},
};
use jiff::Timestamp;

use super::{Noted, areas::watched, people::staffing};
use crate::{
    config::ReadinessConfig,
    store::{
        activity,
        sender_call::{self, SenderCall},
        staffing::everybody,
        waiting,
    },
};

/// A drill that nobody has assigned in time.
const DRILL_UNANSWERED: &str = "drill_unanswered";
const OVER: &str = "over";

/// Looks at everything at one moment, and brings the tasks into line with it.
pub struct CheckOwnReadiness {
    /// What is configured.
    pub config: ReadinessConfig,
    /// Which areas the service serves by its configuration.
    pub serves: Vec<Area>,
    /// Who may send.
    pub senders: Vec<OrganisationNumber>,
    /// Since when this process could have been called.
    pub up_since: Timestamp,
    /// Who was seen meanwhile.
    pub seen: Vec<(StaffId, Noted)>,
}

impl Change for CheckOwnReadiness {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        activity::write(tx.conn(), &self.seen, at).await?;
        let mut calls = sender_call::all(tx.conn()).await?;
        // What somebody said who may not send any more says nothing.
        calls.retain(|call| self.senders.contains(&call.sender));
        self.access(tx, &calls, at).await?;
        self.senders(tx, &calls, at).await?;
        self.drills(tx, at).await?;
        heartbeat::beat(tx, heartbeat::READINESS).await
    }
}

impl CheckOwnReadiness {
    async fn access(&self, tx: &mut Tx, calls: &[SenderCall], at: Timestamp) -> Result<(), StoreError> {
        let people = everybody(&mut *tx.conn(), at).await?;
        let waits = waiting::by_area(&mut *tx.conn()).await?;
        let asked: Vec<_> = calls.iter().map(|call| call.areas.clone()).collect();
        let waiting_areas = waits.iter().map(|waits| waits.area.clone());
        let areas: BTreeSet<Area> = watched(&self.serves, &people, &asked, waiting_areas);
        let mut found = Vec::new();
        for area in areas {
            let there = staffing(&people, &area.to_string(), self.config.has_duty, at);
            if !there.is_nobody() {
                continue;
            }
            let waiting: u64 = waits
                .iter()
                .filter(|waits| Area::parse(&waits.area).is_ok_and(|waits| area.covers(&waits)))
                .map(|waits| waits.reports)
                .sum();
            let told = format!(
                "{} may open and assign there, 0 of them have a valid credential; {waiting} wait",
                there.may_open
            );
            // Whoever leads the intake knows who is missing, and whoever runs the service can give access.
            for (subject, desk) in [
                (area.to_string(), Desk::Intake),
                (format!("{area}/operator"), Desk::Operator),
            ] {
                found.push(NewTask {
                    kind: Incident::NobodyCanOpen.as_str(),
                    subject,
                    desk,
                    data: told.clone(),
                });
            }
        }
        incidents::keep(tx, "", &[Incident::NobodyCanOpen.as_str()], found, OVER).await
    }

    async fn senders(&self, tx: &mut Tx, calls: &[SenderCall], at: Timestamp) -> Result<(), StoreError> {
        let found = calls.iter().filter_map(|call| {
            let (incident, told) = self.wrong_with(call, at)?;
            Some(NewTask {
                kind: incident.as_str(),
                subject: call.sender.to_string(),
                desk: Desk::Operator,
                data: told,
            })
        });
        let kinds = [Incident::SenderSilent, Incident::SenderClockStopped].map(Incident::as_str);
        incidents::keep(tx, "", &kinds, found.collect(), OVER).await
    }

    fn wrong_with(&self, call: &SenderCall, at: Timestamp) -> Option<(Incident, String)> {
        // While this process was down nobody could call.
        let silent_since = call.called_at.max(self.up_since);
        if age(silent_since, at) > self.config.sender_silent() {
            let told = format!("it last called at {:.0}", call.called_at);
            return Some((Incident::SenderSilent, told));
        }
        // As of its last call: what it did since is not known.
        let beat = call.clocks_beat_at.unwrap_or(call.first_called_at);
        (age(beat, call.called_at) > self.config.clock_stopped()).then(|| {
            let told = match call.clocks_beat_at {
                Some(beat) => format!("its clock worker last completed a step at {beat:.0}"),
                None => format!("its clock worker has completed no step since {beat:.0}"),
            };
            (Incident::SenderClockStopped, told)
        })
    }

    async fn drills(&self, tx: &mut Tx, at: Timestamp) -> Result<(), StoreError> {
        let before = at.saturating_sub(self.config.drill_answer()).unwrap_or(Timestamp::MIN);
        let unanswered = waiting::drills_before(&mut *tx.conn(), before).await?;
        let found = unanswered.into_iter().map(|drill| NewTask {
            kind: DRILL_UNANSWERED,
            subject: drill,
            desk: Desk::Intake,
            data: format!("not assigned within {} hours", self.config.drill_answer_hours),
        });
        incidents::keep(tx, "", &[DRILL_UNANSWERED], found.collect(), OVER).await
    }
}

/// How long before; nothing for what is after.
fn age(since: Timestamp, at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(since)).unwrap_or_default()
}
