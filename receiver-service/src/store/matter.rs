//! What every clock about a transmission needs: times, type, urgency, and where its children are and what was told of them.

use framme_shared::{
    db::StoreError,
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
        report::{ReportType, Urgency},
    },
};
use jiff::Timestamp;
use sqlx::AnyConnection;

use super::{
    child::{self, Child},
    columns::{Columns, report_type, urgency},
};

/// A transmission with its children.
#[derive(Debug)]
pub struct Matter {
    /// The transmission, by the id inside this service.
    pub transmission: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// Its type.
    pub report_type: ReportType,
    /// Its urgency.
    pub urgency: Urgency,
    /// When the sender answered the submission with success.
    pub submitted_at: Timestamp,
    /// When it was stored here; `None` while it has no receipt.
    pub received_at: Option<Timestamp>,
    /// Its children, in order of their numbers: state, and [`feedback`](framme_shared::domain::lifecycle::ChildState::feedback).
    pub children: Vec<Child>,
}

/// The matter of a transmission; `None` when it is not here.
pub async fn of_transmission(
    connection: &mut AnyConnection,
    transmission: &TransmissionId,
) -> Result<Option<Matter>, StoreError> {
    let row = sqlx::query(
        "-- matter::of_transmission
        SELECT transmission_id, report_id, sender, report_type, urgency_rank, submitted_at, stored_at
        FROM transmission
        WHERE transmission_id = $1",
    )
    .bind(transmission.to_string())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let columns = Columns::keyed(&row, "transmission", "transmission_id")?;
    Ok(Some(Matter {
        transmission: columns.parsed("transmission_id")?,
        report: columns.parsed("report_id")?,
        sender: columns.parsed("sender")?,
        report_type: report_type(&columns)?,
        urgency: urgency(&columns)?,
        submitted_at: columns.time("submitted_at")?,
        received_at: columns.opt_time("stored_at")?,
        children: child::of_transmission(connection, transmission).await?,
    }))
}
