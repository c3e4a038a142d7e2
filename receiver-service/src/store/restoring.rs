//! Table `restoring`: transmissions that receipts which came back are about, and that are not here yet.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{ids::TransmissionId, organisation::OrganisationNumber},
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor};

use super::columns::Columns;

const INSERT: ManyRows = ManyRows {
    head: "-- restoring::insert
        INSERT INTO restoring (sender, sent_id, written_at)
        SELECT column1, column2, column3
        FROM (VALUES",
    columns: 3,
    tail: ") AS missing
        WHERE 1 = 1
        ON CONFLICT DO NOTHING",
};

/// Records that these are missing.
pub async fn insert(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    missing: &[TransmissionId],
    at: Timestamp,
) -> Result<(), StoreError> {
    INSERT
        .execute(connection, missing, |statement, sent_id| {
            statement
                .bind(sender.as_str())
                .bind(sent_id.to_string())
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}

/// Up to `limit` of the sender's that are not here again.
pub async fn missing<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    limit: u32,
) -> Result<Vec<TransmissionId>, StoreError> {
    let rows = sqlx::query(
        "-- restoring::missing
        SELECT r.sent_id
        FROM restoring r
        LEFT JOIN transmission t ON t.sender = r.sender AND t.sent_id = r.sent_id
        WHERE r.sender = $1 AND t.transmission_id IS NULL
        ORDER BY r.sent_id
        LIMIT $2",
    )
    .bind(sender.as_str())
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| Columns::keyed(row, "restoring", "sent_id")?.parsed("sent_id"))
        .collect()
}

/// Up to `limit` of the sender's that are here again, with their receipts "stored": by the sender's id and the one inside
/// this service.
pub async fn arrived<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    limit: u32,
) -> Result<Vec<(TransmissionId, TransmissionId)>, StoreError> {
    let rows = sqlx::query(
        "-- restoring::arrived
        SELECT r.sent_id, t.transmission_id
        FROM restoring r
        JOIN transmission t ON t.sender = r.sender AND t.sent_id = r.sent_id
        WHERE r.sender = $1 AND t.stored_receipt_sequence IS NOT NULL
        ORDER BY r.sent_id
        LIMIT $2",
    )
    .bind(sender.as_str())
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "restoring", "sent_id")?;
            Ok((columns.parsed("sent_id")?, columns.parsed("transmission_id")?))
        })
        .collect()
}

/// The id inside this service of one of them that is here again, with its receipt "stored".
pub async fn arrived_as<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    sent_id: &TransmissionId,
) -> Result<Option<TransmissionId>, StoreError> {
    let row = sqlx::query(
        "-- restoring::arrived_as
        SELECT r.sent_id, t.transmission_id
        FROM restoring r
        JOIN transmission t ON t.sender = r.sender AND t.sent_id = r.sent_id
        WHERE r.sender = $1 AND r.sent_id = $2 AND t.stored_receipt_sequence IS NOT NULL",
    )
    .bind(sender.as_str())
    .bind(sent_id.to_string())
    .fetch_optional(executor)
    .await?;
    row.map(|row| Columns::keyed(&row, "restoring", "sent_id")?.parsed("transmission_id"))
        .transpose()
}

/// Whether anything of any sender is missing.
pub async fn is_any<'e>(executor: impl Executor<'e, Database = Any>) -> Result<bool, StoreError> {
    let row = sqlx::query("-- restoring::is_any\nSELECT sent_id FROM restoring LIMIT 1")
        .fetch_optional(executor)
        .await?;
    Ok(row.is_some())
}

/// It is here again, and what holds of it was stated anew. `false` when that was done before.
pub async fn remove(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    sent_id: &TransmissionId,
) -> Result<bool, StoreError> {
    let removed = sqlx::query(
        "-- restoring::remove
        DELETE FROM restoring
        WHERE sender = $1 AND sent_id = $2",
    )
    .bind(sender.as_str())
    .bind(sent_id.to_string())
    .execute(connection)
    .await?;
    Ok(removed.rows_affected() == 1)
}
