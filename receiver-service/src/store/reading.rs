//! Table `reading`: who read content (innsynslogg).

use framme_shared::{
    db::{StoreError, exactly_one},
    domain::{
        ids::{AttachmentId, TransmissionId},
        receipt::ReadersInRole,
        staff_id::StaffId,
        staff_role::StaffRole,
    },
};
use jiff::Timestamp;
use sqlx::AnyConnection;
use uuid::Uuid;

use super::columns::Columns;
use crate::authority::{Caller, Holder};

/// Records a reading, by a person in this role or by a program.
pub async fn insert(
    connection: &mut AnyConnection,
    id: &Uuid,
    transmission: &TransmissionId,
    attachment: Option<&AttachmentId>,
    reader: &Caller,
    role: Option<StaffRole>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (kind, name) = match &reader.holder {
        Holder::Person(access) => ("person", &access.staff),
        Holder::CaseSystem(name) => ("case_system", name),
    };
    let role = role.map(StaffRole::as_str);
    exactly_one(
        sqlx::query(
            "-- reading::insert
            INSERT INTO reading
                (reading_id, transmission_id, attachment_id, reader_kind, reader, credential_id, read_at, reader_role)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.to_string())
        .bind(transmission.to_string())
        .bind(attachment.map(|attachment| attachment.to_string()))
        .bind(kind)
        .bind(name.as_str())
        .bind(reader.credential.to_string())
        .bind(at.as_microsecond())
        .bind(role)
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

/// How many people have read this transmission, by the role in which each did; whoever read in two roles counts once.
pub async fn readers(
    connection: &mut AnyConnection,
    transmission: &TransmissionId,
) -> Result<Vec<ReadersInRole>, StoreError> {
    let rows = sqlx::query(
        "-- reading::readers
        SELECT reader_role, COUNT(*) AS people
        FROM (
            SELECT reader, MIN(reader_role) AS reader_role
            FROM reading
            WHERE transmission_id = $1 AND reader_kind = 'person' AND reader_role IS NOT NULL
            GROUP BY reader) AS people
        GROUP BY reader_role",
    )
    .bind(transmission.to_string())
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "reading", "reader_role")?;
            Ok(ReadersInRole {
                role: columns.parsed("reader_role")?,
                people: u32::try_from(columns.count("people")?).unwrap_or(u32::MAX),
            })
        })
        .collect()
}
