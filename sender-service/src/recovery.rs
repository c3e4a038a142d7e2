//! After a restore from a backup, of this side or of the receiver's: the side that lost something gets it back from the
//! other, before the stream of receipts goes on.

mod allow;
mod carried;
mod compare;
mod give_back;
mod lost;
mod outcome;
mod take_back;
mod withdraw_again;

pub use allow::AllowTakingBack;
pub use compare::recover;
pub use outcome::Recovered;
