//! A register that is broken: what was in force stays so, and somebody is told.

use framme_shared::db::{
    Change, StoreError, Tx,
    tasks::{self, Desk, NewTask},
};

/// The kind of the task.
pub const BROKEN: &str = "directory_broken";
/// What it is about: there is only one directory.
pub const SUBJECT: &str = "directory";
/// A register can have a fault in every entry; the first few say enough.
const MOST: usize = 2_000;

/// Tells the operator what is wrong with the register.
pub struct RefuseDirectory {
    /// Entries and rules.
    pub faults: String,
}

impl Change for RefuseDirectory {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let task = NewTask {
            kind: BROKEN,
            subject: SUBJECT.to_owned(),
            desk: Desk::Operator,
            data: self.faults.chars().take(MOST).collect(),
        };
        tasks::raise(tx, task).await?;
        Ok(())
    }
}
