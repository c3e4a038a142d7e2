//! The sender's tables: one file per table or idea, each the only place that knows its columns.
//!
//! Functions here take a connection: the writer's inside a change, or one of the pool for a single reading statement.

pub mod attachment;
pub mod child;
pub mod columns;
pub mod confirmation;
pub mod credential;
pub mod data_key;
pub mod delivery;
pub mod directory;
pub mod doubt;
pub mod drill;
pub mod entry;
pub mod faulty;
pub mod figures;
pub mod holding;
pub mod holdings;
pub mod letter;
pub mod matter;
pub mod news;
pub mod owed;
pub mod period;
pub mod phone_call;
pub mod readiness;
pub mod receipt;
pub mod receiver;
pub mod reconciliation;
pub mod recovered;
pub mod redirect;
pub mod report;
pub mod request;
pub mod transmission;
pub mod unsubmitted;
pub mod view;
pub mod withdrawal;

use framme_shared::db::{Migration, Schema};

/// The sender's schema: every migration, forward only.
pub static SCHEMA: Schema = Schema {
    name: "sender",
    migrations: &[
        Migration {
            number: 1,
            name: "initial",
            sql: include_str!("../migrations/0001_initial.sql"),
        },
        Migration {
            number: 2,
            name: "credential_expiry",
            sql: include_str!("../migrations/0002_credential_expiry.sql"),
        },
        Migration {
            number: 3,
            name: "request_fingerprint",
            sql: include_str!("../migrations/0003_request_fingerprint.sql"),
        },
        Migration {
            number: 4,
            name: "written_once",
            sql: include_str!("../migrations/0004_written_once.sql"),
        },
        Migration {
            number: 5,
            name: "statement",
            sql: include_str!("../migrations/0005_statement.sql"),
        },
        Migration {
            number: 6,
            name: "closing_kind",
            sql: include_str!("../migrations/0006_closing_kind.sql"),
        },
        Migration {
            number: 7,
            name: "reconciliation",
            sql: include_str!("../migrations/0007_reconciliation.sql"),
        },
        Migration {
            number: 8,
            name: "still_there",
            sql: include_str!("../migrations/0008_still_there.sql"),
        },
        Migration {
            number: 9,
            name: "may_take_back",
            sql: include_str!("../migrations/0009_may_take_back.sql"),
        },
        Migration {
            number: 10,
            name: "deadlines",
            sql: include_str!("../migrations/0010_deadlines.sql"),
        },
        Migration {
            number: 11,
            name: "feedback",
            sql: include_str!("../migrations/0011_feedback.sql"),
        },
        Migration {
            number: 12,
            name: "redirect",
            sql: include_str!("../migrations/0012_redirect.sql"),
        },
        Migration {
            number: 13,
            name: "letter",
            sql: include_str!("../migrations/0013_letter.sql"),
        },
        Migration {
            number: 14,
            name: "readiness",
            sql: include_str!("../migrations/0014_readiness.sql"),
        },
        Migration {
            number: 15,
            name: "directory",
            sql: include_str!("../migrations/0015_directory.sql"),
        },
    ],
};
