//! Table `reading`: who read content (innsynslogg).

use framme_shared::{
    db::{StoreError, exactly_one},
    domain::{
        ids::{AttachmentId, TransmissionId},
        staff_id::StaffId,
    },
};
use jiff::Timestamp;
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::authority::{Caller, Holder};

/// Records a reading.
pub async fn insert(
    connection: &mut AnyConnection,
    id: &Uuid,
    transmission: &TransmissionId,
    attachment: Option<&AttachmentId>,
    reader: &Caller,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (kind, name) = match &reader.holder {
        Holder::Person(access) => ("person", &access.staff),
        Holder::CaseSystem(name) => ("case_system", name),
    };
    exactly_one(
        sqlx::query(
            "-- reading::insert
            INSERT INTO reading
                (reading_id, transmission_id, attachment_id, reader_kind, reader, credential_id, read_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id.to_string())
        .bind(transmission.to_string())
        .bind(attachment.map(|attachment| attachment.to_string()))
        .bind(kind)
        .bind(name.as_str())
        .bind(reader.credential.to_string())
        .bind(at.as_microsecond())
        .execute(connection),
    )
    .await
}

/// Whether this person has read the content of this transmission before.
pub async fn has_read(
    connection: &mut AnyConnection,
    transmission: &TransmissionId,
    staff: &StaffId,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- reading::has_read
        SELECT reading_id
        FROM reading
        WHERE transmission_id = $1 AND reader = $2 AND reader_kind = 'person' AND attachment_id IS NULL
        LIMIT 1",
    )
    .bind(transmission.to_string())
    .bind(staff.as_str())
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}
