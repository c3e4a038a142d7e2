//! The clocks of what was sent: a worker looks at every deadline, and tells the district's people when one has run out.

mod matters;
mod worker;

pub use matters::SentMatters;
pub use worker::ClockWorker;
