//! After a restore from a backup, of this side or of the sender's: what either side lost comes back from the other, and no
//! number is used twice.
//!
//! While the sender holds receipts that are not here, or this database may be an older copy of itself and the sender has
//! not spoken since, no receipt of the pair is made (`store::peer::advance` sees to it). Receipts come back verbatim and
//! are applied to the children that are here; what they say of transmissions that are gone is stated anew, by new
//! receipts, when those are submitted again.

mod compare;
mod replay;
mod restate;
mod restore;
mod sent;

pub use compare::{ComparePair, Compared, DoubtOwnState, HeldBySender};
pub use restate::{restate_arrived, restate_one};
pub use restore::{RestoreReceipts, Restored, Returned};
pub use sent::{Sent, sent};
