//! The sender by itself, on both databases, against receivers that the tests play.

mod attachments;
mod credentials;
mod doctor;
mod drills;
mod evidence;
mod figures;
mod holding;
mod outbox;
mod readiness;
mod receiver;
mod recovery;
mod requests;
mod signing;
mod stage;
mod statements;
mod submission;
mod tracking;
mod unsubmitted;
