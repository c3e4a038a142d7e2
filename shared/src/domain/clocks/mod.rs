//! Which clock of a matter runs, until when, and which have run out.
//!
//! A matter is one report at one receiver. Its clocks are computed from what is known of it now ([`running`]) and never
//! stored as a truth of their own, so that a revoked assignment, a rejection or a late receipt needs no rule besides: what
//! runs is what the facts say. The lengths stand in configuration ([`ClockPolicy`]). Both sides compute the same.

mod clock;
mod matter;
mod policy;
mod running;
#[cfg(test)]
mod running_tests;

pub use super::calendar::{InvalidLength, Length};
pub use clock::Clock;
pub use matter::{Child, Feedback, Matter};
pub use policy::{ClockPolicy, FirstClocks, InvalidClockPolicy, OfType};
pub use running::{Running, running};
