//! The children that somebody has as caseworker.

use framme_shared::{
    child_state,
    db::StoreError,
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
        staff_id::StaffId,
    },
};
use sqlx::AnyConnection;

use super::{Child, read};
use crate::store::columns::Columns;

/// A child that somebody has, with what its receipts need.
#[derive(Debug)]
pub struct LiveAssignment {
    /// The transmission, by the id inside this service.
    pub transmission: TransmissionId,
    /// Its id as the sender gave it.
    pub sent_id: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// The child.
    pub child: Child,
}

/// The children that somebody has as caseworker, by sender and transmission.
pub async fn assigned_to(connection: &mut AnyConnection, staff: &StaffId) -> Result<Vec<LiveAssignment>, StoreError> {
    let rows = sqlx::query(concat!(
        "-- child::assigned_to
        SELECT c.transmission_id, c.child_id, c.area, ",
        child_state!("c."),
        ", c.version,
               t.sender, t.sent_id, t.report_id
        FROM child c
        JOIN transmission t ON t.transmission_id = c.transmission_id
        WHERE c.assigned_staff = $1
        ORDER BY t.sender, c.transmission_id, c.child_number"
    ))
    .bind(staff.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "transmission", "transmission_id")?;
            Ok(LiveAssignment {
                transmission: columns.parsed("transmission_id")?,
                sent_id: columns.parsed("sent_id")?,
                report: columns.parsed("report_id")?,
                sender: columns.parsed("sender")?,
                child: read(row)?,
            })
        })
        .collect()
}

/// Everybody who has a child of this sender.
pub async fn caseworkers(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
) -> Result<Vec<StaffId>, StoreError> {
    let rows = sqlx::query(
        "-- child::caseworkers
        SELECT DISTINCT c.assigned_staff
        FROM child c
        JOIN transmission t ON t.transmission_id = c.transmission_id
        WHERE t.sender = $1 AND c.assigned_staff IS NOT NULL
        ORDER BY c.assigned_staff",
    )
    .bind(sender.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| Columns::keyed(row, "child", "assigned_staff")?.parsed("assigned_staff"))
        .collect()
}
