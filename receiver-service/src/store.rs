//! The receiver's tables: one file per table or idea, each function one statement. Nothing here decides anything.

pub mod activity;
pub mod attachment;
pub mod child;
mod columns;
pub mod credential;
pub mod entry;
pub mod figures;
pub mod fingerprint;
pub mod holding;
pub mod holdings;
pub mod letter;
pub mod linked;
pub mod matter;
pub mod notified;
pub mod owed;
pub mod peer;
pub mod reading;
pub mod receipt;
pub mod reconciliation;
pub mod request;
pub mod restoring;
pub mod rewrap;
pub mod secret;
pub mod sender_call;
pub mod staff;
pub mod staffing;
pub mod statistics;
pub mod transmission;
pub mod waiting;
pub mod work_list;

use framme_shared::db::{Migration, Schema};

/// Everything that makes and upgrades a receiver's database.
pub static SCHEMA: Schema = Schema {
    name: "receiver",
    migrations: &[
        Migration {
            number: 1,
            name: "initial",
            sql: include_str!("../migrations/0001_initial.sql"),
        },
        Migration {
            number: 2,
            name: "written_once",
            sql: include_str!("../migrations/0002_written_once.sql"),
        },
        Migration {
            number: 3,
            name: "statement",
            sql: include_str!("../migrations/0003_statement.sql"),
        },
        Migration {
            number: 4,
            name: "recovery",
            sql: include_str!("../migrations/0004_recovery.sql"),
        },
        Migration {
            number: 5,
            name: "reconciliation",
            sql: include_str!("../migrations/0005_reconciliation.sql"),
        },
        Migration {
            number: 6,
            name: "known_to_service",
            sql: include_str!("../migrations/0006_known_to_service.sql"),
        },
        Migration {
            number: 7,
            name: "receipts_of_transmission",
            sql: include_str!("../migrations/0007_receipts_of_transmission.sql"),
        },
        Migration {
            number: 8,
            name: "deadlines",
            sql: include_str!("../migrations/0008_deadlines.sql"),
        },
        Migration {
            number: 9,
            name: "feedback",
            sql: include_str!("../migrations/0009_feedback.sql"),
        },
        Migration {
            number: 10,
            name: "redirect",
            sql: include_str!("../migrations/0010_redirect.sql"),
        },
        Migration {
            number: 11,
            name: "letter",
            sql: include_str!("../migrations/0011_letter.sql"),
        },
        Migration {
            number: 12,
            name: "readiness",
            sql: include_str!("../migrations/0012_readiness.sql"),
        },
    ],
};
