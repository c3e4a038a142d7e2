//! The change that takes a report. When it is committed, the report is the sender's to see through.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        digest::Digest,
        ids::{AttachmentId, ChildId, TransmissionId},
        lifecycle::ChildState,
        organisation::OrganisationNumber,
    },
    wire::pb::sender::SubmitReportResponse,
};
use jiff::Timestamp;
use prost::Message as _;

use crate::{
    grpc,
    store::{
        attachment,
        child::{self, ChildRow},
        data_key::{self, StoredKey},
        receiver,
        report::{self, NewReport},
        transmission::{self, NewTransmission},
        view::{ReportView, TransmissionView},
    },
};

/// A checked, split and sealed report, ready to be taken.
pub struct AcceptReport {
    /// The report.
    pub report: NewReport,
    /// Its data key, if it was made for this submission; `None` when an upload has stored it before.
    pub new_key: Option<StoredKey>,
    /// One part per receiver.
    pub parts: Vec<SealedPart>,
    /// The attachments that the report names.
    pub attachments: Vec<NamedAttachment>,
}

/// What goes to one receiver.
pub struct SealedPart {
    /// Made for this submission.
    pub transmission: TransmissionId,
    /// Who gets it.
    pub receiver: OrganisationNumber,
    /// The sealed bytes.
    pub content: Vec<u8>,
    /// SHA-256 before sealing.
    pub content_sha256: Digest,
    /// Its children.
    pub children: Vec<PartChild>,
}

/// A child of a part.
#[derive(Clone)]
pub struct PartChild {
    /// Which.
    pub child: ChildId,
    /// Its place in the report.
    pub place: i64,
    /// Municipality number.
    pub municipality: String,
    /// City district, where there is one.
    pub city_district: Option<String>,
}

/// An attachment that must be complete before the report is taken.
pub struct NamedAttachment {
    /// Which.
    pub attachment: AttachmentId,
    /// Its size as the report says.
    pub size_bytes: u64,
    /// Its digest as the report says.
    pub sha256: Digest,
}

/// How the submission ended.
pub enum Accepted {
    /// Taken: the serialised answer.
    Taken(Vec<u8>),
    /// Not taken: this attachment is not complete, or not the one that the report describes.
    AttachmentIncomplete(AttachmentId),
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The report, or its data key, came into being since it was looked up: look again.
    #[error("the report or its key was stored at the same time")]
    LookAgain,
    /// Storage failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

impl Change for AcceptReport {
    type Outcome = Accepted;
    type Error = AcceptError;

    async fn apply(&self, tx: &mut Tx) -> Result<Accepted, AcceptError> {
        if let Some(missing) = self.missing_attachment(tx).await? {
            return Ok(Accepted::AttachmentIncomplete(missing));
        }
        let at = tx.at();
        let mut transmissions = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let sequence = receiver::next_transmission(tx.conn(), &part.receiver, at).await?;
            transmissions.push(self.transmission(part, sequence));
        }
        let view = self.view(&transmissions, at);
        let answer = SubmitReportResponse {
            report: Some(grpc::view::report(&view)),
        }
        .encode_to_vec();
        if !report::insert(tx.conn(), &self.report, answer.clone(), at).await? {
            return Err(AcceptError::LookAgain);
        }
        if let Some(key) = &self.new_key
            && !data_key::insert(tx.conn(), &self.report.report, key, at, "AcceptReport").await?
        {
            return Err(AcceptError::LookAgain);
        }
        transmission::insert(tx.conn(), &transmissions, at).await?;
        let children: Vec<ChildRow> = view.children().cloned().collect();
        child::insert(tx.conn(), &children, at).await?;
        tx.record(LedgerEntry {
            kind: "report_submitted",
            subject: self.report.report.to_string(),
            actor: self.report.submitted_by.clone(),
            data: format!("sha256 {}, {} parts", self.report.submitted_sha256, self.parts.len()),
        });
        Ok(Accepted::Taken(answer))
    }
}

impl AcceptReport {
    async fn missing_attachment(&self, tx: &mut Tx) -> Result<Option<AttachmentId>, StoreError> {
        if self.attachments.is_empty() {
            return Ok(None);
        }
        let uploaded = attachment::of_report(tx.conn(), &self.report.report).await?;
        let is_there = |named: &NamedAttachment| {
            uploaded.iter().any(|row| {
                row.attachment == named.attachment
                    && row.complete
                    && row.size_bytes == named.size_bytes
                    && row.sha256 == named.sha256
            })
        };
        Ok(self
            .attachments
            .iter()
            .find(|named| !is_there(named))
            .map(|named| named.attachment))
    }

    fn transmission(&self, part: &SealedPart, sequence: i64) -> NewTransmission {
        NewTransmission {
            transmission: part.transmission,
            report: self.report.report,
            receiver: part.receiver,
            sequence,
            content: part.content.clone(),
            content_sha256: part.content_sha256,
            urgency_rank: self.report.urgency.rank(),
        }
    }

    /// The state as of acceptance: everything queued.
    fn view(&self, transmissions: &[NewTransmission], at: Timestamp) -> ReportView {
        let transmission = |(part, new): (&SealedPart, &NewTransmission)| TransmissionView {
            transmission: new.transmission,
            receiver: new.receiver,
            sequence: new.sequence.unsigned_abs(),
            attempts: 0,
            next_attempt_at: Some(at),
            last_failure: None,
            children: part.children.iter().map(|child| self.child(part, child, at)).collect(),
        };
        ReportView {
            report: self.report.report,
            report_type: self.report.report_type,
            urgency: self.report.urgency,
            police_district: self.report.police_district.clone(),
            submitted_at: at,
            transmissions: self.parts.iter().zip(transmissions).map(transmission).collect(),
        }
    }

    fn child(&self, part: &SealedPart, child: &PartChild, at: Timestamp) -> ChildRow {
        ChildRow {
            report: self.report.report,
            child: child.child,
            transmission: part.transmission,
            place: child.place,
            municipality: child.municipality.clone(),
            city_district: child.city_district.clone(),
            state: ChildState::Queued { since: at },
        }
    }
}
