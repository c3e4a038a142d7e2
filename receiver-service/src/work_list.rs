//! The work list (meldingsliste): what waits, reading it, and every move of a child.

mod change;
mod list;
mod open;
mod owed;
mod read_attachment;
mod view;

pub use change::{ChangeChild, Move, OnBehalf, change_child};
pub use list::{InvalidPageToken, Page, list, position_of};
pub use open::{Opened, open};
pub use owed::{OwedPage, TERMS, owed, owed_position_of};
pub use read_attachment::{Chunks, read_attachment};
pub use view::{Visible, child_state, summary};
