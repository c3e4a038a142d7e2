//! From a matter to its running clocks.

use jiff::Timestamp;

use super::{
    clock::Clock,
    matter::{Child, Matter},
    policy::ClockPolicy,
};
use crate::domain::{
    lifecycle::{ChildState, Stage},
    report::ReportType,
};

/// A clock that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Which.
    pub clock: Clock,
    /// Until when. Where children differ (the outcome, from the end of each one's investigation), the earliest.
    pub due: Timestamp,
    /// Which children keep it running: their places in [`Matter::children`]. None only for a matter that has none.
    pub children: Vec<usize>,
}

impl Running {
    /// Whether it has run out. At the very instant when it is due, it has.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due <= now
    }
}

/// The running clocks of a matter, the soonest due first.
///
/// | clock | runs for a child that | from |
/// |---|---|---|
/// | opened | is queued, or held and opened by nobody; where the policy has this clock | submission |
/// | assigned | is open ([`Stage::is_open`]): also rejected or redirected, and again after a revocation | submission |
/// | review | is not assessed | receipt |
/// | confirmation | has no confirmation; not for a transfer of § 71 b | receipt |
/// | outcome | has an ended investigation, told of to nobody since; not for a transfer of § 71 b | its end |
/// | prosecution answer | has no answer; only for a transfer of § 71 b | receipt |
///
/// A child that was withdrawn or closed keeps no clock running. The first two always run to the time that they had from the
/// beginning, so an assignment revoked late is overdue at once. A receipt at a time that is not known counts from
/// submission, which is never later, unless every child still waits to be stored. A matter without children keeps every
/// clock running that could: what is not proven is not done.
#[must_use]
pub fn running(matter: &Matter<'_>, policy: &ClockPolicy) -> Vec<Running> {
    let mut running: Vec<Running> = Clock::ALL
        .iter()
        .filter_map(|clock| run(*clock, matter, policy))
        .collect();
    running.sort_by_key(|running| (running.due, running.clock));
    running
}

fn run(clock: Clock, matter: &Matter<'_>, policy: &ClockPolicy) -> Option<Running> {
    let from = starts(clock, matter, policy)?;
    let children: Vec<usize> = (0..matter.children.len())
        .filter(|place| keeps_running(clock, &matter.children[*place]))
        .collect();
    let due = match from {
        _ if children.is_empty() && !matter.children.is_empty() => return None,
        Start::At(due) => due,
        Start::WithInvestigations => children
            .iter()
            .filter_map(|place| matter.children[*place].feedback.investigation_ended_at)
            .map(|ended| policy.outcome.after(ended))
            .min()?,
    };
    Some(Running { clock, due, children })
}

/// When a clock of a matter would be due, if a child keeps it running.
enum Start {
    At(Timestamp),
    WithInvestigations,
}

fn starts(clock: Clock, matter: &Matter<'_>, policy: &ClockPolicy) -> Option<Start> {
    let first = policy.first(matter.report_type, matter.urgency);
    let is_transfer = matter.report_type == ReportType::ProsecutionTransfer;
    let due = match clock {
        Clock::Opened => first.opened?.after(matter.submitted_at),
        Clock::Assigned => first.assigned.after(matter.submitted_at),
        Clock::Review => policy.review.after(receipt(matter)?),
        Clock::Confirmation if !is_transfer => policy.confirmation.after(receipt(matter)?),
        Clock::Outcome if !is_transfer => return Some(Start::WithInvestigations),
        Clock::ProsecutionAnswer if is_transfer => policy.prosecution_answer.after(receipt(matter)?),
        Clock::Confirmation | Clock::Outcome | Clock::ProsecutionAnswer => return None,
    };
    Some(Start::At(due))
}

/// From when the clocks of a receipt run.
fn receipt(matter: &Matter<'_>) -> Option<Timestamp> {
    let has_come = |child: &Child<'_>| !matches!(child.state.stage(), Stage::Queued) && !child.state.stage().is_ended();
    let unknown = matter.children.iter().any(has_come).then_some(matter.submitted_at);
    matter.received_at.or(unknown)
}

fn keeps_running(clock: Clock, child: &Child<'_>) -> bool {
    let (stage, feedback) = (child.state.stage(), child.feedback);
    if stage.is_ended() {
        return false;
    }
    match clock {
        Clock::Opened => match child.state {
            ChildState::Queued { .. } => true,
            ChildState::Held { progress, .. } => !progress.opened,
            // A person gave it to a caseworker, or declined it.
            _ => false,
        },
        Clock::Assigned => stage.is_open(),
        Clock::Review => stage != Stage::Assessed,
        Clock::Confirmation => feedback.confirmation_given_at.is_none(),
        Clock::Outcome => feedback
            .investigation_ended_at
            .is_some_and(|ended| feedback.outcome_told_at.is_none_or(|told| told < ended)),
        Clock::ProsecutionAnswer => feedback.prosecution_answered_at.is_none(),
    }
}
