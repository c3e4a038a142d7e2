//! The outbox: rows that wait to be delivered, one worker per receiver, and nothing that one receiver does or leaves
//! undone delays another.
//!
//! A worker claims rows by a lease with a token, calls the receiver outside of any transaction, and records how each
//! call ended together with its next claim. Nothing is ever dropped: what fails is tried again, for ever, with the
//! reason recorded for people. A process that dies leaves leases that run out.

mod attachments;
mod breaker;
mod deliver;
mod failure;
mod lease;
mod turn;
mod withdraw;
mod worker;

pub(crate) use failure::Failure;
pub use turn::ReleaseLeases;
pub use worker::{OutboxWorker, Step};
