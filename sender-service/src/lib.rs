//! The sender: a police district's side of the exchange. It takes reports, sees each of them through, and never calls
//! one delivered but by a receiver's own signed word.

pub mod cli;
pub mod clocks;
pub mod config;
pub mod context;
pub mod credentials;
pub mod directory;
pub mod doctor;
pub mod drill;
pub mod evidence;
pub mod exchanges;
pub mod figures;
pub mod files;
pub mod followers;
pub mod grpc;
pub mod holding;
pub mod letters;
pub mod news;
pub mod outbox;
pub mod peer;
pub mod readiness;
pub mod reconciliation;
pub mod recovery;
pub mod redirect;
pub mod service;
pub mod signing;
pub mod statements;
pub mod store;
pub mod submission;
pub mod tracking;
pub mod window;

pub use config::Config;
pub use framme_shared::db::tasks;
pub use service::{Addresses, Sender, StartError};
