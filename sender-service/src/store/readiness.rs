//! Tables `receiver_readiness` and `area_readiness`: what receivers last answered.

use std::collections::BTreeSet;

use framme_shared::{
    db::StoreError,
    domain::{
        municipality::Area,
        organisation::OrganisationNumber,
        readiness::{Duty, Incident, Staffing},
    },
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, AnyPool, Executor, any::AnyRow};

use super::columns::Reader;

/// What is known of a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverRow {
    /// Who.
    pub receiver: OrganisationNumber,
    /// Why nothing current is known.
    pub unknown_reason: Option<String>,
    /// When it was last asked.
    pub asked_at: Timestamp,
    /// When it answered first.
    pub first_answered_at: Option<Timestamp>,
    /// When it last answered.
    pub answered_at: Option<Timestamp>,
    /// Since when it has not answered.
    pub silent_since: Option<Timestamp>,
    /// Since when something is wrong.
    pub not_ready_since: Option<Timestamp>,
    /// What is wrong.
    pub incidents: BTreeSet<Incident>,
    /// Version of its software.
    pub software_version: String,
    /// How far its clock is ahead.
    pub clock_offset_micros: i64,
    /// When its clock worker last completed a step.
    pub clocks_beat_at: Option<Timestamp>,
    /// Reports unopened there.
    pub reports_unopened: u64,
    /// Reports unassigned there.
    pub reports_unassigned: u64,
}

impl ReceiverRow {
    /// Before anything is known.
    pub fn unknown(receiver: OrganisationNumber) -> Self {
        Self {
            receiver,
            unknown_reason: None,
            asked_at: Timestamp::UNIX_EPOCH,
            first_answered_at: None,
            answered_at: None,
            silent_since: None,
            not_ready_since: None,
            incidents: BTreeSet::new(),
            software_version: String::new(),
            clock_offset_micros: 0,
            clocks_beat_at: None,
            reports_unopened: 0,
            reports_unassigned: 0,
        }
    }
}

/// What a receiver answered about an area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaRow {
    /// Where.
    pub area: Area,
    /// Who could act. How many may by the register alone is not kept.
    pub staffing: Staffing,
    /// When a person last worked the list.
    pub last_worked_at: Option<Timestamp>,
    /// Since when nobody could open.
    pub nobody_since: Option<Timestamp>,
}

/// What is known of a receiver; `None` before it was asked.
pub async fn load<'e>(
    executor: impl Executor<'e, Database = Any>,
    receiver: &OrganisationNumber,
) -> Result<Option<ReceiverRow>, StoreError> {
    let row = sqlx::query(
        "-- readiness::load
SELECT receiver, unknown_reason, asked_at, first_answered_at, answered_at, silent_since, not_ready_since, incidents,
    software_version, clock_offset, clocks_beat_at, reports_unopened, reports_unassigned
FROM receiver_readiness
WHERE receiver = $1",
    )
    .bind(receiver.to_string())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<ReceiverRow, StoreError> {
    let reader = Reader::new(row, "receiver_readiness", "receiver");
    let words = reader.text("incidents")?;
    let incidents = words.split(',').filter(|word| !word.is_empty()).map(Incident::parse);
    Ok(ReceiverRow {
        receiver: reader.parsed("receiver")?,
        unknown_reason: reader.text_or_null("unknown_reason")?,
        asked_at: reader.time("asked_at")?,
        first_answered_at: reader.time_or_null("first_answered_at")?,
        answered_at: reader.time_or_null("answered_at")?,
        silent_since: reader.time_or_null("silent_since")?,
        not_ready_since: reader.time_or_null("not_ready_since")?,
        incidents: incidents
            .collect::<Result<_, _>>()
            .map_err(|_| reader.corrupt("incidents"))?,
        software_version: reader.text("software_version")?,
        clock_offset_micros: reader.number("clock_offset")?,
        clocks_beat_at: reader.time_or_null("clocks_beat_at")?,
        reports_unopened: reader.count("reports_unopened")?,
        reports_unassigned: reader.count("reports_unassigned")?,
    })
}

/// Writes what is known of a receiver now.
pub async fn write(
    conn: &mut AnyConnection,
    row: &ReceiverRow,
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    let words: Vec<&str> = row.incidents.iter().map(|incident| incident.as_str()).collect();
    sqlx::query(
        "-- readiness::write
INSERT INTO receiver_readiness (receiver, unknown_reason, asked_at, first_answered_at, answered_at, silent_since,
    not_ready_since, incidents, software_version, clock_offset, clocks_beat_at, reports_unopened, reports_unassigned,
    written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (receiver) DO UPDATE
SET unknown_reason = excluded.unknown_reason, asked_at = excluded.asked_at,
    first_answered_at = excluded.first_answered_at, answered_at = excluded.answered_at,
    silent_since = excluded.silent_since, not_ready_since = excluded.not_ready_since,
    incidents = excluded.incidents, software_version = excluded.software_version,
    clock_offset = excluded.clock_offset, clocks_beat_at = excluded.clocks_beat_at,
    reports_unopened = excluded.reports_unopened, reports_unassigned = excluded.reports_unassigned,
    written_at = excluded.written_at, written_by = excluded.written_by",
    )
    .bind(row.receiver.to_string())
    .bind(row.unknown_reason.clone())
    .bind(row.asked_at.as_microsecond())
    .bind(row.first_answered_at.map(Timestamp::as_microsecond))
    .bind(row.answered_at.map(Timestamp::as_microsecond))
    .bind(row.silent_since.map(Timestamp::as_microsecond))
    .bind(row.not_ready_since.map(Timestamp::as_microsecond))
    .bind(words.join(","))
    .bind(row.software_version.clone())
    .bind(row.clock_offset_micros)
    .bind(row.clocks_beat_at.map(Timestamp::as_microsecond))
    .bind(i64::try_from(row.reports_unopened).unwrap_or(i64::MAX))
    .bind(i64::try_from(row.reports_unassigned).unwrap_or(i64::MAX))
    .bind(at.as_microsecond())
    .bind(by)
    .execute(conn)
    .await?;
    Ok(())
}

/// The areas of a receiver, by area.
pub async fn areas_of<'e>(
    executor: impl Executor<'e, Database = Any>,
    receiver: &OrganisationNumber,
) -> Result<Vec<AreaRow>, StoreError> {
    let rows = sqlx::query(
        "-- readiness::areas_of
SELECT area, can_open, seen_lately, caseworkers, duty, last_worked_at, nobody_since
FROM area_readiness
WHERE receiver = $1
ORDER BY area",
    )
    .bind(receiver.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "area_readiness", "area");
            let count = |column| u32::try_from(reader.count(column)?).map_err(|_| reader.corrupt(column));
            let can_open = count("can_open")?;
            Ok(AreaRow {
                area: reader.parsed("area")?,
                staffing: Staffing {
                    may_open: can_open,
                    can_open,
                    seen_lately: count("seen_lately")?,
                    caseworkers: count("caseworkers")?,
                    duty: reader.word("duty", Duty::parse)?,
                },
                last_worked_at: reader.time_or_null("last_worked_at")?,
                nobody_since: reader.time_or_null("nobody_since")?,
            })
        })
        .collect()
}

/// Replaces what was known of a receiver's areas.
pub async fn replace_areas(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    areas: &[AreaRow],
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- readiness::replace_areas
DELETE FROM area_readiness
WHERE receiver = $1",
    )
    .bind(receiver.to_string())
    .execute(&mut *conn)
    .await?;
    for row in areas {
        sqlx::query(
            "-- readiness::replace_areas: one
INSERT INTO area_readiness (receiver, area, can_open, seen_lately, caseworkers, duty, last_worked_at, nobody_since,
    written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'RecordAnswer')",
        )
        .bind(receiver.to_string())
        .bind(row.area.to_string())
        .bind(i64::from(row.staffing.can_open))
        .bind(i64::from(row.staffing.seen_lately))
        .bind(i64::from(row.staffing.caseworkers))
        .bind(row.staffing.duty.as_str())
        .bind(row.last_worked_at.map(Timestamp::as_microsecond))
        .bind(row.nobody_since.map(Timestamp::as_microsecond))
        .bind(at.as_microsecond())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Whether a child of an acute report to this receiver waits for a caseworker.
pub async fn acute_waits(conn: &mut AnyConnection, receiver: &OrganisationNumber) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- readiness::acute_waits
SELECT report.report_id
FROM report
JOIN child ON child.report_id = report.report_id
JOIN transmission ON transmission.transmission_id = child.transmission_id
WHERE report.standing = 'open' AND report.urgency = 'acute' AND transmission.receiver = $1
    AND child.stage NOT IN ('assigned', 'assessed', 'withdrawn', 'closed')
LIMIT 1",
    )
    .bind(receiver.to_string())
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Whether anybody at a receiver could open a report about a child in an area, by its last answer; `None` when that is not
/// known. For whoever chooses the rung that can act.
pub async fn somebody_can_open(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    area: &Area,
) -> Result<Option<bool>, StoreError> {
    let known = load(pool, receiver).await?.filter(|row| row.unknown_reason.is_none());
    if known.is_none() {
        return Ok(None);
    }
    let areas = areas_of(pool, receiver).await?;
    let row = areas.iter().find(|row| row.area == *area);
    let row = row.or_else(|| areas.iter().find(|row| row.area.covers(area)));
    Ok(row.map(|row| !row.staffing.is_nobody()))
}
