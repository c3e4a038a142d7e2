//! The clocks of what was received: a worker looks at every deadline, and tells the service's people when one has run out.

mod matters;
mod worker;

pub use matters::ReceivedMatters;
pub use worker::ClockWorker;
