//! The work list (meldingsliste): what waits, reading it, and every move of a child.

mod change;
mod list;
mod open;
mod read_attachment;
mod view;

pub use change::{ChangeChild, Move, OnBehalf, change_child};
pub use list::{InvalidPageToken, Page, list, position_of};
pub use open::{Opened, open};
pub use read_attachment::{Chunks, read_attachment};
pub use view::{Visible, child_state, summary};
