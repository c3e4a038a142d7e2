//! Tables `attachment` and `attachment_chunk`: files, sealed in pieces.

use framme_shared::{
    db::{StoreError, exactly_one, rows::ManyRows, sealing::WrappedKey},
    domain::{
        digest::Digest,
        ids::{AttachmentId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor, any::AnyRow};
use uuid::Uuid;

use super::columns::{Columns, master_of, stored};

/// Which file, as its sender names it.
#[derive(Debug, Clone)]
pub struct AttachmentKey {
    /// Organisation number from the certificate.
    pub sender: OrganisationNumber,
    /// The transmission's id as the sender gave it.
    pub sent_id: TransmissionId,
    /// The file.
    pub attachment: AttachmentId,
}

/// A file, or how much of it there is.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Made anew when an upload starts again from the beginning.
    pub storage_id: Uuid,
    /// The file.
    pub id: AttachmentId,
    /// Its size as announced.
    pub size_bytes: u64,
    /// Its SHA-256 as announced.
    pub sha256: Digest,
    /// How much of it is durable.
    pub committed_bytes: u64,
    /// Whether all is durable and right.
    pub complete: bool,
    /// Its data key, wrapped.
    pub key: WrappedKey,
}

/// The file with this key, if any of it has arrived.
pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    key: &AttachmentKey,
) -> Result<Option<Attachment>, StoreError> {
    let row = sqlx::query(
        "-- attachment::find
        SELECT storage_id, attachment_id, size_bytes, sha256, committed_bytes, complete, wrapped_key
        FROM attachment
        WHERE sender = $1 AND sent_id = $2 AND attachment_id = $3",
    )
    .bind(key.sender.as_str())
    .bind(key.sent_id.to_string())
    .bind(key.attachment.to_string())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(read).transpose()
}

/// All files of a transmission, complete or not, by id.
pub async fn of_transmission<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    sent_id: &TransmissionId,
) -> Result<Vec<Attachment>, StoreError> {
    let rows = sqlx::query(
        "-- attachment::of_transmission
        SELECT storage_id, attachment_id, size_bytes, sha256, committed_bytes, complete, wrapped_key
        FROM attachment
        WHERE sender = $1 AND sent_id = $2
        ORDER BY attachment_id",
    )
    .bind(sender.as_str())
    .bind(sent_id.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter().map(read).collect()
}

/// Starts a file of which nothing has arrived.
pub async fn insert(
    connection: &mut AnyConnection,
    key: &AttachmentKey,
    new: &Attachment,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- attachment::insert
            INSERT INTO attachment
                (storage_id, sender, sent_id, attachment_id, size_bytes, sha256, committed_bytes, complete,
                 wrapped_key, master_key_id, created_at, written_at, written_by)
            VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, $9, $9, 'start_upload')",
        )
        .bind(new.storage_id.to_string())
        .bind(key.sender.as_str())
        .bind(key.sent_id.to_string())
        .bind(key.attachment.to_string())
        .bind(stored(new.size_bytes))
        .bind(new.sha256.as_bytes().as_slice())
        .bind(new.key.as_bytes())
        .bind(master_of(&new.key))
        .bind(at.as_microsecond())
        .execute(connection),
    )
    .await
}

/// Drops an incomplete file and its pieces.
pub async fn delete_incomplete(connection: &mut AnyConnection, storage: &Uuid) -> Result<(), StoreError> {
    sqlx::query(
        "-- attachment::delete_chunks
        DELETE FROM attachment_chunk
        WHERE storage_id = $1",
    )
    .bind(storage.to_string())
    .execute(&mut *connection)
    .await?;
    exactly_one(
        sqlx::query(
            "-- attachment::delete_incomplete
            DELETE FROM attachment
            WHERE storage_id = $1 AND complete = 0",
        )
        .bind(storage.to_string())
        .execute(connection),
    )
    .await
}

const INSERT_CHUNKS: ManyRows = ManyRows {
    head: "-- attachment::append
        INSERT INTO attachment_chunk (storage_id, chunk_number, sealed) VALUES",
    columns: 3,
    tail: "",
};

/// Adds pieces, numbered from `first`, to a file that has exactly `from` bytes.
pub async fn append(
    connection: &mut AnyConnection,
    storage: &Uuid,
    first: u64,
    chunks: &[Vec<u8>],
    from: u64,
    to: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    let storage = storage.to_string();
    exactly_one(
        sqlx::query(
            "-- attachment::advance
            UPDATE attachment
            SET committed_bytes = $1, written_at = $2, written_by = 'append_upload'
            WHERE storage_id = $3 AND committed_bytes = $4 AND complete = 0",
        )
        .bind(stored(to))
        .bind(at.as_microsecond())
        .bind(storage.as_str())
        .bind(stored(from))
        .execute(&mut *connection),
    )
    .await?;
    let numbered: Vec<(u64, &Vec<u8>)> = (first..).zip(chunks).collect();
    INSERT_CHUNKS
        .execute(connection, &numbered, |statement, (number, chunk)| {
            statement
                .bind(storage.clone())
                .bind(stored(*number))
                .bind(chunk.as_slice())
        })
        .await?;
    Ok(())
}

/// Marks a file complete.
pub async fn complete(connection: &mut AnyConnection, storage: &Uuid, at: Timestamp) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- attachment::complete
            UPDATE attachment
            SET complete = 1, written_at = $1, written_by = 'complete_upload'
            WHERE storage_id = $2 AND committed_bytes = size_bytes AND complete = 0",
        )
        .bind(at.as_microsecond())
        .bind(storage.to_string())
        .execute(connection),
    )
    .await
}

/// One sealed piece.
pub async fn chunk<'e>(
    executor: impl Executor<'e, Database = Any>,
    storage: &Uuid,
    number: u64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query(
        "-- attachment::chunk
        SELECT sealed
        FROM attachment_chunk
        WHERE storage_id = $1 AND chunk_number = $2",
    )
    .bind(storage.to_string())
    .bind(stored(number))
    .fetch_optional(executor)
    .await?;
    row.map(|row| Columns::of(&row, "attachment_chunk", format!("{storage}/{number}")).bytes("sealed"))
        .transpose()
}

fn read(row: &AnyRow) -> Result<Attachment, StoreError> {
    let columns = Columns::keyed(row, "attachment", "storage_id")?;
    Ok(Attachment {
        storage_id: columns.parsed("storage_id")?,
        id: columns.parsed("attachment_id")?,
        size_bytes: columns.count("size_bytes")?,
        sha256: columns.digest("sha256")?,
        committed_bytes: columns.count("committed_bytes")?,
        complete: columns.flag("complete")?,
        key: columns.key_of("wrapped_key")?,
    })
}
