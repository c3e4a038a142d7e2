//! Still there? Receivers are asked, on a schedule and whenever there is doubt, whether they still hold what they have
//! confirmed, and must answer from a fresh reading of their storage, signed.
//!
//! One worker per receiver claims what is due by lease, asks, verifies, and records in one change what the answer comes
//! to. The right answer sets the next date. A wrong one makes the transmission undelivered and raises it; what the receiver
//! lost is sent again. No answer, for longer than the grace, makes it undelivered too, until the right answer comes.

mod ask;
mod doubt;
mod faulty;
mod finding;
mod judge;
mod now;
mod questions;
mod record;
mod silence;
mod worker;

pub use doubt::{Doubtful, begin};
pub use faulty::{MarkFaulty, Marked, UnmarkFaulty};
pub use finding::Finding;
pub use now::AskNow;
pub use worker::{HoldingWorker, Step};
