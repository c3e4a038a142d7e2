//! A person asks now.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};

use crate::store::confirmation;

/// Transmissions of one change: others wait little.
const AT_ONCE: i64 = 1_000;

/// Makes questions to a receiver due now: a page of all that it was handed, or those about one report.
pub struct AskNow {
    /// Who is asked.
    pub receiver: OrganisationNumber,
    /// About this report only.
    pub report: Option<ReportId>,
    /// After this id; `None` for the first page.
    pub after: Option<TransmissionId>,
    /// Who wants to know: role-scoped staff id, or name of the credential.
    pub by: String,
}

/// A page that is due now.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// How many.
    pub count: u64,
    /// Where the next page begins; `None` when this was the last.
    pub after: Option<TransmissionId>,
}

impl Change for AskNow {
    type Outcome = Page;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Page, StoreError> {
        let at = tx.at();
        let after = self.after.map(|id| id.to_string()).unwrap_or_default();
        let (receiver, report) = (&self.receiver, self.report.as_ref());
        let mut ids = confirmation::ask_now(tx.conn(), receiver, report, &after, AT_ONCE, at).await?;
        ids.sort_unstable();
        if !ids.is_empty() {
            tx.record(LedgerEntry {
                kind: "holding_asked_now",
                subject: self
                    .report
                    .map_or_else(|| receiver.to_string(), |report| report.to_string()),
                actor: self.by.clone(),
                data: format!("{} transmissions to {receiver}", ids.len()),
            });
        }
        let is_full = ids.len() as i64 == AT_ONCE;
        Ok(Page {
            count: ids.len() as u64,
            after: ids.last().copied().filter(|_| is_full),
        })
    }
}
