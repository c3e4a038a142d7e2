//! What has come of a drill: the result is kept, people are told when nobody answers, and what is answered is withdrawn, so
//! that nothing of it stays in anybody's list.

use framme_shared::{
    db::{
        Change, StoreError, Tx,
        sealing::DataKey,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        digest::Digest,
        drill::DrillResult,
        ids::{ReportId, RequestId},
    },
};
use jiff::Timestamp;
use uuid::Uuid;

use super::PROGRAM;
use crate::{
    store::{drill, view},
    submission::{
        sealed,
        withdraw::{Request, WithdrawReport},
    },
};

/// A drill that nobody has assigned in time.
const UNANSWERED: &str = "drill_unanswered";

/// Brings a drill into line with what its receipts say.
pub struct FollowDrill {
    /// Which.
    pub report: ReportId,
    /// When a person opened it first.
    pub opened_at: Option<Timestamp>,
    /// When it was assigned first.
    pub assigned_at: Option<Timestamp>,
    /// How it is withdrawn when it is assigned.
    pub withdrawal: WithdrawReport,
}

impl Change for FollowDrill {
    /// What it has come to; `None` when it is no drill.
    type Outcome = Option<DrillResult>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<DrillResult>, StoreError> {
        let at = tx.at();
        let Some(mut row) = drill::find(&mut *tx.conn(), &self.report).await? else {
            return Ok(None);
        };
        let view = view::load(tx.conn(), &self.report).await?.ok_or(StoreError::Missing)?;
        let is_ended = view.children().all(|child| child.state.stage().is_ended());
        let before = row.clone();
        row.opened_at = row.opened_at.or(self.opened_at);
        row.assigned_at = row.assigned_at.or(self.assigned_at);
        row.result = DrillResult::of(row.assigned_at, is_ended, row.due_at, at);
        if row != before {
            drill::update(tx.conn(), &row, at).await?;
        }
        let subject = self.report.to_string();
        if row.result == DrillResult::Unanswered {
            let task = NewTask {
                kind: UNANSWERED,
                subject,
                desk: Desk::District,
                data: format!(
                    "a drill to {} for {} was not assigned by {:.0}",
                    row.receiver, row.area, row.due_at
                ),
            };
            tasks::raise(tx, task).await?;
        } else {
            tasks::settle(tx, UNANSWERED, &subject, row.result.as_str()).await?;
        }
        if row.assigned_at.is_some() && !is_ended {
            self.withdrawal.apply(tx).await?;
        }
        Ok(Some(row.result))
    }
}

/// Withdraws a drill: the same at every repetition, so the second is answered by the first.
pub(super) fn withdrawal(report: ReportId, key: DataKey) -> WithdrawReport {
    let id = Uuid::new_v5(report.as_uuid(), b"withdrawal of a drill");
    let request = RequestId::from_uuid(id).expect("a UUID of version 5 is never nil");
    WithdrawReport(Request {
        report,
        request,
        request_sha256: Digest::of(id.as_bytes()),
        sealed_reason: sealed::seal_reason(&key, &request, "drill"),
        key,
        requested_by: PROGRAM.to_owned(),
    })
}
