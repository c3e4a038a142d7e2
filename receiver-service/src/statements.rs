//! Daily statements: the receiver makes its own for each sender, takes the sender's, and compares.

mod count;
mod make;
mod take;
mod worker;

pub use take::take;
pub use worker::{StatementWorker, Step};
