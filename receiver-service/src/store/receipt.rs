//! Table `receipt`: receipts as they were signed.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        digest::Digest,
        ids::{ChildId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor};

use super::columns::{Columns, stored};

/// A receipt that is about to be stored.
#[derive(Debug)]
pub struct NewReceipt {
    /// Its number in the pair.
    pub sequence: u64,
    /// The transmission, by the id inside this service.
    pub transmission: TransmissionId,
    /// The child; `None` when it concerns every child.
    pub child: Option<ChildId>,
    /// The word of its level.
    pub level: &'static str,
    /// The bytes signed.
    pub jws: String,
    /// Their SHA-256.
    pub sha256: Digest,
    /// The time it states.
    pub made_at: Timestamp,
}

/// A stored receipt.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Its number in the pair.
    pub sequence: u64,
    /// The bytes signed.
    pub jws: String,
    /// Their SHA-256.
    pub sha256: Digest,
}

const INSERT: ManyRows = ManyRows {
    head: "-- receipt::insert
        INSERT INTO receipt (sender, sequence, transmission_id, child_id, level, jws, sha256, made_at) VALUES",
    columns: 8,
    tail: "",
};

/// Stores receipts for one sender.
pub async fn insert(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    receipts: &[NewReceipt],
) -> Result<(), StoreError> {
    INSERT
        .execute(connection, receipts, |statement, receipt| {
            statement
                .bind(sender.as_str())
                .bind(stored(receipt.sequence))
                .bind(receipt.transmission.to_string())
                .bind(receipt.child.map(|child| child.to_string()))
                .bind(receipt.level)
                .bind(receipt.jws.as_str())
                .bind(receipt.sha256.as_bytes().as_slice())
                .bind(receipt.made_at.as_microsecond())
        })
        .await?;
    Ok(())
}

/// The receipt with this number.
pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    sequence: u64,
) -> Result<Option<Receipt>, StoreError> {
    let row = sqlx::query(
        "-- receipt::find
        SELECT sequence, jws, sha256
        FROM receipt
        WHERE sender = $1 AND sequence = $2",
    )
    .bind(sender.as_str())
    .bind(stored(sequence))
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(|row| read(row, sender)).transpose()
}

/// At most `limit` receipts after this number, in order.
pub async fn after<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    sequence: u64,
    limit: u32,
) -> Result<Vec<Receipt>, StoreError> {
    let rows = sqlx::query(
        "-- receipt::after
        SELECT sequence, jws, sha256
        FROM receipt
        WHERE sender = $1 AND sequence > $2
        ORDER BY sequence
        LIMIT $3",
    )
    .bind(sender.as_str())
    .bind(stored(sequence))
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    rows.iter().map(|row| read(row, sender)).collect()
}

fn read(row: &sqlx::any::AnyRow, sender: &OrganisationNumber) -> Result<Receipt, StoreError> {
    let columns = Columns::of(row, "receipt", sender.as_str());
    let sequence = columns.count("sequence")?;
    let columns = Columns::of(row, "receipt", format!("{sender}/{sequence}"));
    Ok(Receipt {
        sequence,
        jws: columns.text("jws")?,
        sha256: columns.digest("sha256")?,
    })
}
