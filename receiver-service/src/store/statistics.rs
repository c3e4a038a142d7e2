//! Facts about the whole database, for `doctor`.

use framme_shared::{db::StoreError, domain::ids::TransmissionId};
use sqlx::{AnyPool, Row as _};

use super::columns::Columns;

/// How many children are at a stage.
#[derive(Debug, Clone)]
pub struct StageCount {
    /// The word of the stage.
    pub stage: String,
    /// How many.
    pub children: i64,
}

/// Children by stage.
pub async fn children_by_stage(reader: &AnyPool) -> Result<Vec<StageCount>, StoreError> {
    let rows = sqlx::query(
        "-- statistics::children_by_stage
        SELECT stage, COUNT(*) AS children
        FROM child
        GROUP BY stage
        ORDER BY stage",
    )
    .fetch_all(reader)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(StageCount {
                stage: row.try_get("stage")?,
                children: row.try_get("children")?,
            })
        })
        .collect()
}

/// Areas in which a child waits, each once.
pub async fn waiting_areas(reader: &AnyPool) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "-- statistics::waiting_areas
        SELECT DISTINCT area
        FROM child
        WHERE waiting = 1
        ORDER BY area",
    )
    .fetch_all(reader)
    .await?;
    rows.iter().map(|row| Ok(row.try_get("area")?)).collect()
}

/// How many transmissions arrived but have no receipt yet: their senders repeat them.
pub async fn without_receipt(reader: &AnyPool) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "-- statistics::without_receipt
        SELECT COUNT(*) AS transmissions
        FROM transmission
        WHERE stored_receipt_sequence IS NULL",
    )
    .fetch_one(reader)
    .await?;
    Ok(row.try_get("transmissions")?)
}

/// The first and the last id of a transmission; `None` when there is none.
pub async fn ends(reader: &AnyPool) -> Result<Option<(TransmissionId, TransmissionId)>, StoreError> {
    let row = sqlx::query(
        "-- statistics::ends
        SELECT MIN(transmission_id) AS first, MAX(transmission_id) AS last
        FROM transmission",
    )
    .fetch_one(reader)
    .await?;
    if row.try_get::<Option<String>, _>("first")?.is_none() {
        return Ok(None);
    }
    let columns = Columns::keyed(&row, "transmission", "first")?;
    Ok(Some((columns.parsed("first")?, columns.parsed("last")?)))
}

/// How many transmissions there are.
pub async fn transmissions(reader: &AnyPool) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "-- statistics::transmissions
        SELECT COUNT(*) AS transmissions
        FROM transmission",
    )
    .fetch_one(reader)
    .await?;
    Ok(row.try_get("transmissions")?)
}
