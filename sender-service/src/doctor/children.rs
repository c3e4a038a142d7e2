//! Whether every child is where its receipts say, and every report stands as its children do: that nothing shows as
//! delivered but by a caseworker's assignment that the receiver signed.
//!
//! The receipts of each report are read back, verified and believed anew, by the very code that believed them first.

use std::collections::HashMap;

use framme_shared::{
    db::StoreError,
    domain::{
        ids::{ChildId, ReportId, TransmissionId},
        lifecycle::ChildState,
        receipt::Pair,
    },
    runtime::{
        diagnosis::{Faults, Finding},
        trust::ReceiptTrust,
    },
    wire::{
        pb::{report::Stage, sender::CloseReportResponse},
        time::from_pb,
    },
};
use jiff::Timestamp;

use super::{Subject, chains, damage};
use crate::{
    store::{
        child::{self, ChildRow},
        doubt,
        receipt::{self, StoredReceipt},
        report::{self, Derived, Kept},
        request, transmission,
    },
    tracking::Replay,
};

/// Reports read at once, with all that belongs to them.
const PAGE: i64 = 100;
/// The service may apply a receipt between two statements that read: only what stays so is a fault.
const LOOKS: usize = 3;

/// When a person closed which child, by the transmission that carried it.
type Closed = HashMap<(TransmissionId, ChildId), Timestamp>;

/// Faults by report, the first of each.
type Seen = HashMap<ReportId, String>;

pub(super) async fn all(subject: &Subject<'_>, progress: &mut impl FnMut()) -> Result<Option<Finding>, StoreError> {
    let Ok(trust) = ReceiptTrust::load(&subject.config.tls) else {
        // The chains say so.
        return Ok(None);
    };
    let (mut faults, mut reports, mut after) = (Faults::default(), 0, String::new());
    loop {
        let page = report::ids_after(subject.database.reader(), &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.to_string();
        reports += page.len();
        let suspects = match look(subject, &trust, &page).await {
            Ok(seen) => seen.into_keys().collect(),
            // Which one is damaged shows when each is read alone.
            Err(error) => damage(error).map(|_| page)?,
        };
        for suspect in suspects {
            if let Some(why) = look_closely(subject, &trust, suspect).await? {
                faults.note(format!("report {suspect}: {why}"));
            }
        }
        progress();
    }
    let seen = format!("{reports} reports with their children, each by its receipts");
    Ok(Some(faults.finding("children", &seen)))
}

async fn look_closely(
    subject: &Subject<'_>,
    trust: &ReceiptTrust,
    report: ReportId,
) -> Result<Option<String>, StoreError> {
    let mut last = None;
    for _ in 0..LOOKS {
        last = match look(subject, trust, &[report]).await {
            Ok(mut seen) => seen.remove(&report),
            Err(error) => Some(damage(error)?),
        };
        if last.is_none() {
            break;
        }
    }
    Ok(last)
}

async fn look(subject: &Subject<'_>, trust: &ReceiptTrust, reports: &[ReportId]) -> Result<Seen, StoreError> {
    let mut conn = subject.database.reader().acquire().await?;
    let kept = report::kept(&mut conn, reports).await?;
    let stored = child::of_reports(&mut conn, reports).await?;
    let receipts = receipt::of_reports(&mut conn, reports).await?;
    let closed = closed_by_people(request::closings(&mut conn, reports).await?);
    let mut ids: Vec<TransmissionId> = stored.iter().map(|child| child.transmission).collect();
    ids.sort_unstable();
    ids.dedup();
    let sent = transmission::sent(&mut conn, &ids).await?;
    let doubts = doubt::of_transmissions(&mut conn, &ids).await?;
    drop(conn);

    let mut seen: Seen = kept.iter().filter_map(|kept| missing(kept, &stored)).collect();
    let mut replay = Replay::of(sent, as_submitted(&kept, &stored, &closed), doubts);
    for receipt in &receipts {
        if let Err(why) = believe(subject, trust, &mut replay, receipt) {
            let number = format!("receipt {} of {}", receipt.sequence, receipt.receiver);
            seen.entry(receipt.report).or_insert(format!("{number}: {why}"));
        }
    }
    for (stored, proven) in stored.iter().zip(&replay.children()) {
        if stored.state != proven.state || stored.read_before != proven.read_before {
            seen.entry(stored.report).or_insert_with(|| differs(stored, proven));
        }
    }
    for kept in &kept {
        if let Some(why) = stands_otherwise(kept, &stored) {
            seen.entry(kept.report).or_insert(why);
        }
    }
    Ok(seen)
}

/// When each child was closed, by the requests of people that closed them.
fn closed_by_people(closings: Vec<(ReportId, CloseReportResponse)>) -> Closed {
    let mut closed = HashMap::new();
    for (_, answer) in closings {
        for transmission in answer.report.unwrap_or_default().transmissions {
            let Ok(carrying) = TransmissionId::parse(&transmission.transmission_id) else {
                continue;
            };
            for child in transmission.children {
                let id = ChildId::parse(&child.child_id);
                let since = child.stage_time.as_ref().and_then(|time| from_pb(time).ok());
                if let (Stage::Closed, Ok(id), Some(since)) = (child.stage(), id, since) {
                    closed.insert((carrying, id), since);
                }
            }
        }
    }
    closed
}

/// The children before any receipt. What a person has closed no receipt moves.
fn as_submitted(kept: &[Kept], stored: &[ChildRow], closed: &Closed) -> Vec<ChildRow> {
    let submitted: HashMap<ReportId, Timestamp> = kept.iter().map(|kept| (kept.report, kept.submitted_at)).collect();
    let begin = |child: &ChildRow| {
        let state = match closed.get(&(child.transmission, child.child)) {
            Some(since) => ChildState::Closed { since: *since },
            None => ChildState::Queued {
                since: submitted.get(&child.report).copied().unwrap_or_default(),
            },
        };
        ChildRow {
            state,
            read_before: None,
            ..child.clone()
        }
    };
    stored.iter().map(begin).collect()
}

fn believe(
    subject: &Subject<'_>,
    trust: &ReceiptTrust,
    replay: &mut Replay,
    receipt: &StoredReceipt,
) -> Result<(), &'static str> {
    let pair = Pair {
        sender: subject.config.organisation,
        receiver: receipt.receiver,
    };
    let verified = trust.verify(&receipt.jws, &pair, subject.now);
    let verified = verified.map_err(|error| error.reason())?;
    chains::agrees(receipt, &verified)?;
    replay.believe(verified.claims(), &receipt.receiver)
}

fn differs(stored: &ChildRow, proven: &ChildRow) -> String {
    let (shown, said) = (stored.state.stage().as_str(), proven.state.stage().as_str());
    if shown == said {
        format!(
            "child {} is {shown}, and its receipts tell another story of it",
            stored.child
        )
    } else {
        format!("child {} shows as {shown}, and its receipts say {said}", stored.child)
    }
}

fn missing(kept: &Kept, stored: &[ChildRow]) -> Option<(ReportId, String)> {
    let of_report = |child: &&ChildRow| child.report == kept.report && child.is_here();
    let there = stored.iter().filter(of_report).count();
    (there as u64 != kept.children).then(|| (kept.report, format!("{there} of {} children are there", kept.children)))
}

fn stands_otherwise(kept: &Kept, stored: &[ChildRow]) -> Option<String> {
    let children: Vec<&ChildRow> = stored.iter().filter(|child| child.report == kept.report).collect();
    let derived = Derived::of(kept.report, &children);
    if derived == kept.derived {
        return None;
    }
    let (shown, said) = (kept.derived.standing().as_str(), derived.standing().as_str());
    Some(if shown == said {
        format!("it is {shown}, and its children tell another time or number")
    } else {
        format!("it shows as {shown}, and its children say {said}")
    })
}
