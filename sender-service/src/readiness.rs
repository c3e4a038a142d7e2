//! Whether somebody at a receiver could open what is sent: asked every few minutes, before and while reports are sent, and
//! told to people when nobody could. Reports go out whatever is answered.

mod ask;
mod record;
mod worker;

pub use ask::NoAnswer;
pub use record::{RecordAnswer, RecordNoAnswer};
pub use worker::ReadinessWorker;
