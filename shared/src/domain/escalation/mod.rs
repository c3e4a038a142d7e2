//! Who is told next when a clock has run out, and when.
//!
//! A [`Ladder`] of rungs, from configuration, is climbed by a pure step ([`Escalation::step`]) from a [`Position`] that
//! lies in the database. What must hold of any sequence of steps:
//!
//! - It never runs out: after the last rung comes the last rung again.
//! - A rung on which nobody is there costs no time: it is skipped in the same step. When nobody is there on any rung, the
//!   last is told all the same, and the step says so.
//! - Acknowledging delays the next telling by a bounded time, counted from the first acknowledgement since the last telling
//!   ([`longest_snooze`]), and never more than once between two tellings.
//! - The next step is always later than this one, and no later than the longest wait of the ladder or the longest snooze.
//! - A clock that goes back does not prolong any of this.
//!
//! Nothing here ends an escalation: the clock that started it does, when it no longer runs.

mod choice;
mod deadline;
mod defaults;
mod facts;
mod kind;
mod ladder;
mod ladders;
mod position;
mod rung;
mod snooze;
mod step;
#[cfg(test)]
mod step_properties;
#[cfg(test)]
mod step_tests;

pub use deadline::{Deadline, StepTaken};
pub use facts::Facts;
pub use kind::StepKind;
pub use ladder::{InvalidLadder, Ladder, LadderRung};
pub use ladders::{InvalidLadders, Ladders, LaddersInConfig};
pub use position::{Position, Snooze, Told};
pub use rung::Rung;
pub use snooze::longest_snooze;
pub use step::{Escalation, Step, Telling};
