//! Every chain of receipts from its first to its last, and whether each child that shows as delivered is so by a receipt
//! in it.

use std::collections::HashMap;

use framme_shared::{
    db::StoreError,
    domain::{
        ids::{ChildId, ReportId},
        receipt::{Pair, ReceiptVerifier, Statement, VerifiedReceipt},
        staff_id::StaffId,
    },
    runtime::diagnosis::{ChainCheck, Finding},
};

use super::{Subject, damage};
use crate::{
    store::{
        child::{self, WithCaseworker},
        receipt,
        receiver::{self, ReceiverRow},
    },
    trust::ReceiptTrust,
};

/// Receipts, and children, read at once.
const PAGE: i64 = 500;

/// Who has which child, by the receipts alone.
type Assigned = HashMap<(ReportId, ChildId), StaffId>;

pub(super) async fn all(subject: &Subject<'_>, progress: &mut impl FnMut()) -> Result<Vec<Finding>, StoreError> {
    let Ok(trust) = ReceiptTrust::load(&subject.config.tls) else {
        return Ok(vec![Finding::fault(
            "receipts",
            "trust and revocation lists cannot be read",
        )]);
    };
    // Read first: what is applied meanwhile lies beyond it.
    let shown = shown_with_caseworker(subject).await?;
    let rows = receiver::list(subject.database.reader()).await?;
    let (mut findings, mut assigned) = (Vec::new(), Assigned::new());
    for row in rows {
        findings.push(chain(subject, &trust.verifier(), &row, &mut assigned, progress).await?);
    }
    if findings.iter().all(|finding| finding.is_good) {
        findings.push(delivered(subject, &shown, &assigned).await?);
    }
    Ok(findings)
}

async fn chain(
    subject: &Subject<'_>,
    verifier: &ReceiptVerifier,
    row: &ReceiverRow,
    assigned: &mut Assigned,
    progress: &mut impl FnMut(),
) -> Result<Finding, StoreError> {
    let name = format!("receipts of {}", row.organisation);
    let pair = Pair {
        sender: subject.config.organisation,
        receiver: row.organisation,
    };
    let mut check = ChainCheck::new(verifier, pair, (row.last_receipt, row.last_receipt_sha256), subject.now);
    while let Some(after) = check.wants_after() {
        let reader = subject.database.reader();
        let page = match receipt::page(reader, &row.organisation, after, PAGE).await {
            Ok(page) => page,
            Err(error) => return Ok(Finding::fault(name, damage(error)?)),
        };
        for stored in &page {
            check.take((stored.sequence, stored.sha256), &stored.jws, |verified| {
                note(assigned, verified);
                Ok(())
            });
        }
        progress();
        if page.is_empty() {
            break;
        }
    }
    Ok(check.finding(name))
}

fn note(assigned: &mut Assigned, receipt: &VerifiedReceipt) {
    let claims = receipt.claims();
    let Some(child) = claims.child else { return };
    match &claims.statement {
        Statement::Assigned(to) => {
            assigned.insert((claims.report, child), to.staff.clone());
        }
        // Still with the caseworker.
        Statement::Opened | Statement::Registered | Statement::Assessed(_) => {}
        _ => {
            assigned.remove(&(claims.report, child));
        }
    }
}

async fn shown_with_caseworker(subject: &Subject<'_>) -> Result<Vec<WithCaseworker>, StoreError> {
    let mut all: Vec<WithCaseworker> = Vec::new();
    loop {
        let after = all.last().map(|last| (last.report, last.child));
        let page = child::with_caseworker(subject.database.reader(), after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// No child shows as with a caseworker but by a receipt that says so.
async fn delivered(
    subject: &Subject<'_>,
    shown: &[WithCaseworker],
    assigned: &Assigned,
) -> Result<Finding, StoreError> {
    let check = "delivered";
    for child in shown {
        if assigned.get(&(child.report, child.child)) == Some(&child.staff) {
            continue;
        }
        // It may have moved since; then the chain was read further than the child.
        let now = child::find_with_caseworker(subject.database.reader(), &child.report, &child.child).await?;
        if now.as_ref() == Some(child) {
            let text = format!(
                "child {} of report {} shows as with a caseworker, and no receipt says so",
                child.child, child.report
            );
            return Ok(Finding::fault(check, text));
        }
    }
    let text = format!("{} children with a caseworker, each by a receipt", shown.len());
    Ok(Finding::good(check, text))
}
