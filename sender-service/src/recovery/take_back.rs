//! A sender that was restored from a backup takes back from a receiver what it had sent since.

use std::collections::HashMap;

use framme_shared::{
    db::{
        Change, LedgerEntry, StoreError, Tx, deadlines,
        sealing::DataKey,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        digest::Digest,
        drill::DrillResult,
        identity_number::TestNumbers,
        ids::{ChildId, TransmissionId},
        lifecycle::ChildState,
        organisation::OrganisationNumber,
        receipt::MAX_SEQUENCE,
        report::{Report, phone},
    },
    wire::{
        pb::{
            exchange::{ListSentRequest, SentTransmission},
            sender::SubmitReportResponse,
        },
        report::{Rules, decode_report, parse},
        time,
    },
};
use jiff::Timestamp;
use prost::Message as _;

use super::{carried, outcome::Recovered};
use crate::{
    context::Context,
    grpc,
    peer::Peer,
    store::{
        child::{self, ChildRow},
        data_key::{self, StoredKey},
        drill::{self, DrillRow},
        receiver::{self, ReceiverRow},
        recovered,
        report::{self, Derived, NewReport},
        transmission::{self, NewTransmission},
        view,
    },
    submission::sealed,
};

/// Who submitted what came back: the receiver does not know.
const SUBMITTED_BY: &str = "taken-back";

/// More than this since a backup is no backup: the receiver errs, or worse.
const MOST_TAKEN_BACK: u64 = 10_000_000;
/// Numbers read at once.
const NUMBERS: i64 = 10_000;
/// Ranges of lost numbers that a task names.
const RANGES: usize = 100;

/// Takes back everything that the receiver holds and that is not here. Numbers up to `last` are taken.
pub(super) async fn take_back(
    context: &Context,
    peer: &Peer,
    here: &ReceiverRow,
    last: u64,
) -> Result<Recovered, StoreError> {
    if last > here.last_transmission.saturating_add(MOST_TAKEN_BACK).min(MAX_SEQUENCE) {
        return Ok(Recovered::Unreadable);
    }
    let receiver = here.organisation;
    let known = recovered::known_up_to(context.database.reader(), &receiver).await?;
    let mut after = known;
    loop {
        let request = ListSentRequest {
            after_sequence: after,
            page_size: 0,
        };
        let page = match peer.recovery().list_sent(request).await {
            Ok(answer) => answer.into_inner().transmissions,
            Err(status) => return Ok(status.into()),
        };
        if page.is_empty() {
            break;
        }
        for sent in page {
            if sent.sequence <= after || sent.sequence > MAX_SEQUENCE {
                return Ok(Recovered::Unreadable);
            }
            let Some(back) = Back::read(context, receiver, &sent).await? else {
                return Ok(Recovered::Unreadable);
            };
            after = sent.sequence;
            context.database.change(back).await?;
        }
    }
    let last = last.max(after);
    let numbers = TakeNumbers {
        receiver,
        last,
        lost: lost_numbers(context, &receiver, known, last).await?,
    };
    context.database.change(numbers).await?;
    context.windows.ring(&receiver);
    Ok(Recovered::Level)
}

/// The first ranges of numbers after `known` and up to `last` that nobody has.
async fn lost_numbers(
    context: &Context,
    receiver: &OrganisationNumber,
    known: u64,
    last: u64,
) -> Result<Vec<(u64, u64)>, StoreError> {
    let (mut after, mut lost) = (known, Vec::new());
    while after < last && lost.len() < RANGES {
        let numbers = transmission::numbers_after(context.database.reader(), receiver, after, NUMBERS).await?;
        for number in numbers.iter().copied().filter(|number| *number <= last) {
            if number > after + 1 {
                lost.push((after + 1, number - 1));
            }
            after = number;
        }
        if numbers.last().is_none_or(|number| *number > last) || numbers.len() < NUMBERS as usize {
            if after < last {
                lost.push((after + 1, last));
            }
            break;
        }
    }
    lost.truncate(RANGES);
    Ok(lost)
}

/// A transmission that comes back.
struct Back {
    transmission: NewTransmission,
    report: NewReport,
    children: Vec<(ChildId, String, Option<String>)>,
    submitted_at: Timestamp,
    /// The report's data key, if it is not here.
    new_key: Option<StoredKey>,
    /// When it is a drill, what must be followed.
    drill: Option<DrillRow>,
}

impl Back {
    /// `None` when it is not as it was sent.
    async fn read(
        context: &Context,
        receiver: OrganisationNumber,
        sent: &SentTransmission,
    ) -> Result<Option<Self>, StoreError> {
        let Some((id, submitted_at, report)) = read(context, sent) else {
            return Ok(None);
        };
        let redirected_from = match sent.redirected_from_transmission_id.as_str() {
            "" => None,
            text => match TransmissionId::parse(text) {
                Ok(from) => Some(from),
                Err(_) => return Ok(None),
            },
        };
        let known = report::known(context.database.reader(), &report.id).await?;
        let Some((key, new_key)) = data_key_of(context, known.wrapped_key) else {
            return Ok(None);
        };
        let content_sha256 = Digest::of(&sent.content);
        let urgency_rank = report.urgency.rank();
        Ok(Some(Self {
            transmission: NewTransmission {
                transmission: id,
                report: report.id,
                receiver,
                sequence: i64::try_from(sent.sequence).unwrap_or(i64::MAX),
                content: sealed::seal_content(&key, &id, &sent.content),
                content_sha256,
                urgency_rank,
                redirected_from,
                claim: None,
            },
            report: NewReport {
                report: report.id,
                // What was submitted is not known, only what was made of it.
                submitted_sha256: Digest::ZERO,
                report_type: report.report_type,
                urgency: report.urgency,
                police_district: report.reporter.police_district.expose().to_owned(),
                submitted_by: SUBMITTED_BY.to_owned(),
                children: 0,
                follows_up: report.follows_up,
                phone: phone::summary(&report.phone_calls),
                drill: report.drill,
            },
            children: report
                .children
                .iter()
                .map(|child| {
                    let district = child.area.district().map(|district| district.to_string());
                    (child.id, child.area.municipality().to_string(), district)
                })
                .collect(),
            drill: drill_of(context, receiver, &report, submitted_at),
            submitted_at,
            new_key,
        }))
    }

    /// Its children, behind those that are here in other transmissions; one that is here keeps its place.
    fn rows(&self, before: &[ChildRow]) -> Vec<ChildRow> {
        let places: HashMap<ChildId, i64> = before.iter().map(|row| (row.child, row.place)).collect();
        let mut next = places.len() as i64..;
        let mut place_of = |id: &ChildId| places.get(id).copied().or_else(|| next.next()).unwrap_or_default();
        let row = |(id, municipality, district): &(ChildId, String, Option<String>)| ChildRow {
            report: self.report.report,
            child: *id,
            transmission: self.transmission.transmission,
            place: place_of(id),
            municipality: municipality.clone(),
            city_district: district.clone(),
            state: ChildState::Queued {
                since: self.submitted_at,
            },
            moved_to: None,
            read_before: None,
        };
        self.children.iter().map(row).collect()
    }
}

fn read(context: &Context, sent: &SentTransmission) -> Option<(TransmissionId, Timestamp, Report)> {
    if Digest::of(&sent.content).as_bytes().as_slice() != &*sent.content_sha256 {
        return None;
    }
    let id = TransmissionId::parse(&sent.transmission_id).ok()?;
    let submitted_at = time::from_pb(sent.submitted_time.as_ref()?).ok()?;
    let rules = Rules {
        now: submitted_at,
        test_numbers: if context.production {
            TestNumbers::Refused
        } else {
            TestNumbers::Accepted
        },
        max_attachment_bytes: u64::MAX,
    };
    let report = parse(&decode_report(&sent.content).ok()?, &rules).ok()?;
    Some((id, submitted_at, report))
}

/// A drill that comes back is followed again, and withdrawn when it is assigned.
fn drill_of(
    context: &Context,
    receiver: OrganisationNumber,
    report: &Report,
    submitted_at: Timestamp,
) -> Option<DrillRow> {
    let child = report.children.first().filter(|_| report.drill)?;
    let due_at = submitted_at.saturating_add(context.drills.config.answer());
    Some(DrillRow {
        report: report.id,
        receiver,
        area: child.area,
        requested_by: SUBMITTED_BY.to_owned(),
        started_at: submitted_at,
        due_at: due_at.unwrap_or(Timestamp::MAX),
        opened_at: None,
        assigned_at: None,
        result: DrillResult::Waiting,
    })
}

fn data_key_of(context: &Context, wrapped: Option<Vec<u8>>) -> Option<(DataKey, Option<StoredKey>)> {
    match wrapped {
        Some(wrapped) => Some((sealed::open_key(&context.keys, wrapped).ok()?, None)),
        None => {
            let (key, stored) = sealed::new_key(&context.keys);
            Some((key, Some(stored)))
        }
    }
}

impl Change for Back {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        let NewTransmission {
            transmission: id,
            receiver,
            sequence,
            ..
        } = &self.transmission;
        if !transmission::sent(tx.conn(), &[*id]).await?.is_empty() {
            return Ok(());
        }
        if let Some(other) = recovered::holder_of(tx.conn(), receiver, sequence.unsigned_abs()).await? {
            give_another_number(tx, receiver, &other).await?;
        }
        recovered::take_numbers_up_to(tx.conn(), receiver, sequence.unsigned_abs(), at).await?;
        recovered::insert_report(tx.conn(), &self.report, self.submitted_at, at).await?;
        if let Some(key) = &self.new_key {
            data_key::insert(tx.conn(), &self.report.report, key, at, "TakeBack").await?;
        }
        recovered::insert_transmission(tx.conn(), &self.transmission, self.submitted_at, at).await?;
        deadlines::arm(tx.conn(), &[(self.transmission.transmission, at)], at).await?;
        let before = child::of_reports(tx.conn(), &[self.report.report]).await?;
        let children = self.take_children(tx, before).await?;
        self.complete(tx, &children).await?;
        if let Some(row) = &self.drill
            && drill::find(&mut *tx.conn(), &row.report).await?.is_none()
        {
            drill::insert(tx.conn(), row, at).await?;
        }
        tx.record(LedgerEntry {
            kind: "transmission_taken_back",
            subject: id.to_string(),
            actor: receiver.to_string(),
            data: format!("number {sequence}, sha256 {}", self.transmission.content_sha256),
        });
        Ok(())
    }
}

impl Back {
    /// Stores its children, and links each with the transmissions that carried it before or carry it since. Returns all
    /// children of the report.
    async fn take_children(&self, tx: &mut Tx, before: Vec<ChildRow>) -> Result<Vec<ChildRow>, StoreError> {
        let at = tx.at();
        let was: Vec<Option<TransmissionId>> = before.iter().map(|row| row.moved_to).collect();
        let mut all = before;
        let new = self.rows(&all);
        all.extend(new);
        let ids: Vec<TransmissionId> = all.iter().map(|row| row.transmission).collect();
        let sent_on_from = transmission::sent_on_from(tx.conn(), &ids).await?;
        carried::link(&mut all, &sent_on_from);
        let (here, new) = all.split_at(was.len());
        for (row, was) in here.iter().zip(was).filter(|(row, was)| row.moved_to != *was) {
            child::set_moved_to(tx.conn(), row, was, at).await?;
        }
        child::insert(tx.conn(), &new.iter().collect::<Vec<_>>(), at, "TakeBack").await?;
        Ok(all)
    }

    async fn complete(&self, tx: &mut Tx, children: &[ChildRow]) -> Result<(), StoreError> {
        let at = tx.at();
        let report = self.report.report;
        let count = children.iter().filter(|row| row.is_here()).count();
        let derived = Derived::of(report, &children.iter().collect::<Vec<_>>());
        report::derive(tx.conn(), &[derived], at, "TakeBack").await?;
        let view = view::load(tx.conn(), &report).await?.ok_or(StoreError::Missing)?;
        let answer = SubmitReportResponse {
            report: Some(grpc::view::report(&view)),
        };
        recovered::complete_report(tx.conn(), &report, count, answer.encode_to_vec(), at).await
    }
}

/// A transmission that was made after the restore and got a number that was used before: it never reached its receiver.
async fn give_another_number(
    tx: &mut Tx,
    receiver: &OrganisationNumber,
    transmission: &TransmissionId,
) -> Result<(), StoreError> {
    let at = tx.at();
    let wanted = HashMap::from([(*receiver, 1)]);
    let numbers = receiver::take_numbers(tx.conn(), &wanted, at).await?;
    let next = numbers.get(receiver).copied().ok_or(StoreError::Missing)?;
    recovered::renumber(tx.conn(), transmission, next.unsigned_abs(), at).await?;
    tx.record(LedgerEntry {
        kind: "transmission_renumbered",
        subject: transmission.to_string(),
        actor: "sender".to_owned(),
        data: format!("now {next}: its number was used before the restore"),
    });
    Ok(())
}

/// Everything that the receiver holds is here. What had one of the other numbers is lost.
struct TakeNumbers {
    receiver: OrganisationNumber,
    last: u64,
    /// From and to, both included.
    lost: Vec<(u64, u64)>,
}

impl Change for TakeNumbers {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        recovered::take_numbers_up_to(tx.conn(), &self.receiver, self.last, at).await?;
        recovered::taken_back(tx.conn(), &self.receiver, at).await?;
        if self.lost.is_empty() {
            return Ok(());
        }
        let ranges: Vec<String> = self.lost.iter().map(|(from, to)| format!("{from}-{to}")).collect();
        let task = NewTask {
            kind: "submissions_lost_in_restore",
            subject: self.receiver.to_string(),
            desk: Desk::District,
            data: format!(
                "the numbers {} had been given and nobody holds what had them: whoever submitted since the backup must \
                 submit again, which does no harm for what is here",
                ranges.join(", ")
            ),
        };
        tasks::raise(tx, task).await?;
        Ok(())
    }
}
