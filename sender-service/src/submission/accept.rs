//! The change that takes reports. When it is committed, they are the sender's to see through.

use std::{collections::HashMap, sync::Arc};

use framme_shared::{
    db::{
        Change, LedgerEntry, StoreError, Tx,
        deadlines::{self, Rules},
    },
    domain::{
        digest::Digest,
        ids::{AttachmentId, ChildId, ReportId, TransmissionId},
        lifecycle::ChildState,
        organisation::OrganisationNumber,
    },
    wire::pb::sender::SubmitReportResponse,
};
use jiff::Timestamp;
use prost::Message as _;

use super::need::Need;
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
    window::EarlyClaim,
};

/// A checked, split and sealed report, ready to be taken.
pub struct AcceptReport {
    /// How long it has.
    pub deadlines: Arc<Rules>,
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
    /// For a part that goes to its worker at the commit.
    pub claim: Option<EarlyClaim>,
    /// What only a person can do about it.
    pub need: Option<Need>,
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
    /// Taken.
    Taken(Taken),
    /// Not taken: this attachment is not complete, or not the one that the report describes.
    AttachmentIncomplete(AttachmentId),
    /// Not taken: the report is there already, or its key is not as it was looked up. Look again.
    LookAgain,
}

/// What was stored of a report.
pub struct Taken {
    /// The serialised answer.
    pub answer: Vec<u8>,
    /// The numbers of its parts in their pairs.
    pub sequences: Vec<u64>,
    /// When.
    pub at: Timestamp,
}

impl Change for AcceptReport {
    type Outcome = Accepted;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Accepted, StoreError> {
        let mut outcomes = Self::apply_all(&[self], tx).await?;
        outcomes.pop().ok_or(StoreError::Missing)
    }

    async fn apply_all(changes: &[&Self], tx: &mut Tx) -> Result<Vec<Accepted>, StoreError> {
        let mut refused = refused(changes, tx).await?;
        let taken = || changes.iter().zip(&refused).filter(|(_, refused)| refused.is_none());
        let taken: Vec<&Self> = taken().map(|(change, _)| *change).collect();

        let at = tx.at();
        let transmissions = numbered(&taken, tx).await?;
        let views: Vec<ReportView> = taken
            .iter()
            .zip(&transmissions)
            .map(|(change, transmissions)| change.view(transmissions, at))
            .collect();
        let answers: Vec<Vec<u8>> = views.iter().map(answer).collect();
        store(&taken, &transmissions, &views, &answers, tx).await?;
        taken.iter().for_each(|change| tx.record(change.entry()));
        for part in taken.iter().flat_map(|change| &change.parts) {
            if let Some(need) = &part.need {
                need.raise(tx, &part.transmission).await?;
            }
        }

        let mut all = answers
            .into_iter()
            .zip(&transmissions)
            .map(|(answer, transmissions)| Taken {
                answer,
                sequences: transmissions.iter().map(|new| new.sequence.unsigned_abs()).collect(),
                at,
            });
        let outcomes = refused.iter_mut().map(|refused| match refused.take() {
            Some(refused) => Ok(refused),
            None => all.next().map(Accepted::Taken).ok_or(StoreError::Missing),
        });
        outcomes.collect()
    }
}

/// Why each of these is not taken; `None` for those that are.
async fn refused(changes: &[&AcceptReport], tx: &mut Tx) -> Result<Vec<Option<Accepted>>, StoreError> {
    let ids: Vec<ReportId> = changes.iter().map(|change| change.report.report).collect();
    let mut there = report::there(tx.conn(), &ids).await?;
    let mut refused = Vec::with_capacity(changes.len());
    for change in changes {
        // Of two that come at once with one id, the second finds the first.
        let there = there.entry(change.report.report).or_default();
        let is_as_looked_up = !there.report && there.key == change.new_key.is_none();
        refused.push(if is_as_looked_up {
            change.missing_attachment(tx).await?.map(Accepted::AttachmentIncomplete)
        } else {
            Some(Accepted::LookAgain)
        });
        there.report = true;
    }
    Ok(refused)
}

/// The transmissions of each, with the next numbers of their pairs.
async fn numbered(changes: &[&AcceptReport], tx: &mut Tx) -> Result<Vec<Vec<NewTransmission>>, StoreError> {
    let at = tx.at();
    let mut wanted: HashMap<OrganisationNumber, i64> = HashMap::new();
    for part in changes.iter().flat_map(|change| &change.parts) {
        *wanted.entry(part.receiver).or_default() += 1;
    }
    let mut next = receiver::take_numbers(tx.conn(), &wanted, at).await?;
    let mut number = |change: &AcceptReport, part: &SealedPart| {
        let next = next.get_mut(&part.receiver).ok_or(StoreError::Missing)?;
        *next += 1;
        Ok(change.transmission(part, *next - 1))
    };
    let mut number_all = |change: &&AcceptReport| change.parts.iter().map(|part| number(change, part)).collect();
    changes.iter().map(&mut number_all).collect()
}

fn answer(view: &ReportView) -> Vec<u8> {
    SubmitReportResponse {
        report: Some(grpc::view::report(view)),
    }
    .encode_to_vec()
}

/// Writes all rows of these reports.
async fn store(
    changes: &[&AcceptReport],
    transmissions: &[Vec<NewTransmission>],
    views: &[ReportView],
    answers: &[Vec<u8>],
    tx: &mut Tx,
) -> Result<(), StoreError> {
    let at = tx.at();
    let reports: Vec<(&NewReport, &[u8])> = changes
        .iter()
        .zip(answers)
        .map(|(change, answer)| (&change.report, answer.as_slice()))
        .collect();
    report::insert(tx.conn(), &reports, at).await?;
    let new_key = |change: &&AcceptReport| change.new_key.clone().map(|key| (change.report.report, key));
    let keys: Vec<(ReportId, StoredKey)> = changes.iter().filter_map(new_key).collect();
    data_key::insert_new(tx.conn(), &keys, at, "AcceptReport").await?;
    let transmissions: Vec<&NewTransmission> = transmissions.iter().flatten().collect();
    transmission::insert(tx.conn(), &transmissions, at, at, "AcceptReport").await?;
    let children: Vec<&ChildRow> = views.iter().flat_map(ReportView::children).collect();
    child::insert(tx.conn(), &children, at, "AcceptReport").await?;
    let looks: Vec<(TransmissionId, Timestamp)> = changes.iter().flat_map(|change| change.looks(at)).collect();
    deadlines::arm(tx.conn(), &looks, at).await
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

    fn entry(&self) -> LedgerEntry {
        LedgerEntry {
            kind: "report_submitted",
            subject: self.report.report.to_string(),
            actor: self.report.submitted_by.clone(),
            data: format!("sha256 {}, {} parts", self.report.submitted_sha256, self.parts.len()),
        }
    }

    /// When each of its parts is looked at first.
    fn looks(&self, at: Timestamp) -> impl Iterator<Item = (TransmissionId, Timestamp)> {
        let (report_type, urgency) = (self.report.report_type, self.report.urgency);
        let first = self.deadlines.first_look(report_type, urgency, at, at);
        self.parts.iter().map(move |part| (part.transmission, first))
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
            redirected_from: None,
            claim: part.claim.clone(),
        }
    }

    /// The state as of acceptance: everything queued.
    fn view(&self, transmissions: &[NewTransmission], at: Timestamp) -> ReportView {
        let transmission = |(part, new): (&SealedPart, &NewTransmission)| TransmissionView {
            transmission: new.transmission,
            receiver: new.receiver,
            sequence: new.sequence.unsigned_abs(),
            attempts: u32::from(part.claim.is_some()),
            next_attempt_at: Some(at),
            last_failure: None,
            redirected_from: None,
            children: part.children.iter().map(|child| self.child(part, child, at)).collect(),
        };
        ReportView {
            report: self.report.report,
            report_type: self.report.report_type,
            urgency: self.report.urgency,
            police_district: self.report.police_district.clone(),
            submitted_at: at,
            follows_up: self.report.follows_up,
            followed_up_by: Vec::new(),
            phone: self.report.phone,
            drill: self.report.drill,
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
            moved_to: None,
            read_before: None,
        }
    }
}
