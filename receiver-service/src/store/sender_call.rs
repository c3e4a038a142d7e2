//! Table `sender_call`: what each sender last said of itself.

use framme_shared::{db::StoreError, domain::organisation::OrganisationNumber};
use jiff::Timestamp;
use sqlx::AnyConnection;

use super::columns::Columns;
use crate::staff::Areas;

/// What a sender last said.
#[derive(Debug, Clone)]
pub struct SenderCall {
    /// Who.
    pub sender: OrganisationNumber,
    /// When it asked first.
    pub first_called_at: Timestamp,
    /// When it asked last.
    pub called_at: Timestamp,
    /// When its clock worker last completed a step, by this service's clock.
    pub clocks_beat_at: Option<Timestamp>,
    /// Where it sends reports here for.
    pub areas: Areas,
}

/// Writes what a sender says now.
pub async fn write(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    clocks_beat_at: Option<Timestamp>,
    software_version: &str,
    areas: &Areas,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- sender_call::write
        INSERT INTO sender_call
            (sender, first_called_at, called_at, clocks_beat_at, software_version, areas, written_at, written_by)
        VALUES ($1, $2, $2, $3, $4, $5, $2, 'called')
        ON CONFLICT (sender) DO UPDATE
        SET called_at = excluded.called_at, clocks_beat_at = excluded.clocks_beat_at,
            software_version = excluded.software_version, areas = excluded.areas,
            written_at = excluded.written_at, written_by = excluded.written_by",
    )
    .bind(sender.as_str())
    .bind(at.as_microsecond())
    .bind(clocks_beat_at.map(Timestamp::as_microsecond))
    .bind(software_version.to_owned())
    .bind(areas.stored().to_owned())
    .execute(connection)
    .await?;
    Ok(())
}

/// What every sender last said, by number.
pub async fn all(connection: &mut AnyConnection) -> Result<Vec<SenderCall>, StoreError> {
    let rows = sqlx::query(
        "-- sender_call::all
        SELECT sender, first_called_at, called_at, clocks_beat_at, areas
        FROM sender_call
        ORDER BY sender",
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "sender_call", "sender")?;
            Ok(SenderCall {
                sender: columns.parsed("sender")?,
                first_called_at: columns.time("first_called_at")?,
                called_at: columns.time("called_at")?,
                clocks_beat_at: columns.opt_time("clocks_beat_at")?,
                areas: Areas::from_stored(columns.text("areas")?).map_err(|_| columns.corrupt("areas"))?,
            })
        })
        .collect()
}
