//! The staff register (tilgangsregister): who works here, in which roles, for which areas.

mod access;
mod change;
mod first;
mod name;
mod read;
mod revoke;

pub use access::{Access, Areas, NotStored, Roles, SENT_ON};
pub use change::{CreateStaff, StaffChange, Stated, UpdateStaff};
pub use first::EnsureAdministrator;
pub use name::{open_name, seal_name};
pub use read::read_member;
pub use revoke::revoke_from;
