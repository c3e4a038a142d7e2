//! Heartbeats of workers: that a step was completed, told to whoever watches. A worker that is stuck, dead or out of
//! storage says nothing, and that is the alarm.

use jiff::Timestamp;
use sqlx::{AnyPool, Row as _};

use super::{Change, StoreError, Tx};

/// The worker that steps deadlines and escalations. The other side watches it.
pub const CLOCKS: &str = "clocks";
/// The worker that watches the other side.
pub const READINESS: &str = "readiness";

/// Says that this worker has completed a step, in a change of its own.
pub struct Beat(pub &'static str);

impl Change for Beat {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        beat(tx, self.0).await
    }
}

/// Says that a worker has completed a step now. Nothing is recorded in the ledger: it changes nothing that anybody did.
///
/// # Errors
/// Those of storage.
pub async fn beat(tx: &mut Tx, worker: &'static str) -> Result<(), StoreError> {
    let at = tx.at();
    sqlx::query(
        "-- heartbeat::beat
INSERT INTO heartbeat (worker, beat_at)
VALUES ($1, $2)
ON CONFLICT (worker) DO UPDATE SET beat_at = excluded.beat_at",
    )
    .bind(worker)
    .bind(at.as_microsecond())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// When a worker last completed a step; `None` when it never did.
///
/// # Errors
/// Those of storage.
pub async fn last(pool: &AnyPool, worker: &'static str) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query(
        "-- heartbeat::last
SELECT beat_at
FROM heartbeat
WHERE worker = $1",
    )
    .bind(worker)
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let at = Timestamp::from_microsecond(row.try_get("beat_at")?).map_err(|_| StoreError::Corrupt {
        table: "heartbeat",
        column: "beat_at",
        row: worker.to_owned(),
    })?;
    Ok(Some(at))
}
