//! Tracking: what receivers state about what was sent to them, by their receipts, in order and without gaps.
//!
//! One worker per receiver keeps a stream open from the last receipt stored. Every receipt is verified before anything
//! of it is believed: the signature, the signer, its place in the chain, that it is about something that was sent to
//! that receiver and with that digest, and that the child can have made the move. Receipts are stored verbatim with
//! what they move, in one change, and confirmed after its commit. A receiver that fails any of this is distrusted:
//! nothing it says is believed until a person has looked.

mod apply;
mod changes;
mod picture;
mod replay;
mod verify;
mod worker;

pub use apply::{Applied, ApplyReceipts};
pub use changes::{Distrust, TrustReceiver};
pub(crate) use picture::Picture;
pub(crate) use replay::Replay;
pub use verify::Incoming;
pub use worker::{Step, TrackingWorker};
