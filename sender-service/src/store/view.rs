//! Reports as callers see them: states without personal data, each read by one statement so that what it shows was
//! true at one moment.

use framme_shared::{
    child_state,
    db::{StoreError, rows::ManyRows},
    domain::{
        ids::{ReportId, TransmissionId},
        lifecycle::{ChildState, Standing, delivered_since},
        organisation::OrganisationNumber,
        report::{PhoneSummary, ReportType, Urgency},
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::{
    child::{self, ChildRow},
    columns::Reader,
};

/// Where one report is.
#[derive(Debug, Clone)]
pub struct ReportView {
    /// Which.
    pub report: ReportId,
    /// The type.
    pub report_type: ReportType,
    /// The urgency.
    pub urgency: Urgency,
    /// The police district.
    pub police_district: String,
    /// When it was taken.
    pub submitted_at: Timestamp,
    /// The report that it follows up or corrects.
    pub follows_up: Option<ReportId>,
    /// Reports that follow it up or correct it, the first hundred, oldest first.
    pub followed_up_by: Vec<ReportId>,
    /// The calls beside it, counted.
    pub phone: PhoneSummary,
    /// Whether it is a drill.
    pub drill: bool,
    /// One per receiver, and one for each time that children were sent on.
    pub transmissions: Vec<TransmissionView>,
}

/// Where the part of one receiver is.
#[derive(Debug, Clone)]
pub struct TransmissionView {
    /// Which.
    pub transmission: TransmissionId,
    /// To whom.
    pub receiver: OrganisationNumber,
    /// Its number in the pair.
    pub sequence: u64,
    /// Attempts begun.
    pub attempts: u32,
    /// When it is tried next; `None` when the receiver holds it.
    pub next_attempt_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_failure: Option<String>,
    /// The transmission that carried its children before they were sent on.
    pub redirected_from: Option<TransmissionId>,
    /// Its children, in order; also those that were sent on from here.
    pub children: Vec<ChildRow>,
}

impl ReportView {
    fn states(&self) -> impl Iterator<Item = &ChildState> + Clone {
        self.transmissions
            .iter()
            .flat_map(|transmission| transmission.children.iter())
            .filter(|child| child.is_here())
            .map(|child| &child.state)
    }

    /// Where the report stands: computed from its children.
    pub fn standing(&self) -> Standing {
        Standing::of(self.states())
    }

    /// Since when it is delivered.
    pub fn delivered_at(&self) -> Option<Timestamp> {
        delivered_since(self.states())
    }

    /// Its children, each where it is now.
    pub fn children(&self) -> impl Iterator<Item = &ChildRow> {
        self.transmissions
            .iter()
            .flat_map(|transmission| transmission.children.iter())
            .filter(|child| child.is_here())
    }
}

/// The columns of a view, one row per child.
macro_rules! view_columns {
    () => {
        concat!("SELECT report.report_id, report.report_type, report.urgency, report.police_district, report.submitted_at,
    report.follows_up, report.phone_calls, report.phone_reached, report.phone_last_at, report.drill,
    (SELECT string_agg(later.report_id, ',')
     FROM (SELECT follower.report_id
           FROM report AS follower
           WHERE follower.follows_up = report.report_id
           ORDER BY follower.submitted_at, follower.report_id
           LIMIT 100) AS later) AS followed_up_by,
    transmission.redirected_from, transmission.receiver, transmission.sequence, transmission.attempts, transmission.next_attempt_at,
    transmission.last_failure, transmission.delivery_state, child.child_id, child.transmission_id, child.place,
    child.municipality, child.city_district, ", child_state!("child."), ", child.moved_to, child.read_before, child.readers_before
FROM report
JOIN child ON child.report_id = report.report_id
JOIN transmission ON transmission.transmission_id = child.transmission_id
")
    };
}

const BY_ID: &str = concat!(
    "-- view::by_id\n",
    view_columns!(),
    "WHERE report.report_id = $1
ORDER BY transmission.receiver, transmission.sequence, child.place"
);

/// One report, inside a change.
pub async fn load(conn: &mut AnyConnection, report: &ReportId) -> Result<Option<ReportView>, StoreError> {
    let rows = sqlx::query(BY_ID).bind(report.to_string()).fetch_all(conn).await?;
    Ok(assemble(&rows)?.pop())
}

/// One report, outside a change.
pub async fn look_up(pool: &AnyPool, report: &ReportId) -> Result<Option<ReportView>, StoreError> {
    let rows = sqlx::query(BY_ID).bind(report.to_string()).fetch_all(pool).await?;
    Ok(assemble(&rows)?.pop())
}

const BY_IDS: ManyRows = ManyRows {
    head: concat!(
        "-- view::by_ids\n",
        view_columns!(),
        "WHERE report.report_id IN (VALUES"
    ),
    columns: 1,
    tail: ")
ORDER BY report.report_id, transmission.receiver, transmission.sequence, child.place",
};

/// These reports, in no promised order; unknown ids are left out.
pub async fn look_up_all(pool: &AnyPool, reports: &[ReportId]) -> Result<Vec<ReportView>, StoreError> {
    let mut connection = pool.acquire().await?;
    let rows = BY_IDS
        .fetch_all(&mut connection, reports, |query, report| query.bind(report.to_string()))
        .await?;
    assemble(&rows)
}

/// Where a page of the list begins: after this report, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When it was taken.
    pub submitted_at: Timestamp,
    /// Which.
    pub report: ReportId,
}

/// Up to `limit` reports after a position, newest first; only those that stand so, if given.
pub async fn page(
    pool: &AnyPool,
    after: Option<Position>,
    standing: Option<Standing>,
    limit: i64,
) -> Result<Vec<ReportView>, StoreError> {
    const ALL: &str = concat!(
        "-- view::page of all\n",
        view_columns!(),
        "WHERE report.report_id IN (
    SELECT report_id FROM report
    WHERE (submitted_at, report_id) < ($1, $2)
    ORDER BY submitted_at DESC, report_id DESC
    LIMIT $3)
ORDER BY report.submitted_at DESC, report.report_id DESC, transmission.receiver, transmission.sequence, child.place"
    );
    const OF_STANDING: &str = concat!(
        "-- view::page of one standing\n",
        view_columns!(),
        "WHERE report.report_id IN (
    SELECT report_id FROM report
    WHERE standing = $4 AND (submitted_at, report_id) < ($1, $2)
    ORDER BY submitted_at DESC, report_id DESC
    LIMIT $3)
ORDER BY report.submitted_at DESC, report.report_id DESC, transmission.receiver, transmission.sequence, child.place"
    );
    let (time, id) = after.map_or((i64::MAX, String::new()), |after| {
        (after.submitted_at.as_microsecond(), after.report.to_string())
    });
    let query = sqlx::query(if standing.is_some() { OF_STANDING } else { ALL })
        .bind(time)
        .bind(id)
        .bind(limit);
    let query = match standing {
        Some(standing) => query.bind(standing.as_str()),
        None => query,
    };
    assemble(&query.fetch_all(pool).await?)
}

/// Rows of one report stand together, and within it those of one transmission.
fn assemble(rows: &[AnyRow]) -> Result<Vec<ReportView>, StoreError> {
    let mut reports: Vec<ReportView> = Vec::new();
    for row in rows {
        let child = child::read(row)?;
        if reports.last().is_none_or(|last| last.report != child.report) {
            reports.push(read_report(row)?);
        }
        let report = reports.last_mut().expect("one was pushed if there was none");
        if report
            .transmissions
            .last()
            .is_none_or(|last| last.transmission != child.transmission)
        {
            report.transmissions.push(read_transmission(row)?);
        }
        let transmission = report
            .transmissions
            .last_mut()
            .expect("one was pushed if there was none");
        transmission.children.push(child);
    }
    Ok(reports)
}

fn read_report(row: &AnyRow) -> Result<ReportView, StoreError> {
    let reader = Reader::new(row, "report", "report_id");
    Ok(ReportView {
        report: reader.parsed("report_id")?,
        report_type: reader.word("report_type", ReportType::parse)?,
        urgency: reader.word("urgency", Urgency::parse)?,
        police_district: reader.text("police_district")?,
        submitted_at: reader.time("submitted_at")?,
        follows_up: reader.parsed_or_null("follows_up")?,
        followed_up_by: followed_up_by(&reader)?,
        phone: phone(&reader)?,
        drill: reader.flag("drill")?,
        transmissions: Vec::new(),
    })
}

fn followed_up_by(reader: &Reader<'_>) -> Result<Vec<ReportId>, StoreError> {
    let text = reader.text_or_null("followed_up_by")?.unwrap_or_default();
    let ids = text.split(',').filter(|id| !id.is_empty()).map(ReportId::parse);
    ids.collect::<Result<_, _>>().map_err(|_| reader.corrupt("follows_up"))
}

/// The calls beside a report, out of a row that has its columns.
pub(super) fn phone(reader: &Reader<'_>) -> Result<PhoneSummary, StoreError> {
    let count = |column| Ok::<_, StoreError>(u32::try_from(reader.count(column)?).unwrap_or(u32::MAX));
    Ok(PhoneSummary {
        made: count("phone_calls")?,
        reached: count("phone_reached")?,
        last_at: reader.time_or_null("phone_last_at")?,
    })
}

fn read_transmission(row: &AnyRow) -> Result<TransmissionView, StoreError> {
    let reader = Reader::new(row, "transmission", "transmission_id");
    let next_attempt_at = reader.time("next_attempt_at")?;
    Ok(TransmissionView {
        transmission: reader.parsed("transmission_id")?,
        receiver: reader.parsed("receiver")?,
        sequence: reader.count("sequence")?,
        attempts: u32::try_from(reader.count("attempts")?).unwrap_or(u32::MAX),
        next_attempt_at: (reader.text("delivery_state")? == "waiting").then_some(next_attempt_at),
        last_failure: reader.text_or_null("last_failure")?,
        redirected_from: reader.parsed_or_null("redirected_from")?,
        children: Vec::new(),
    })
}

/// The sealed parts of a report.
pub struct SealedPart {
    /// Which transmission.
    pub transmission: TransmissionId,
    /// The sealed bytes.
    pub content: Vec<u8>,
    /// The report's wrapped data key.
    pub wrapped_key: Vec<u8>,
}

/// The sealed content of all parts of a report that carry children of it now, by receiver.
pub async fn sealed_parts(pool: &AnyPool, report: &ReportId) -> Result<Vec<SealedPart>, StoreError> {
    let rows = sqlx::query(
        "-- view::sealed_parts
SELECT transmission.transmission_id, transmission_content.content, data_key.wrapped
FROM transmission
LEFT JOIN transmission_content ON transmission_content.transmission_id = transmission.transmission_id
LEFT JOIN data_key ON data_key.report_id = transmission.report_id
WHERE transmission.transmission_id IN (
    SELECT transmission_id
    FROM child
    WHERE report_id = $1 AND moved_to IS NULL)
ORDER BY transmission.receiver, transmission.sequence",
    )
    .bind(report.to_string())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "transmission_id");
            // A part that is gone is damage, and no report is shown without it.
            let there = |column| reader.bytes_or_null(column)?.ok_or_else(|| reader.corrupt(column));
            Ok(SealedPart {
                transmission: reader.parsed("transmission_id")?,
                content: there("content")?,
                wrapped_key: there("wrapped")?,
            })
        })
        .collect()
}
