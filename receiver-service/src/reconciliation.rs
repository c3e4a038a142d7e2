//! Answers senders who ask whether both sides hold the same: from what lies in storage, and with a result that both sign.

mod dialogue;
mod events;
mod finish;
mod holdings;
mod numbers;
mod open;

pub use dialogue::dialogue;
pub use events::EventKey;
pub use numbers::{Numbers, numbers};
pub use open::OpenReconciliations;
