//! The outbox of withdrawals.

use framme_shared::{
    db::StoreError,
    domain::{
        ids::{RequestId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::Timestamp;
use sqlx::AnyConnection;

use super::columns::Reader;

/// Queues the withdrawal of a transmission; one that is queued already stays as it is.
pub async fn insert(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    receiver: &OrganisationNumber,
    request: &RequestId,
    withdrawn_by: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- withdrawal::insert
INSERT INTO withdrawal (transmission_id, receiver, request_id, withdrawn_by, state, attempts, next_attempt_at,
    lease_token, lease_until, last_failure, written_at, written_by)
VALUES ($1, $2, $3, $4, 'waiting', 0, $5, NULL, 0, NULL, $5, 'WithdrawReport')
ON CONFLICT (transmission_id) DO NOTHING",
    )
    .bind(transmission.to_string())
    .bind(receiver.to_string())
    .bind(request.to_string())
    .bind(withdrawn_by.to_owned())
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets a withdrawal of this transmission go where the transmission goes now.
pub async fn route(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    receiver: &OrganisationNumber,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- withdrawal::route
UPDATE withdrawal
SET receiver = $1, written_at = $2, written_by = 'RouteTransmission'
WHERE transmission_id = $3",
    )
    .bind(receiver.to_string())
    .bind(at.as_microsecond())
    .bind(transmission.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a transmission is to be taken back, or was.
pub async fn is_asked_for(conn: &mut AnyConnection, transmission: &TransmissionId) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- withdrawal::is_asked_for
SELECT transmission_id
FROM withdrawal
WHERE transmission_id = $1",
    )
    .bind(transmission.to_string())
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// A withdrawal that a worker has claimed.
pub struct ClaimedWithdrawal {
    /// What to withdraw.
    pub transmission: TransmissionId,
    /// The same in every repetition.
    pub request: RequestId,
    /// By role-scoped id.
    pub withdrawn_by: String,
    /// Attempts begun, with this one.
    pub attempts: u32,
}

/// Leases up to `limit` withdrawals that are due at `at` and whose transmission the receiver holds.
pub async fn claim(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    token: &str,
    lease_until: Timestamp,
    limit: i64,
    at: Timestamp,
) -> Result<Vec<ClaimedWithdrawal>, StoreError> {
    let rows = sqlx::query(
        "-- withdrawal::claim
UPDATE withdrawal
SET lease_token = $1, lease_until = $2, attempts = attempts + 1, written_at = $3, written_by = 'ClaimDeliveries'
WHERE transmission_id IN (
    SELECT withdrawal.transmission_id
    FROM withdrawal
    JOIN transmission ON transmission.transmission_id = withdrawal.transmission_id
    WHERE withdrawal.receiver = $4 AND withdrawal.state = 'waiting' AND withdrawal.next_attempt_at <= $3
        AND withdrawal.lease_until <= $3 AND transmission.delivery_state = 'handed_over'
    ORDER BY withdrawal.next_attempt_at
    LIMIT $5)
RETURNING transmission_id, request_id, withdrawn_by, attempts",
    )
    .bind(token.to_owned())
    .bind(lease_until.as_microsecond())
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "withdrawal", "transmission_id");
            Ok(ClaimedWithdrawal {
                transmission: reader.parsed("transmission_id")?,
                request: reader.parsed("request_id")?,
                withdrawn_by: reader.text("withdrawn_by")?,
                attempts: u32::try_from(reader.count("attempts")?).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

/// Records that the receiver has withdrawn it, or had ended every child of it before. The children move by receipts.
pub async fn done(conn: &mut AnyConnection, transmission: &TransmissionId, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- withdrawal::done
UPDATE withdrawal
SET state = 'done', lease_token = NULL, lease_until = 0, last_failure = NULL, written_at = $1,
    written_by = 'SettleDeliveries'
WHERE transmission_id = $2 AND state = 'waiting'",
    )
    .bind(at.as_microsecond())
    .bind(transmission.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets withdrawals that the receiver had carried out be asked for again while no receipt says so: a receiver that was set
/// back knows nothing of them. How many those are.
pub async fn ask_again(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let result = sqlx::query(
        "-- withdrawal::ask_again
UPDATE withdrawal
SET state = 'waiting', attempts = 0, next_attempt_at = $1, written_at = $1, written_by = 'WithdrawAgain'
WHERE receiver = $2 AND state = 'done' AND EXISTS (
    SELECT child.child_id
    FROM transmission
    JOIN child ON child.report_id = transmission.report_id
        AND child.transmission_id = transmission.transmission_id
    WHERE transmission.transmission_id = withdrawal.transmission_id
        AND child.stage NOT IN ('withdrawn', 'closed'))",
    )
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .execute(conn)
    .await?;
    Ok(result.rows_affected())
}

/// Records a failed attempt and when the next may begin, if this worker still has the lease. `false` when it does not.
pub async fn put_back(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    token: &str,
    failure: &'static str,
    next_attempt_at: Timestamp,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- withdrawal::put_back
UPDATE withdrawal
SET lease_token = NULL, lease_until = 0, last_failure = $1, next_attempt_at = $2, written_at = $3,
    written_by = 'SettleDeliveries'
WHERE transmission_id = $4 AND lease_token = $5 AND state = 'waiting'",
    )
    .bind(failure)
    .bind(next_attempt_at.as_microsecond())
    .bind(at.as_microsecond())
    .bind(transmission.to_string())
    .bind(token.to_owned())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Ends all leases, as [`super::delivery::release_all`].
pub async fn release_all(conn: &mut AnyConnection, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- withdrawal::release_all
UPDATE withdrawal
SET lease_token = NULL, lease_until = 0, written_at = $1, written_by = 'ReleaseLeases'
WHERE state = 'waiting' AND lease_until > 0",
    )
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}
