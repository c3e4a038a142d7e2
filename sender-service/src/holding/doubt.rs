//! The change that makes transmissions undelivered whose receiver cannot be relied on for them.

use std::collections::HashMap;

use framme_shared::{
    db::{
        LedgerEntry, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};

use super::Finding;
use crate::{
    redirect,
    store::{
        child, confirmation, delivery,
        doubt::{self, NewDoubt},
        report, transmission,
    },
    tracking::Picture,
};

/// A transmission about which something was found.
#[derive(Debug, Clone, Copy)]
pub struct Doubtful {
    /// Which.
    pub transmission: TransmissionId,
    /// Of which report.
    pub report: ReportId,
    /// What.
    pub finding: Finding,
}

/// Begins to doubt what `receiver` says of these, each once: nothing of them counts as delivered from here on, what was lost
/// waits to be sent again, people are told, and the ledger has it. A doubt that is open goes on. Ring the receiver's window
/// after the commit, and tell the followers of the reports.
///
/// # Errors
/// Those of storage.
pub async fn begin(
    tx: &mut Tx,
    receiver: &OrganisationNumber,
    doubtful: &[Doubtful],
    by: &'static str,
) -> Result<(), StoreError> {
    if doubtful.is_empty() {
        return Ok(());
    }
    let at = tx.at();
    let ids: Vec<TransmissionId> = doubtful.iter().map(|doubtful| doubtful.transmission).collect();
    let sent = transmission::sent(tx.conn(), &ids).await?;
    let was_lost: HashMap<TransmissionId, bool> = doubt::of_transmissions(tx.conn(), &ids)
        .await?
        .iter()
        .filter(|doubt| {
            sent.iter()
                .any(|sent| sent.transmission == doubt.transmission && sent.doubted)
        })
        .map(|doubt| (doubt.transmission, doubt.lost))
        .collect();
    let mut reports: Vec<ReportId> = doubtful.iter().map(|doubtful| doubtful.report).collect();
    reports.sort_unstable();
    reports.dedup();
    let mut picture = Picture::of(sent, child::of_reports(tx.conn(), &reports).await?);
    for doubtful in doubtful {
        let is_open = was_lost.get(&doubtful.transmission);
        // What waits to be stored anew already stays as it is.
        if is_open.is_none_or(|was_lost| doubtful.finding.is_loss() && !was_lost) {
            picture.doubt(doubtful.transmission, doubtful.finding.is_loss(), at);
        }
    }
    child::update(tx.conn(), &picture.moved(), at, by).await?;
    report::derive(tx.conn(), &picture.derived_anew(), at, by).await?;
    redirect::note(tx, receiver, &picture.moved_from()).await?;
    let new = doubtful.iter().map(|doubtful| NewDoubt {
        transmission: doubtful.transmission,
        finding: doubtful.finding.word(),
        lost: doubtful.finding.is_loss(),
    });
    doubt::insert(tx.conn(), receiver, &new.collect::<Vec<_>>(), at).await?;
    confirmation::doubt(tx.conn(), &ids).await?;
    let lost = doubtful.iter().filter(|doubtful| doubtful.finding.is_loss());
    let lost: Vec<TransmissionId> = lost.map(|doubtful| doubtful.transmission).collect();
    delivery::send_again(tx.conn(), &lost, at, by).await?;
    for doubtful in doubtful {
        tell(tx, receiver, doubtful).await?;
    }
    Ok(())
}

/// The ledger and people. A receiver that answers nothing is one matter for them, however much it holds.
async fn tell(tx: &mut Tx, receiver: &OrganisationNumber, doubtful: &Doubtful) -> Result<(), StoreError> {
    let Doubtful {
        transmission, finding, ..
    } = doubtful;
    tx.record(LedgerEntry {
        kind: "holding_doubted",
        subject: transmission.to_string(),
        actor: "sender".to_owned(),
        data: format!(
            "{} at {receiver}{}",
            finding.word(),
            if finding.is_loss() { ", sent again" } else { "" }
        ),
    });
    let (subject, data) = match finding {
        Finding::Unanswered => (receiver.to_string(), String::new()),
        _ => (
            transmission.to_string(),
            format!("report {}, receiver {receiver}", doubtful.report),
        ),
    };
    let task = NewTask {
        kind: finding.task(),
        subject,
        desk: Desk::District,
        data,
    };
    tasks::raise(tx, task).await?;
    Ok(())
}
