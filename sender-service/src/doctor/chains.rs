//! Every receiver's chain of receipts from its first to its last: signatures, numbers, links, digests, and that it ends
//! where the exchange stands.

use framme_shared::{
    db::StoreError,
    domain::receipt::{Pair, ReceiptVerifier, VerifiedReceipt},
    runtime::{
        diagnosis::{ChainCheck, Finding},
        trust::ReceiptTrust,
    },
};

use super::{Subject, damage};
use crate::store::{
    receipt::{self, StoredReceipt},
    receiver::{self, ReceiverRow},
};

/// Receipts read at once.
const PAGE: i64 = 500;

pub(super) async fn all(subject: &Subject<'_>, progress: &mut impl FnMut()) -> Result<Vec<Finding>, StoreError> {
    let Ok(trust) = ReceiptTrust::load(&subject.config.tls) else {
        let text = "trust and revocation lists cannot be read";
        return Ok(vec![Finding::fault("receipts", text)]);
    };
    let verifier = trust.verifier();
    let mut findings = Vec::new();
    for row in receiver::list(subject.database.reader()).await? {
        let check = format!("receipts of {}", row.organisation);
        findings.push(match chain(subject, &verifier, &row, &check, progress).await {
            Ok(finding) => finding,
            Err(error) => Finding::fault(check, damage(error)?),
        });
    }
    Ok(findings)
}

async fn chain(
    subject: &Subject<'_>,
    verifier: &ReceiptVerifier,
    row: &ReceiverRow,
    name: &str,
    progress: &mut impl FnMut(),
) -> Result<Finding, StoreError> {
    let pair = Pair {
        sender: subject.config.organisation,
        receiver: row.organisation,
    };
    let promised = (row.last_receipt, row.last_receipt_sha256);
    let mut check = ChainCheck::new(verifier, pair, promised, subject.now);
    while let Some(after) = check.wants_after() {
        let page = receipt::page(subject.database.reader(), &row.organisation, after, PAGE).await?;
        for stored in &page {
            check.take((stored.sequence, stored.sha256), &stored.jws, |verified| {
                agrees(stored, verified).map_err(str::to_owned)
            });
        }
        progress();
        if page.is_empty() {
            break;
        }
    }
    Ok(check.finding(name))
}

/// A receipt is found by the report that it is kept under: it must be the one that it is about.
pub(super) fn agrees(stored: &StoredReceipt, verified: &VerifiedReceipt) -> Result<(), &'static str> {
    let claims = verified.claims();
    if (stored.report, stored.transmission) == (claims.report, claims.transmission) {
        Ok(())
    } else {
        Err("it is kept under another report or transmission")
    }
}
