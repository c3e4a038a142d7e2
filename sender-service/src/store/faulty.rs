//! Software of receivers that a person has marked as faulty.

use framme_shared::{
    db::{StoreError, exactly_one},
    domain::{organisation::OrganisationNumber, receipt::Software},
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, AnyPool, Executor, any::AnyRow};

use super::columns::Reader;

/// A mark that stands.
#[derive(Debug, Clone)]
pub struct Faulty {
    /// Its id here.
    pub id: String,
    /// Whose software.
    pub receiver: OrganisationNumber,
    /// What, as receipts name it.
    pub software: Software,
    /// From when on its receipts are doubted.
    pub since: Timestamp,
    /// By whom it was marked.
    pub marked_by: String,
    /// When.
    pub marked_at: Timestamp,
    /// Up to which receipt they were looked through.
    pub looked_at: u64,
    /// Transmissions that are asked for because of it, and have not answered yet.
    pub being_asked: u64,
}

/// Marks software. Only one mark of it may stand.
pub async fn insert(conn: &mut AnyConnection, new: &Faulty, at: Timestamp) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- faulty::insert
INSERT INTO faulty_software (faulty_id, receiver, name, version, since, marked_by, marked_at, looked_at, ended_by, ended_at,
    written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, NULL, NULL, $7, 'MarkFaulty')",
        )
        .bind(new.id.clone())
        .bind(new.receiver.to_string())
        .bind(new.software.name.clone())
        .bind(new.software.version.clone())
        .bind(new.since.as_microsecond())
        .bind(new.marked_by.clone())
        .bind(at.as_microsecond())
        .execute(conn),
    )
    .await
}

/// The marks that stand, by receiver and time.
pub async fn standing<'e>(executor: impl Executor<'e, Database = Any>) -> Result<Vec<Faulty>, StoreError> {
    let rows = sqlx::query(
        "-- faulty::standing
SELECT faulty_id, receiver, name, version, since, marked_by, marked_at, looked_at,
    (SELECT COUNT(*) FROM confirmation
     WHERE confirmation.receiver = faulty_software.receiver AND confirmation.due_at IS NOT NULL
       AND confirmation.faulty_id = faulty_software.faulty_id) AS being_asked
FROM faulty_software
WHERE ended_at IS NULL
ORDER BY receiver, marked_at, faulty_id",
    )
    .fetch_all(executor)
    .await?;
    rows.iter().map(read).collect()
}

/// The marks on one receiver's software that receipts are to be looked through for.
pub async fn behind(pool: &AnyPool, receiver: &OrganisationNumber) -> Result<Vec<Faulty>, StoreError> {
    let rows = sqlx::query(
        "-- faulty::behind
SELECT faulty_id, receiver.organisation AS receiver, name, version, since, marked_by, marked_at, looked_at,
    CAST(0 AS BIGINT) AS being_asked
FROM faulty_software
JOIN receiver ON receiver.organisation = faulty_software.receiver
WHERE faulty_software.receiver = $1 AND ended_at IS NULL AND looked_at < receiver.last_receipt
ORDER BY marked_at, faulty_id",
    )
    .bind(receiver.to_string())
    .fetch_all(pool)
    .await?;
    rows.iter().map(read).collect()
}

/// Records up to where receipts were looked through, if nobody else did meanwhile. `false` when somebody did.
pub async fn looked(
    conn: &mut AnyConnection,
    faulty: &str,
    from: u64,
    to: u64,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- faulty::looked
UPDATE faulty_software
SET looked_at = $1, written_at = $2, written_by = 'LookForFaulty'
WHERE faulty_id = $3 AND looked_at = $4 AND ended_at IS NULL",
    )
    .bind(to as i64)
    .bind(at.as_microsecond())
    .bind(faulty.to_owned())
    .bind(from as i64)
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Takes a mark away. `false` when there is none.
pub async fn end(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    software: &Software,
    by: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- faulty::end
UPDATE faulty_software
SET ended_by = $1, ended_at = $2, written_at = $2, written_by = 'UnmarkFaulty'
WHERE receiver = $3 AND name = $4 AND version = $5 AND ended_at IS NULL",
    )
    .bind(by.to_owned())
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .bind(software.name.clone())
    .bind(software.version.clone())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<Faulty, StoreError> {
    let reader = Reader::new(row, "faulty_software", "faulty_id");
    Ok(Faulty {
        id: reader.text("faulty_id")?,
        receiver: reader.parsed("receiver")?,
        software: Software {
            name: reader.text("name")?,
            version: reader.text("version")?,
        },
        since: reader.time("since")?,
        marked_by: reader.text("marked_by")?,
        marked_at: reader.time("marked_at")?,
        looked_at: reader.count("looked_at")?,
        being_asked: reader.count("being_asked")?,
    })
}
