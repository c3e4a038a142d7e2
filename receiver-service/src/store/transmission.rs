//! Table `transmission`: what arrived, sealed.

use framme_shared::{
    db::{StoreError, sealing::WrappedKey},
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
        receipt::ChainHead,
        report::{ReportType, Urgency},
    },
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor, any::AnyRow};

use super::columns::{Columns, master_of, stored};

/// A transmission that is about to be stored.
#[derive(Debug)]
pub struct NewTransmission {
    /// Organisation number from the certificate.
    pub sender: OrganisationNumber,
    /// The id that the sender gave it.
    pub sent_id: TransmissionId,
    /// Its number in the pair.
    pub sequence: u64,
    /// The report that it is part of.
    pub report: ReportId,
    /// Its type.
    pub report_type: ReportType,
    /// Its urgency.
    pub urgency: Urgency,
    /// When the sender answered the submission with success.
    pub submitted_at: Timestamp,
    /// How many attachments the content names.
    pub attachment_count: u64,
    /// SHA-256 of the content.
    pub content_sha256: Digest,
}

/// The sealed content, with what opens it.
#[derive(Debug)]
pub struct SealedContent {
    /// The content, sealed.
    pub sealed: Vec<u8>,
    /// The data key, wrapped.
    pub key: WrappedKey,
}

/// A stored transmission without its content.
#[derive(Debug, Clone)]
pub struct Transmission {
    /// The id inside this service.
    pub id: TransmissionId,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// The id that the sender gave it.
    pub sent_id: TransmissionId,
    /// Its number in the pair.
    pub sequence: u64,
    /// The report that it is part of.
    pub report: ReportId,
    /// When the sender answered the submission with success.
    pub submitted_at: Timestamp,
    /// Time of the receipt "stored"; `None` until there is one.
    pub stored_at: Option<Timestamp>,
    /// Number of the receipt "stored".
    pub stored_receipt_sequence: Option<u64>,
    /// How many attachments the content names.
    pub attachment_count: u64,
    /// SHA-256 of the content as it arrived.
    pub content_sha256: Digest,
}

/// Stores a transmission under `id`, unless a row with one of its keys is there: then nothing happens and the answer
/// is `false`.
pub async fn insert(
    connection: &mut AnyConnection,
    id: &TransmissionId,
    new: &NewTransmission,
    content: &SealedContent,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "-- transmission::insert
        INSERT INTO transmission
            (transmission_id, sender, sent_id, sequence, report_id, report_type, urgency_rank, submitted_at,
             arrived_at, stored_at, stored_receipt_sequence, attachment_count, content_sha256, content_sealed,
             wrapped_key, master_key_id, written_at, written_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL, $10, $11, $12, $13, $14, $9, 'store_transmission')
        ON CONFLICT DO NOTHING",
    )
    .bind(id.to_string())
    .bind(new.sender.as_str())
    .bind(new.sent_id.to_string())
    .bind(stored(new.sequence))
    .bind(new.report.to_string())
    .bind(new.report_type.as_str())
    .bind(new.urgency.rank())
    .bind(new.submitted_at.as_microsecond())
    .bind(at.as_microsecond())
    .bind(stored(new.attachment_count))
    .bind(new.content_sha256.as_bytes().as_slice())
    .bind(content.sealed.as_slice())
    .bind(content.key.as_bytes())
    .bind(master_of(&content.key))
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The sender's transmission with this id, as the sender gave it.
pub async fn find_sent<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    sent_id: &TransmissionId,
) -> Result<Option<Transmission>, StoreError> {
    let row = sqlx::query(
        "-- transmission::find_sent
        SELECT transmission_id, sender, sent_id, sequence, report_id, submitted_at,
               stored_at, stored_receipt_sequence, attachment_count, content_sha256
        FROM transmission
        WHERE sender = $1 AND sent_id = $2",
    )
    .bind(sender.as_str())
    .bind(sent_id.to_string())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The transmission with this id inside this service.
pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: &TransmissionId,
) -> Result<Option<Transmission>, StoreError> {
    let row = sqlx::query(
        "-- transmission::find
        SELECT transmission_id, sender, sent_id, sequence, report_id, submitted_at,
               stored_at, stored_receipt_sequence, attachment_count, content_sha256
        FROM transmission
        WHERE transmission_id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Whether the sender has used this sequence number or report id for any transmission.
pub async fn is_taken(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    sequence: u64,
    report: &ReportId,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- transmission::is_taken
        SELECT transmission_id
        FROM transmission
        WHERE sender = $1 AND (sequence = $2 OR report_id = $3)
        LIMIT 1",
    )
    .bind(sender.as_str())
    .bind(stored(sequence))
    .bind(report.to_string())
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// The sealed content of a transmission, and the digest that it must have.
pub async fn content<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: &TransmissionId,
) -> Result<Option<(SealedContent, Digest)>, StoreError> {
    let row = sqlx::query(
        "-- transmission::content
        SELECT content_sealed, wrapped_key, content_sha256
        FROM transmission
        WHERE transmission_id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(executor)
    .await?;
    row.map(|row| {
        let columns = Columns::of(&row, "transmission", id.to_string());
        let content = SealedContent {
            sealed: columns.bytes("content_sealed")?,
            key: columns.key_of("wrapped_key")?,
        };
        Ok((content, columns.digest("content_sha256")?))
    })
    .transpose()
}

/// Records that the sender's next receipt is "stored" for this transmission, and returns where the chain ends before it;
/// `None` when the transmission has its receipt already, or the sender has no row among the peers yet.
pub async fn set_stored(
    connection: &mut AnyConnection,
    id: &TransmissionId,
    sender: &OrganisationNumber,
    at: Timestamp,
) -> Result<Option<ChainHead>, StoreError> {
    let row = sqlx::query(
        "-- transmission::set_stored
        UPDATE transmission
        SET stored_at = $1, written_at = $1, written_by = 'receipt_stored',
            stored_receipt_sequence = (SELECT last_receipt_sequence + 1 FROM peer WHERE organisation = $2)
        WHERE transmission_id = $3 AND stored_receipt_sequence IS NULL
          AND EXISTS (SELECT 1 FROM peer WHERE organisation = $2)
        RETURNING stored_receipt_sequence - 1 AS last_sequence,
                  (SELECT last_receipt_sha256 FROM peer WHERE organisation = $2) AS last_sha256",
    )
    .bind(at.as_microsecond())
    .bind(sender.as_str())
    .bind(id.to_string())
    .fetch_optional(connection)
    .await?;
    row.map(|row| Columns::of(&row, "peer", sender.as_str()).head("last_sequence", "last_sha256"))
        .transpose()
}

/// At most `limit` ids after this one, in order of ids; empty text for the first page.
pub async fn ids_after<'e>(
    executor: impl Executor<'e, Database = Any>,
    after: &str,
    limit: u32,
) -> Result<Vec<TransmissionId>, StoreError> {
    let rows = sqlx::query(
        "-- transmission::ids_after
        SELECT transmission_id
        FROM transmission
        WHERE transmission_id > $1
        ORDER BY transmission_id
        LIMIT $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| Columns::keyed(row, "transmission", "transmission_id")?.parsed("transmission_id"))
        .collect()
}

fn read(row: &AnyRow) -> Result<Transmission, StoreError> {
    let columns = Columns::keyed(row, "transmission", "transmission_id")?;
    Ok(Transmission {
        id: columns.parsed("transmission_id")?,
        sender: columns.parsed("sender")?,
        sent_id: columns.parsed("sent_id")?,
        sequence: columns.count("sequence")?,
        report: columns.parsed("report_id")?,
        submitted_at: columns.time("submitted_at")?,
        stored_at: columns.opt_time("stored_at")?,
        stored_receipt_sequence: columns.opt_count("stored_receipt_sequence")?,
        attachment_count: columns.count("attachment_count")?,
        content_sha256: columns.digest("content_sha256")?,
    })
}
