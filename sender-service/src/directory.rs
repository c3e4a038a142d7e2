//! The directory that is in force: read from a register file that is looked at again while the service runs, or from the
//! receivers of the configuration. Both make the same value.
//!
//! A register is checked as a whole before anything of it counts. One that is broken changes nothing: the last good one
//! stays in force, also over a restart, because its text is kept in the database.

mod current;
mod first;
mod read;
mod refuse;
mod retired;
mod take;
mod worker;

pub use self::{
    current::Current,
    first::{in_force, receivers_of},
    read::{DirectoryError, Faults, Loaded, load, parse, short_form},
    refuse::{BROKEN, RefuseDirectory, SUBJECT},
    retired::{RETIRED, TellRetired},
    take::TakeDirectory,
    worker::{DirectoryWorker, Looked},
};
