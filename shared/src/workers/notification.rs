//! Telling people, as both services do it: a worker for each contact sends what waits for it, and a keeper sees to it that
//! desks hear of their tasks, and that what does not arrive is told to others.

mod channel;
mod check;
mod doctor;
mod keeper;
mod office;
mod start;
mod trial;

pub use self::{
    channel::ChannelWorker,
    check::check,
    doctor::examine,
    keeper::Keeper,
    office::{Office, Step},
    start::start,
    trial::{Trial, TrialError, try_contact},
};
