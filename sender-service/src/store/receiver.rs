//! The exchange with each receiver: numbers in both directions, and whether it is believed.

use std::collections::HashMap;

use framme_shared::{
    db::{
        StoreError,
        rows::{ManyRows, exactly},
    },
    domain::{digest::Digest, organisation::OrganisationNumber},
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::columns::Reader;

/// The exchange with one receiver, as stored.
#[derive(Debug, Clone)]
pub struct ReceiverRow {
    /// Who.
    pub organisation: OrganisationNumber,
    /// The last number given to a transmission.
    pub last_transmission: u64,
    /// The last receipt applied.
    pub last_receipt: u64,
    /// Its digest.
    pub last_receipt_sha256: Digest,
    /// The last receipt confirmed.
    pub confirmed_receipt: u64,
    /// When it last answered.
    pub last_contact_at: Option<Timestamp>,
    /// Why it is not believed.
    pub distrusted_reason: Option<String>,
    /// Transmissions that it has not stored yet.
    pub waiting: u64,
    /// Whether what it says that it was sent may be taken back from it.
    pub may_take_back: bool,
    /// When anything of this was last written.
    pub written_at: Timestamp,
}

/// Makes sure that a service of the directory has its row.
pub async fn ensure(conn: &mut AnyConnection, receiver: &OrganisationNumber, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- receiver::ensure
INSERT INTO receiver (organisation, last_transmission, last_receipt, last_receipt_sha256, confirmed_receipt,
    last_contact_at, distrusted_reason, distrusted_at, written_at, written_by)
VALUES ($1, 0, 0, $2, 0, NULL, NULL, NULL, $3, 'TakeDirectory')
ON CONFLICT (organisation) DO NOTHING",
    )
    .bind(receiver.to_string())
    .bind(Digest::ZERO.as_bytes().to_vec())
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Every receiver, with where it was last.
pub async fn endpoints(conn: &mut AnyConnection) -> Result<Vec<(OrganisationNumber, Option<String>)>, StoreError> {
    let rows = sqlx::query(ENDPOINTS).fetch_all(conn).await?;
    rows.iter().map(read_endpoint).collect()
}

/// As [`endpoints`], outside a change.
pub async fn all_endpoints(pool: &AnyPool) -> Result<Vec<(OrganisationNumber, Option<String>)>, StoreError> {
    let rows = sqlx::query(ENDPOINTS).fetch_all(pool).await?;
    rows.iter().map(read_endpoint).collect()
}

const ENDPOINTS: &str = "-- receiver::endpoints
SELECT organisation, endpoint
FROM receiver
ORDER BY organisation";

fn read_endpoint(row: &AnyRow) -> Result<(OrganisationNumber, Option<String>), StoreError> {
    let reader = Reader::new(row, "receiver", "organisation");
    Ok((reader.parsed("organisation")?, reader.text_or_null("endpoint")?))
}

/// Keeps where a receiver is.
pub async fn set_endpoint(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    endpoint: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let result = sqlx::query(
        "-- receiver::set_endpoint
UPDATE receiver
SET endpoint = $1, written_at = $2, written_by = 'TakeDirectory'
WHERE organisation = $3",
    )
    .bind(endpoint.to_owned())
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .execute(conn)
    .await?;
    exactly(result.rows_affected(), 1)
}

/// What is open with one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Transmissions that it has not stored, with a child that has not ended.
    pub waiting: u64,
    /// Children that are its to see to: what it states of them is still awaited.
    pub children: u64,
}

/// What is open with this receiver.
pub async fn open_with(pool: &AnyPool, receiver: &OrganisationNumber) -> Result<Open, StoreError> {
    let row = sqlx::query(
        "-- receiver::open_with
SELECT $1 AS organisation, COUNT(*) AS children,
    COUNT(DISTINCT CASE WHEN transmission.delivery_state = 'waiting' THEN transmission.transmission_id END) AS waiting
FROM transmission
JOIN child ON child.report_id = transmission.report_id AND child.transmission_id = transmission.transmission_id
WHERE transmission.receiver = $1 AND child.stage NOT IN ('withdrawn', 'closed', 'rejected', 'redirected')",
    )
    .bind(receiver.to_string())
    .fetch_one(pool)
    .await?;
    let reader = Reader::new(&row, "receiver", "organisation");
    Ok(Open {
        waiting: reader.count("waiting")?,
        children: reader.count("children")?,
    })
}

/// Takes the next number for a transmission that was routed by a person.
pub async fn take_number(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "-- receiver::take_number
UPDATE receiver
SET last_transmission = last_transmission + 1, written_at = $1, written_by = 'RouteTransmission'
WHERE organisation = $2
RETURNING organisation, last_transmission",
    )
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .fetch_one(conn)
    .await?;
    Reader::new(&row, "receiver", "organisation").number("last_transmission")
}

const TAKE_NUMBERS: ManyRows = ManyRows {
    head: "-- receiver::take_numbers
WITH wanted (organisation, numbers, written_at) AS (VALUES",
    columns: 3,
    tail: ")
UPDATE receiver
SET last_transmission = last_transmission + wanted.numbers, written_at = wanted.written_at,
    written_by = 'AcceptReport'
FROM wanted
WHERE receiver.organisation = wanted.organisation
RETURNING receiver.organisation, last_transmission",
};

/// Takes the next numbers for transmissions, as many as are wanted for each receiver; returns the first of each.
pub async fn take_numbers(
    conn: &mut AnyConnection,
    wanted: &HashMap<OrganisationNumber, i64>,
    at: Timestamp,
) -> Result<HashMap<OrganisationNumber, i64>, StoreError> {
    let items: Vec<(&OrganisationNumber, &i64)> = wanted.iter().collect();
    let rows = TAKE_NUMBERS
        .fetch_all(conn, &items, |query, (receiver, numbers)| {
            query.bind(receiver.as_str()).bind(**numbers).bind(at.as_microsecond())
        })
        .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "receiver", "organisation");
            let receiver = reader.parsed("organisation")?;
            let numbers = wanted.get(&receiver).ok_or(StoreError::Missing)?;
            Ok((receiver, reader.number("last_transmission")? - numbers + 1))
        })
        .collect()
}

/// Where the chain of a receiver's receipts stands, inside a change.
pub async fn load(conn: &mut AnyConnection, receiver: &OrganisationNumber) -> Result<Option<ReceiverRow>, StoreError> {
    let row = sqlx::query(
        "-- receiver::load
SELECT organisation, last_transmission, last_receipt, last_receipt_sha256, confirmed_receipt, last_contact_at,
    distrusted_reason, CAST(0 AS BIGINT) AS waiting, may_take_back, written_at
FROM receiver
WHERE organisation = $1",
    )
    .bind(receiver.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// As [`load`], outside a change.
pub async fn look_up(pool: &AnyPool, receiver: &OrganisationNumber) -> Result<Option<ReceiverRow>, StoreError> {
    let row = sqlx::query(
        "-- receiver::look_up
SELECT organisation, last_transmission, last_receipt, last_receipt_sha256, confirmed_receipt, last_contact_at,
    distrusted_reason, CAST(0 AS BIGINT) AS waiting, may_take_back, written_at
FROM receiver
WHERE organisation = $1",
    )
    .bind(receiver.to_string())
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(read).transpose()
}

/// All receivers by number, with how much each has not stored yet.
pub async fn list(pool: &AnyPool) -> Result<Vec<ReceiverRow>, StoreError> {
    let rows = sqlx::query(
        "-- receiver::list
SELECT organisation, last_transmission, last_receipt, last_receipt_sha256, confirmed_receipt, last_contact_at,
    distrusted_reason,
    (SELECT COUNT(*) FROM transmission
     WHERE transmission.receiver = receiver.organisation AND delivery_state = 'waiting') AS waiting, may_take_back, written_at
FROM receiver
ORDER BY organisation",
    )
    .fetch_all(pool)
    .await?;
    rows.iter().map(read).collect()
}

/// Moves the head of the chain of receipts, if it still is where it was read.
pub async fn advance(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    from: u64,
    to: u64,
    digest: &Digest,
    at: Timestamp,
) -> Result<(), StoreError> {
    let result = sqlx::query(
        "-- receiver::advance
UPDATE receiver
SET last_receipt = $1, last_receipt_sha256 = $2, last_contact_at = $3, written_at = $3, written_by = 'ApplyReceipts'
WHERE organisation = $4 AND last_receipt = $5",
    )
    .bind(to as i64)
    .bind(digest.as_bytes().to_vec())
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .bind(from as i64)
    .execute(conn)
    .await?;
    exactly(result.rows_affected(), 1)
}

/// Records up to where the receiver has been told that its receipts are stored; never goes back.
pub async fn confirmed(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    sequence: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- receiver::confirmed
UPDATE receiver
SET confirmed_receipt = $1, last_contact_at = $2, written_at = $2, written_by = 'RecordConfirmation'
WHERE organisation = $3 AND confirmed_receipt < $1",
    )
    .bind(sequence as i64)
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Records that the receiver answered.
pub async fn contact(conn: &mut AnyConnection, receiver: &OrganisationNumber, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- receiver::contact
UPDATE receiver
SET last_contact_at = $1, written_at = $1, written_by = 'RecordContact'
WHERE organisation = $2",
    )
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks a receiver whose receipts cannot be believed. The first reason stays until a person clears it.
pub async fn distrust(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    reason: &'static str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- receiver::distrust
UPDATE receiver
SET distrusted_reason = $1, distrusted_at = $2, written_at = $2, written_by = 'Distrust'
WHERE organisation = $3 AND distrusted_reason IS NULL",
    )
    .bind(reason)
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// A person believes the receiver again. `false` when there was nothing to clear.
pub async fn trust(conn: &mut AnyConnection, receiver: &OrganisationNumber, at: Timestamp) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- receiver::trust
UPDATE receiver
SET distrusted_reason = NULL, distrusted_at = NULL, written_at = $1, written_by = 'TrustReceiver'
WHERE organisation = $2 AND distrusted_reason IS NOT NULL",
    )
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<ReceiverRow, StoreError> {
    let reader = Reader::new(row, "receiver", "organisation");
    Ok(ReceiverRow {
        organisation: reader.parsed("organisation")?,
        last_transmission: reader.count("last_transmission")?,
        last_receipt: reader.count("last_receipt")?,
        last_receipt_sha256: reader.digest("last_receipt_sha256")?,
        confirmed_receipt: reader.count("confirmed_receipt")?,
        last_contact_at: reader.time_or_null("last_contact_at")?,
        distrusted_reason: reader.text_or_null("distrusted_reason")?,
        waiting: reader.count("waiting")?,
        may_take_back: reader.number("may_take_back")? != 0,
        written_at: reader.time("written_at")?,
    })
}
