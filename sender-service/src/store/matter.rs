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
    child::{self, ChildRow},
    columns::Reader,
};

/// A transmission with its children.
#[derive(Debug)]
pub struct Matter {
    /// The transmission.
    pub transmission: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// To whom.
    pub receiver: OrganisationNumber,
    /// The report's type.
    pub report_type: ReportType,
    /// Its urgency.
    pub urgency: Urgency,
    /// When the submission was answered with success.
    pub submitted_at: Timestamp,
    /// When the receiver had stored it, as its first receipt states it; `None` without a receipt.
    pub received_at: Option<Timestamp>,
    /// Its children: state, and [`feedback`](framme_shared::domain::lifecycle::ChildState::feedback).
    pub children: Vec<ChildRow>,
}

/// The matter of a transmission; `None` when there is no such transmission.
pub async fn of_transmission(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
) -> Result<Option<Matter>, StoreError> {
    let row = sqlx::query(
        "-- matter::of_transmission
SELECT transmission.transmission_id, transmission.report_id, transmission.receiver, transmission.received_at,
    report.report_type, report.urgency, report.submitted_at
FROM transmission
JOIN report ON report.report_id = transmission.report_id
WHERE transmission.transmission_id = $1",
    )
    .bind(transmission.to_string())
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let reader = Reader::new(&row, "transmission", "transmission_id");
    let report: ReportId = reader.parsed("report_id")?;
    let mut children = child::of_reports(conn, &[report]).await?;
    children.retain(|child| child.transmission == *transmission);
    children.sort_by_key(|child| child.place);
    Ok(Some(Matter {
        transmission: *transmission,
        report,
        receiver: reader.parsed("receiver")?,
        report_type: reader.word("report_type", ReportType::parse)?,
        urgency: reader.word("urgency", Urgency::parse)?,
        submitted_at: reader.time("submitted_at")?,
        received_at: reader.time_or_null("received_at")?,
        children,
    }))
}
