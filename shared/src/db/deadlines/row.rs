//! A row as it is read and written.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::db::StoreError;
use crate::db::rows::{ManyRows, exactly};
use crate::domain::clocks::Clock;
use crate::domain::escalation::{Deadline, Position, Snooze, Told};

/// All columns that a deadline is read from, for `SELECT`.
macro_rules! columns {
    () => {
        "subject, look_at, clock, due_at, told_rung, told_at, told_repeats, turns, start_rung, snoozed_since, snoozed_until,
    snoozed_by"
    };
}

pub(super) use columns;

const DUE: &str = concat!(
    "-- deadlines::due
SELECT ",
    columns!(),
    "
FROM deadline
WHERE look_at <= $1
ORDER BY look_at, subject
LIMIT $2"
);

/// Up to `limit` rows that are to be looked at, the longest due first.
pub(super) async fn due(conn: &mut AnyConnection, at: Timestamp, limit: u32) -> Result<Vec<Deadline>, StoreError> {
    let rows = sqlx::query(DUE)
        .bind(at.as_microsecond())
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

const WRITE: ManyRows = ManyRows {
    head: "-- deadlines::write
WITH looked (subject, look_at, looked_at, clock, due_at, told_rung, told_at, told_repeats, turns, start_rung, snoozed_since,
    snoozed_until, snoozed_by, written_at) AS (VALUES",
    columns: 14,
    tail: ")
UPDATE deadline
SET look_at = looked.look_at, looked_at = looked.looked_at, clock = looked.clock, due_at = looked.due_at,
    told_rung = looked.told_rung, told_at = looked.told_at, told_repeats = looked.told_repeats, turns = looked.turns,
    start_rung = looked.start_rung, snoozed_since = looked.snoozed_since, snoozed_until = looked.snoozed_until,
    snoozed_by = looked.snoozed_by, written_at = looked.written_at
FROM looked
WHERE deadline.subject = looked.subject",
};

/// Writes what a look came to.
pub(super) async fn write(conn: &mut AnyConnection, looked: &[Deadline], at: Timestamp) -> Result<(), StoreError> {
    let micros = |time: Option<Timestamp>| time.map(Timestamp::as_microsecond);
    let at = at.as_microsecond();
    let touched = WRITE
        .execute(conn, looked, |query, row| {
            let Position {
                told,
                turns,
                start,
                snooze,
            } = row.position;
            query
                .bind(row.transmission.to_string())
                .bind(micros(row.look_at))
                .bind(at)
                .bind(row.late.map(|(clock, _)| clock.as_str()))
                .bind(micros(row.late.map(|(_, due)| due)))
                .bind(told.map(|told| told.rung.as_str()))
                .bind(micros(told.map(|told| told.at)))
                .bind(i64::from(told.map_or(0, |told| told.repeats)))
                .bind(i64::from(turns))
                .bind(start.map(|rung| rung.as_str()))
                .bind(micros(snooze.map(|snooze| snooze.since)))
                .bind(micros(snooze.map(|snooze| snooze.until)))
                .bind(row.snoozed_by.clone())
                .bind(at)
        })
        .await?;
    exactly(touched, looked.len())
}

/// A row with the columns of [`columns`].
pub(super) fn read(row: &AnyRow) -> Result<Deadline, StoreError> {
    let subject: String = row.try_get("subject")?;
    let corrupt = |column| StoreError::Corrupt {
        table: "deadline",
        column,
        row: subject.clone(),
    };
    let time = |column| -> Result<Option<Timestamp>, StoreError> {
        let micros: Option<i64> = row.try_get(column)?;
        let time = micros.map(Timestamp::from_microsecond).transpose();
        time.map_err(|_| corrupt(column))
    };
    let count = |column| -> Result<u32, StoreError> {
        let count: i64 = row.try_get(column)?;
        u32::try_from(count).map_err(|_| corrupt(column))
    };
    let clock: Option<String> = row.try_get("clock")?;
    let clock = clock.map(|word| Clock::parse(&word)).transpose();
    let rung = |column| -> Result<_, StoreError> {
        let word: Option<String> = row.try_get(column)?;
        let rung = word.map(|word| word.parse()).transpose();
        rung.map_err(|_| corrupt(column))
    };
    let told = match (rung("told_rung")?, time("told_at")?) {
        (Some(rung), Some(at)) => Some(Told {
            rung,
            at,
            repeats: count("told_repeats")?,
        }),
        (None, None) => None,
        _ => return Err(corrupt("told_at")),
    };
    let snooze = match (time("snoozed_since")?, time("snoozed_until")?) {
        (Some(since), Some(until)) => Some(Snooze { since, until }),
        (None, None) => None,
        _ => return Err(corrupt("snoozed_until")),
    };
    Ok(Deadline {
        transmission: subject.parse().map_err(|_| corrupt("subject"))?,
        look_at: time("look_at")?,
        late: clock.map_err(|_| corrupt("clock"))?.zip(time("due_at")?),
        position: Position {
            told,
            turns: count("turns")?,
            start: rung("start_rung")?,
            snooze,
        },
        snoozed_by: row.try_get("snoozed_by")?,
    })
}
