//! Table `activity`: when people were last seen.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::staff_id::StaffId,
};
use jiff::Timestamp;
use sqlx::AnyConnection;

use crate::readiness::Noted;

const WRITE: ManyRows = ManyRows {
    head: "-- activity::write
        INSERT INTO activity (staff_id, seen_at, worked_at, written_at, written_by)
        SELECT column1, column2, column3, column4, 'check_own_readiness'
        FROM (VALUES",
    columns: 4,
    tail: ") AS new
        WHERE 1 = 1
        ON CONFLICT (staff_id) DO UPDATE
        SET seen_at = excluded.seen_at, worked_at = COALESCE(excluded.worked_at, activity.worked_at),
            written_at = excluded.written_at, written_by = excluded.written_by",
};

/// Writes when these people were last seen; each once.
pub async fn write(
    connection: &mut AnyConnection,
    people: &[(StaffId, Noted)],
    at: Timestamp,
) -> Result<(), StoreError> {
    if people.is_empty() {
        return Ok(());
    }
    WRITE
        .execute(connection, people, |query, (staff, noted)| {
            query
                .bind(staff.as_str())
                .bind(noted.seen_at.as_microsecond())
                .bind(noted.worked_at.map(Timestamp::as_microsecond))
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}
