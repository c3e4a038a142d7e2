//! The change by which an administrator removes a file whose report was never submitted. Nothing else removes one: a
//! timer cannot know whether the report is still being written.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        ids::{AttachmentId, ReportId},
        staff_id::StaffId,
    },
};
use jiff::Timestamp;

use crate::store::unsubmitted;

/// Removes one file. A report that is submitted at the same moment either is there first and keeps it, or is told that
/// the file is not there.
pub struct RemoveUnsubmitted {
    /// The report that it was uploaded for.
    pub report: ReportId,
    /// Which file of it.
    pub attachment: AttachmentId,
    /// Only if nothing was uploaded for the report since.
    pub before: Timestamp,
    /// Who removes it, by role-scoped id.
    pub by: StaffId,
}

impl Change for RemoveUnsubmitted {
    /// Whether it was removed: not when its report was submitted, or its upload goes on.
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        if !unsubmitted::remove(tx.conn(), &self.report, &self.attachment, self.before).await? {
            return Ok(false);
        }
        tx.record(LedgerEntry {
            kind: "attachment_removed",
            subject: self.report.to_string(),
            actor: self.by.to_string(),
            data: format!("attachment {}, its report was never submitted", self.attachment),
        });
        Ok(true)
    }
}
