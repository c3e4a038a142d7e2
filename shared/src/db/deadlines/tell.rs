//! Notices to the people on a rung, and the step that they make of the escalation.

use jiff::Timestamp;

use super::history::record;
use crate::db::{StoreError, Tx, notices};
use crate::domain::clocks::Clock;
use crate::domain::escalation::{Ladder, Rung, StepKind, StepTaken};
use crate::domain::ids::TransmissionId;
use crate::domain::notice::{NewNotice, Occasion};
use crate::domain::report::Urgency;

/// What is told.
pub(super) struct Told<'a> {
    pub(super) transmission: TransmissionId,
    pub(super) urgency: Urgency,
    pub(super) clock: Clock,
    pub(super) due: Timestamp,
    /// Announced or told.
    pub(super) kind: StepKind,
    pub(super) ladder: &'a Ladder,
    pub(super) turn: u32,
}

/// Puts a notice for each contact of these rungs into the outbox, and records a step for each rung.
pub(super) async fn tell(tx: &mut Tx, told: &Told<'_>, rungs: &[Rung]) -> Result<(), StoreError> {
    let occasion = if told.clock.is_first() {
        Occasion::Waiting
    } else {
        Occasion::Owed
    };
    for rung in rungs {
        let contacts = told.ladder.contacts(*rung);
        for contact in contacts {
            let notice = NewNotice {
                contact: contact.clone(),
                occasion,
                subject: told.transmission.to_string(),
                turn: told.turn,
                urgency: told.urgency,
                until: Some(told.due),
            };
            notices::enqueue(tx, notice).await?;
        }
        let names: Vec<&str> = contacts.iter().map(|contact| contact.as_str()).collect();
        let step = StepTaken {
            at: tx.at(),
            kind: told.kind,
            clock: told.clock,
            due: told.due,
            told: Some((*rung, names.join(" "))),
            actor: "program".to_owned(),
        };
        record(tx, &told.transmission, &step).await?;
    }
    Ok(())
}
