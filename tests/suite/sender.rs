//! The sender by itself, on both databases, against receivers that the tests play.

mod attachments;
mod credentials;
pub(crate) mod doctor;
mod evidence;
mod figures;
mod holding;
mod outbox;
mod receiver;
mod recovery;
mod requests;
mod signing;
pub(crate) mod stage;
mod statements;
mod submission;
mod tracking;
mod unsubmitted;
