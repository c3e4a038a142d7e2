//! Sending a drill: taken as any report is, in one change with the row that waits for its result.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::{
        digest::Digest,
        drill::DrillResult,
        identity_number::TestNumbers,
        ids::{ReportId, TransmissionId},
        municipality::Area,
        organisation::OrganisationNumber,
        report::PhoneSummary,
    },
    wire::{
        report::{Rules, parse, to_pb},
        violations::FieldViolations,
    },
};
use jiff::Timestamp;
use prost::Message as _;

use super::content;
use crate::{
    context::Context,
    store::{
        drill::{self, DrillRow},
        report::NewReport,
    },
    submission::{
        accept::{AcceptReport, Accepted, PartChild, SealedPart},
        sealed,
    },
};

/// A drill that is ready to be sent.
pub struct Prepared {
    report: ReportId,
    receiver: OrganisationNumber,
    area: Area,
    accept: AcceptReport,
}

/// Writes and seals a drill.
///
/// # Errors
/// When the fixed text breaks a rule of reports: a fault of this program.
pub fn prepare(
    context: &Context,
    report: ReportId,
    receiver: OrganisationNumber,
    area: Area,
    by: &str,
) -> Result<Prepared, FieldViolations> {
    let now = context.clock.now();
    let rules = Rules {
        now,
        test_numbers: TestNumbers::Refused,
        max_attachment_bytes: context.max_attachment_bytes,
    };
    let message = content(&report, &context.organisation, &area, now);
    let submitted_sha256 = Digest::of(&message.encode_to_vec());
    let parsed = parse(&message, &rules)?;
    let bytes = to_pb(&parsed).encode_to_vec();
    let (key, new_key) = sealed::new_key(&context.keys);
    let transmission = TransmissionId::from_uuid(context.random.new_uuid_at(now)).expect("a version 7 UUID is not nil");
    let children = parsed.children.iter().zip(0..).map(|(child, place)| PartChild {
        child: child.id,
        place,
        municipality: child.area.municipality().to_string(),
        city_district: child.area.district().map(|district| district.to_string()),
    });
    let part = SealedPart {
        transmission,
        receiver,
        content: sealed::seal_content(&key, &transmission, &bytes),
        content_sha256: Digest::of(&bytes),
        children: children.collect(),
        claim: None,
        need: None,
    };
    Ok(Prepared {
        report,
        receiver,
        area,
        accept: AcceptReport {
            report: NewReport {
                report,
                submitted_sha256,
                report_type: parsed.report_type,
                urgency: parsed.urgency,
                police_district: parsed.reporter.police_district.expose().to_owned(),
                submitted_by: by.to_owned(),
                children: parsed.children.len() as i64,
                follows_up: None,
                phone: PhoneSummary::default(),
                drill: true,
            },
            new_key: Some(new_key),
            parts: vec![part],
            attachments: Vec::new(),
            deadlines: Arc::clone(&context.deadlines),
        },
    })
}

/// Sends a drill, unless one to the same receiver is open.
pub struct StartDrill {
    /// What is sent.
    pub prepared: Prepared,
    /// Within which time it must be assigned.
    pub answer: Duration,
}

/// How that ended.
#[derive(Debug)]
pub enum Started {
    /// It is sent.
    Now(DrillRow),
    /// It was sent before, or another one is open: that one.
    Before(DrillRow),
    /// Its id is that of a drill to another receiver, or of a report.
    Differs,
}

impl Change for StartDrill {
    type Outcome = Started;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Started, StoreError> {
        let Prepared {
            report,
            receiver,
            area,
            accept,
        } = &self.prepared;
        if let Some(before) = drill::find(&mut *tx.conn(), report).await? {
            let is_same = before.receiver == *receiver;
            return Ok(if is_same {
                Started::Before(before)
            } else {
                Started::Differs
            });
        }
        if let Some(open) = drill::open_of(&mut *tx.conn(), receiver).await?.into_iter().next() {
            return Ok(Started::Before(open));
        }
        match accept.apply(tx).await? {
            Accepted::Taken(_) => {}
            Accepted::AttachmentIncomplete(_) | Accepted::LookAgain => return Ok(Started::Differs),
        }
        let at = tx.at();
        let row = DrillRow {
            report: *report,
            receiver: *receiver,
            area: *area,
            requested_by: accept.report.submitted_by.clone(),
            started_at: at,
            due_at: at.saturating_add(self.answer).unwrap_or(Timestamp::MAX),
            opened_at: None,
            assigned_at: None,
            result: DrillResult::Waiting,
        };
        drill::insert(tx.conn(), &row, at).await?;
        Ok(Started::Now(row))
    }
}
