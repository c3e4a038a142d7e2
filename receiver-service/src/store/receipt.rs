//! Table `receipt`: receipts as they were signed.

use std::collections::HashSet;

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        digest::Digest,
        ids::{ChildId, TransmissionId},
        lifecycle::FeedbackKind,
        organisation::OrganisationNumber,
        receipt::Headers,
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
    /// What it tells beside its level, if it does.
    pub feedback: Option<FeedbackKind>,
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
        INSERT INTO receipt
            (sender, sequence, transmission_id, child_id, level, feedback, header_sha256, jws, sha256, made_at) VALUES",
    columns: 10,
    tail: "",
};

const INSERT_HEADER: ManyRows = ManyRows {
    head: "-- receipt::insert a header
        INSERT INTO receipt_header (sha256, header) VALUES",
    columns: 2,
    tail: "ON CONFLICT DO NOTHING",
};

/// Stores receipts for one sender.
pub async fn insert(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    receipts: &[NewReceipt],
) -> Result<(), StoreError> {
    let mut headers = Headers::default();
    let parted: Vec<_> = receipts
        .iter()
        .map(|receipt| (receipt, headers.part(&receipt.jws)))
        .collect();
    INSERT_HEADER
        .execute(&mut *connection, headers.distinct(), |statement, (digest, header)| {
            statement.bind(digest.as_bytes().as_slice()).bind(*header)
        })
        .await?;
    INSERT
        .execute(connection, &parted, |statement, (receipt, (header, rest))| {
            statement
                .bind(sender.as_str())
                .bind(stored(receipt.sequence))
                .bind(receipt.transmission.to_string())
                .bind(receipt.child.map(|child| child.to_string()))
                .bind(receipt.level)
                .bind(receipt.feedback.map(FeedbackKind::as_str))
                .bind(header.as_ref().map(|header| header.as_bytes().as_slice()))
                .bind(*rest)
                .bind(receipt.sha256.as_bytes().as_slice())
                .bind(receipt.made_at.as_microsecond())
        })
        .await?;
    Ok(())
}

/// A receipt as it was signed, from its two parts.
macro_rules! stored_receipts {
    () => {
        "
        SELECT receipt.sequence, receipt.sha256,
               CASE WHEN receipt.header_sha256 IS NULL THEN receipt.jws
                    ELSE receipt_header.header || '.' || receipt.jws END AS jws
        FROM receipt
        LEFT JOIN receipt_header ON receipt_header.sha256 = receipt.header_sha256"
    };
}

/// The receipt with this number.
pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    sequence: u64,
) -> Result<Option<Receipt>, StoreError> {
    const FIND: &str = concat!(
        "-- receipt::find",
        stored_receipts!(),
        "
        WHERE receipt.sender = $1 AND receipt.sequence = $2"
    );
    let row = sqlx::query(FIND)
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
    const AFTER: &str = concat!(
        "-- receipt::after",
        stored_receipts!(),
        "
        WHERE receipt.sender = $1 AND receipt.sequence > $2
        ORDER BY receipt.sequence
        LIMIT $3"
    );
    let rows = sqlx::query(AFTER)
        .bind(sender.as_str())
        .bind(stored(sequence))
        .bind(i64::from(limit))
        .fetch_all(executor)
        .await?;
    rows.iter().map(|row| read(row, sender)).collect()
}

/// All receipts about a transmission, by the id inside this service, in order.
pub async fn of_transmission<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    transmission: &TransmissionId,
) -> Result<Vec<Receipt>, StoreError> {
    const OF_TRANSMISSION: &str = concat!(
        "-- receipt::of_transmission",
        stored_receipts!(),
        "
        WHERE receipt.sender = $1 AND receipt.transmission_id = $2
        ORDER BY receipt.sequence"
    );
    let rows = sqlx::query(OF_TRANSMISSION)
        .bind(sender.as_str())
        .bind(transmission.to_string())
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

/// Of which children of a transmission a receipt says that a person opened them.
#[derive(Debug, Default)]
pub struct OpenedChildren {
    all: bool,
    some: HashSet<ChildId>,
}

impl OpenedChildren {
    /// Whether this one.
    #[must_use]
    pub fn of(&self, child: &ChildId) -> bool {
        self.all || self.some.contains(child)
    }
}

/// Reads it from the receipts about this transmission.
pub async fn opened(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    transmission: &TransmissionId,
) -> Result<OpenedChildren, StoreError> {
    let rows = sqlx::query(
        "-- receipt::opened
        SELECT transmission_id, child_id
        FROM receipt
        WHERE sender = $1 AND transmission_id = $2 AND level = 'opened'",
    )
    .bind(sender.as_str())
    .bind(transmission.to_string())
    .fetch_all(connection)
    .await?;
    let mut opened = OpenedChildren::default();
    for row in &rows {
        match Columns::keyed(row, "receipt", "transmission_id")?.opt_parsed("child_id")? {
            Some(child) => drop(opened.some.insert(child)),
            None => opened.all = true,
        }
    }
    Ok(opened)
}
