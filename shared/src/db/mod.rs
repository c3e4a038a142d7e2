//! Storage that both services use in the same way: one set of SQL on SQLite and PostgreSQL.
//!
//! State changes go through [`Database::change`], which hands them to the process's one writer. Waiting changes share
//! a transaction and its fsync, and nobody is answered before the commit. Reads use [`Database::reader`], a pool whose
//! connections cannot write. What must be secret is sealed before it comes here ([`sealing`]).

mod backup;
mod change;
pub mod channels;
mod child_state;
mod config;
mod connection;
mod database;
pub mod deadlines;
mod dialect;
mod error;
pub mod heartbeat;
pub mod incidents;
mod ledger;
mod mark;
mod migrate;
pub mod notices;
mod pool;
mod portable;
pub mod rows;
mod schema;
pub mod sealing;
mod settings;
pub mod statements;
pub mod tasks;
mod together;
mod writer;

pub use change::{Change, Tx};
pub use config::DatabaseConfig;
pub use database::Database;
pub use dialect::Dialect;
pub use error::{Cause, OpenError, StoreError};
pub use ledger::{Fault as LedgerFault, LedgerEntry};
pub use mark::MarkError;
pub use migrate::MigrationReport;
pub use pool::{guarded, is_idle};
pub use rows::exactly_one;
pub use schema::{Migration, Schema};
pub use together::{LookUp, Together};

/// Makes the name of a new file durable: without it a power cut can leave the bytes and lose the file.
fn sync_folder_of(path: &std::path::Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(std::path::Path::new(".")))?.sync_all()
}
