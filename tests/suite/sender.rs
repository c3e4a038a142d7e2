//! The sender by itself, on both databases, against receivers that the tests play.

mod attachments;
mod credentials;
pub(crate) mod doctor;
mod drills;
mod evidence;
mod figures;
mod follow_ups;
mod holding;
mod letters;
mod outbox;
mod phone;
mod readiness;
mod receiver;
mod recovery;
mod redirect;
mod redirect_kept_right;
mod requests;
mod signing;
pub(crate) mod stage;
mod statements;
mod submission;
mod tracking;
mod unsubmitted;
