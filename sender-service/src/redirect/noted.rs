//! What follows when a program moves children: work where one was redirected, a task where one was rejected, and an end to
//! both where one was moved on.

use framme_shared::{
    db::{
        StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        ids::{ChildId, ReportId},
        lifecycle::{ChildState, Stage},
        organisation::OrganisationNumber,
    },
};

use crate::store::{
    child::ChildRow,
    redirect::{self, NewRedirect},
};

/// The task about a child that its receiver does not take.
pub const REJECTED: &str = "rejected";
/// The task about a redirect that is not followed without a person.
pub const NEEDS_PERSON: &str = "redirect_needs_person";

/// What a task about a child is about.
#[must_use]
pub fn subject(report: &ReportId, child: &ChildId) -> String {
    format!("{report}/{child}")
}

/// Notes what follows from moves of children of this receiver, each with the stage that it comes from. Call it in the change
/// that moves them.
///
/// # Errors
/// Those of storage.
pub async fn note(tx: &mut Tx, receiver: &OrganisationNumber, moved: &[(&ChildRow, Stage)]) -> Result<(), StoreError> {
    let at = tx.at();
    let mut redirects = Vec::new();
    // A child that was sent on is another receiver's now.
    for (row, before) in moved.iter().filter(|(row, _)| row.is_here()) {
        match &row.state {
            ChildState::Redirected { to, .. } => redirects.push(NewRedirect {
                transmission: row.transmission,
                child: row.child,
                report: row.report,
                receiver: *receiver,
                to: *to,
            }),
            ChildState::Rejected { reason, .. } => {
                let task = NewTask {
                    kind: REJECTED,
                    subject: subject(&row.report, &row.child),
                    desk: Desk::District,
                    data: format!(
                        "{receiver} does not take child {} of report {}: {}",
                        row.child,
                        row.report,
                        reason.as_str()
                    ),
                };
                tasks::raise(tx, task).await?;
            }
            _ if is_declined(*before) => {
                settle_tasks(tx, &row.report, &row.child, row.state.stage().as_str()).await?;
            }
            _ => {}
        }
    }
    redirect::insert(tx.conn(), &redirects, at).await
}

/// Settles what people were asked about a child that moved on.
///
/// # Errors
/// Those of storage.
pub async fn settle_tasks(
    tx: &mut Tx,
    report: &ReportId,
    child: &ChildId,
    outcome: &'static str,
) -> Result<(), StoreError> {
    let subject = subject(report, child);
    for kind in [REJECTED, NEEDS_PERSON] {
        tasks::settle(tx, kind, &subject, outcome).await?;
    }
    Ok(())
}

/// Whether a child at this stage is sent on by somebody.
pub(super) const fn is_declined(stage: Stage) -> bool {
    matches!(stage, Stage::Rejected | Stage::Redirected)
}
