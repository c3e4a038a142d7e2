//! After a restore from a backup, of this side or of the receiver's: the side that lost something gets it back from the
//! other, before the stream of receipts goes on.

mod compare;
mod give_back;
mod lost;
mod take_back;

pub use compare::{Recovered, recover};
