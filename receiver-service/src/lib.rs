//! The receiver of a child welfare service: takes transmissions from senders, keeps them sealed, states by signed
//! receipts how far each child has come, and serves the work list to the service's own people and case systems.
//!
//! `grpc` decodes and authorises, the folders beside it hold what happens, each change of state as one
//! [`Change`](framme_shared::db::Change), and `store` has the statements.

pub mod attachments;
pub mod authority;
pub mod cli;
pub mod clocks;
pub mod config;
pub mod content;
pub mod core;
pub mod credentials;
pub mod doctor;
pub mod error;
pub mod grpc;
pub mod holding;
pub mod inbox;
pub mod keys;
pub mod letters;
pub mod readiness;
pub mod receipts;
pub mod reconciliation;
pub mod recovery;
pub mod requests;
pub mod service;
pub mod staff;
pub mod statements;
pub mod store;
pub mod work_list;

pub use config::Config;
pub use framme_shared::db::tasks;
pub use service::{Addresses, Receiver, StartError};
