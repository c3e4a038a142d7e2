//! Asks receivers whether both sides hold the same, and does what can be done about it without a person.
//!
//! Two questions. Which numbers are missing: every few minutes, cheap. Whether everything that was handed over is held
//! alike: every night and by hand, by digests over ranges of numbers, entries only where they differ, and with a second
//! look before anything counts as a difference. What comes of it is signed by both.

mod ask;
mod dialogue;
mod end;
mod holdings;
mod lost;
mod numbers;
mod schedule;
mod told;
mod treatment;
mod worker;

pub use ask::{Ask, Asked};
pub use lost::{Lost, SendAgain};
pub use numbers::NumbersFound;
pub use worker::{ReconciliationWorker, Step};
