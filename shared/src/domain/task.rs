//! Tasks for people: what a program cannot put right by itself.

use jiff::Timestamp;

use super::closed_set::closed_set;

closed_set! {
    /// A desk: people who answer for something, by what they are there for.
    Desk in "desk" {
        /// The police district's desk, which answers for reports.
        District = "district",
        /// The intake of a child welfare service.
        Intake = "intake",
        /// Who runs the service: certificates, backups, versions.
        Operator = "operator",
    }
}

/// Something that a person must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// What is wrong, a word from the program.
    pub kind: &'static str,
    /// Id of what it is about.
    pub subject: String,
    /// Whose it is.
    pub desk: Desk,
    /// Particulars, without personal data.
    pub data: String,
}

/// A task as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its number in this database.
    pub number: u64,
    /// What is wrong.
    pub kind: String,
    /// Id of what it is about.
    pub subject: String,
    /// Whose it is, as a word.
    pub desk: String,
    /// Particulars.
    pub data: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How it ended; `None` while it is open.
    pub closed: Option<Closed>,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// When.
    pub at: Timestamp,
    /// By whom: role-scoped staff id, or program.
    pub by: String,
    /// What came of it, a word.
    pub outcome: String,
}
