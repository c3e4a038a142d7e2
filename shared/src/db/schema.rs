//! The numbered SQL files that make a database.

use aws_lc_rs::digest::{SHA256, digest};

/// One step forward. There is no step back: an older program refuses a newer database.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// 1, 2, 3 … without gaps.
    pub number: i64,
    /// What it does, in a few words.
    pub name: &'static str,
    /// Statements with the column types TEXT, BIGINT and BLOB only.
    pub sql: &'static str,
}

impl Migration {
    /// Hex SHA-256 of the text: an applied migration is never edited.
    pub(super) fn checksum(&self) -> String {
        hex(digest(&SHA256, self.sql.as_bytes()).as_ref())
    }
}

/// All migrations of one service, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Names the service in the table of applied migrations.
    pub name: &'static str,
    pub migrations: &'static [Migration],
}

/// What every database has: the ledger, tasks and notices for people, deadlines, whether notices arrive, and heartbeats.
/// Applied before the service's own.
pub(super) const BASE: Schema = Schema {
    name: "base",
    migrations: &[
        Migration {
            number: 1,
            name: "ledger",
            sql: include_str!("base/0001_ledger.sql"),
        },
        Migration {
            number: 2,
            name: "task",
            sql: include_str!("base/0002_task.sql"),
        },
        Migration {
            number: 3,
            name: "notice",
            sql: include_str!("base/0003_notice.sql"),
        },
        Migration {
            number: 4,
            name: "deadline",
            sql: include_str!("base/0004_deadline.sql"),
        },
        Migration {
            number: 5,
            name: "channel",
            sql: include_str!("base/0005_channel.sql"),
        },
        Migration {
            number: 6,
            name: "heartbeat",
            sql: include_str!("base/0006_heartbeat.sql"),
        },
    ],
};

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_the_sha_256_of_the_text() {
        let migration = Migration {
            number: 1,
            name: "empty",
            sql: "",
        };
        assert_eq!(
            migration.checksum(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
