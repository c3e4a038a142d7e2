//! Daily statements: the sender makes its own for each receiver, gives it to the receiver for the receiver's, and compares.

mod count;
mod exchange;
mod make;
mod worker;

pub use make::{NotMade, make};
pub use worker::{StatementWorker, Step};
