//! Deadlines: rows that say when the clocks of each transmission are looked at next, and whom people have been told of.
//!
//! What moves a child makes its transmission looked at again in the same change ([`moved`]); what takes a transmission in
//! makes its clocks run ([`arm`]). Looking is one change ([`LookAtDeadlines`]): what is due is loaded, the clocks are
//! computed from the facts, and whoever must be told gets a notice, all or nothing. So no lease is needed, and no deadline is
//! lost to a process that dies.

mod acknowledge;
mod arm;
mod history;
mod look;
mod matter;
mod read;
mod row;
mod rules;
mod tell;

pub use acknowledge::{Acknowledge, Acknowledged};
pub use arm::{arm, moved};
pub use history::steps;
pub use look::{LookAgain, LookAtDeadlines};
pub use matter::Matters;
pub use read::{After, find, late, next, open};
pub use rules::Rules;
