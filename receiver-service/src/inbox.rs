//! How a transmission comes in: stored sealed, read back, receipted; and how its sender takes it back.

mod arrive;
mod receipt_stored;
mod receive;
mod restore;
mod withdraw;

pub use arrive::{Arrival, Incoming, NamedAttachment, StoreTransmission};
pub use receipt_stored::{ReceiptStored, Receipted};
pub use receive::receive;
pub use withdraw::{Withdrawal, withdraw};
