//! Whether somebody here could open what comes: answered to senders, and watched over for the service's own people. It
//! depends on nothing but the database and the clock, so that it goes on when everything else has stopped.

mod activity;
mod answer;
mod areas;
mod check;
mod people;
mod worker;

pub use activity::{Activity, Noted};
pub use answer::{Called, answer};
pub use check::CheckOwnReadiness;
pub use people::staffing;
pub use worker::ReadinessWorker;
