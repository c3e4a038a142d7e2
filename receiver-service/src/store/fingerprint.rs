//! Table `event_fingerprint`: which transmissions are about the same event.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{digest::Digest, ids::TransmissionId, organisation::OrganisationNumber, reconciliation::Period},
};
use sqlx::{Any, AnyConnection, Executor};

use super::columns::Columns;

const INSERT: ManyRows = ManyRows {
    head: "-- fingerprint::insert
        INSERT INTO event_fingerprint (fingerprint, transmission_id, sender) VALUES",
    columns: 3,
    tail: "ON CONFLICT DO NOTHING",
};

/// Stores the fingerprints of transmissions.
pub async fn insert(
    connection: &mut AnyConnection,
    fingerprints: &[(Digest, TransmissionId, OrganisationNumber)],
) -> Result<(), StoreError> {
    INSERT
        .execute(connection, fingerprints, |statement, (fingerprint, id, sender)| {
            statement
                .bind(fingerprint.as_bytes().as_slice())
                .bind(id.to_string())
                .bind(sender.as_str())
        })
        .await?;
    Ok(())
}

/// A transmission about an event that another sender has reported too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// Its number in the pair.
    pub sequence: u64,
    /// Its id inside this service.
    pub id: TransmissionId,
}

/// The first transmissions of this sender and period, in the order of numbers, about an event that another sender has
/// reported too, whenever that was.
pub async fn duplicates<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    period: &Period,
    limit: usize,
) -> Result<Vec<Duplicate>, StoreError> {
    let (from, until) = period.bounds();
    let rows = sqlx::query(
        "-- fingerprint::duplicates
        SELECT DISTINCT t.sequence, t.transmission_id
        FROM event_fingerprint own
        JOIN event_fingerprint other ON other.fingerprint = own.fingerprint AND other.sender <> own.sender
        JOIN transmission t ON t.transmission_id = own.transmission_id
        WHERE own.sender = $1 AND t.submitted_at >= $2 AND t.submitted_at < $3
          AND t.stored_receipt_sequence IS NOT NULL
        ORDER BY t.sequence
        LIMIT $4",
    )
    .bind(sender.as_str())
    .bind(from)
    .bind(until)
    .bind(limit as i64)
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "transmission", "transmission_id")?;
            Ok(Duplicate {
                sequence: columns.count("sequence")?,
                id: columns.parsed("transmission_id")?,
            })
        })
        .collect()
}
