//! Deliveries: how transmissions are on their way. The rows that wait are the outbox.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, AnyPool};

use super::{columns::Reader, confirmation};

/// A delivery that is under way.
pub struct Delivery {
    /// Which.
    pub transmission: TransmissionId,
    /// Of which report.
    pub report: ReportId,
    /// Its number in the pair.
    pub sequence: u64,
    /// The digest of what is delivered.
    pub content_sha256: Digest,
    /// When the report was taken.
    pub submitted_at: Timestamp,
    /// 0 acute, 1 urgent, 2 normal.
    pub urgency_rank: i64,
    /// Attempts begun, with this one.
    pub attempts: u32,
    /// The transmission that carried its children before they were sent on.
    pub redirected_from: Option<TransmissionId>,
}

/// A transmission that a worker has claimed.
pub struct Claimed {
    /// What is claimed.
    pub delivery: Delivery,
    /// The sealed bytes to deliver.
    pub content: Vec<u8>,
    /// The report's wrapped data key.
    pub wrapped_key: Vec<u8>,
}

/// Leases up to `limit` transmissions that are due at `at`: acute before urgent before normal, then the oldest. A
/// lease that has run out is no lease.
pub async fn claim(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    token: &str,
    lease_until: Timestamp,
    limit: i64,
    at: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    let rows = sqlx::query(
        "-- delivery::claim
UPDATE transmission
SET lease_token = $1, lease_until = $2, attempts = attempts + 1, written_at = $3, written_by = 'ClaimDeliveries'
WHERE transmission_id IN (
    SELECT transmission_id
    FROM transmission
    WHERE receiver = $4 AND delivery_state = 'waiting' AND next_attempt_at <= $3 AND lease_until <= $3
    ORDER BY urgency_rank, submitted_at, sequence
    LIMIT $5)
RETURNING transmission_id, report_id, sequence, content_sha256, submitted_at, urgency_rank, attempts, redirected_from,
    (SELECT content FROM transmission_content AS kept WHERE kept.transmission_id = transmission.transmission_id)
        AS content,
    (SELECT wrapped FROM data_key WHERE data_key.report_id = transmission.report_id) AS wrapped",
    )
    .bind(token.to_owned())
    .bind(lease_until.as_microsecond())
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let mut claimed = rows
        .iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "transmission_id");
            let delivery = Delivery {
                transmission: reader.parsed("transmission_id")?,
                report: reader.parsed("report_id")?,
                sequence: reader.count("sequence")?,
                content_sha256: reader.digest("content_sha256")?,
                submitted_at: reader.time("submitted_at")?,
                urgency_rank: reader.number("urgency_rank")?,
                attempts: u32::try_from(reader.count("attempts")?).unwrap_or(u32::MAX),
                redirected_from: reader.parsed_or_null("redirected_from")?,
            };
            Ok(Claimed {
                delivery,
                // What is gone does not open: that is this one's failure, and no other's.
                content: reader.bytes_or_null("content")?.unwrap_or_default(),
                wrapped_key: reader.bytes_or_null("wrapped")?.unwrap_or_default(),
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    // RETURNING promises no order.
    claimed.sort_by_key(|Claimed { delivery, .. }| (delivery.urgency_rank, delivery.submitted_at, delivery.sequence));
    Ok(claimed)
}

/// Prolongs a lease that is still held. `false` when another worker has it, or the work is done.
pub async fn renew_lease(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    token: &str,
    lease_until: Timestamp,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- delivery::renew_lease
UPDATE transmission
SET lease_until = $1, written_at = $2, written_by = 'RenewLease'
WHERE transmission_id = $3 AND lease_token = $4 AND delivery_state = 'waiting'",
    )
    .bind(lease_until.as_microsecond())
    .bind(at.as_microsecond())
    .bind(transmission.to_string())
    .bind(token.to_owned())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

const HAND_OVER: ManyRows = ManyRows {
    head: "-- delivery::hand_over
WITH held (transmission_id, written_at, written_by) AS (VALUES",
    columns: 3,
    tail: ")
UPDATE transmission
SET delivery_state = 'handed_over', lease_token = NULL, lease_until = 0, last_failure = NULL,
    written_at = held.written_at, written_by = held.written_by
FROM held
WHERE transmission.transmission_id = held.transmission_id AND transmission.delivery_state = 'waiting'
RETURNING transmission.transmission_id, transmission.receiver",
};

/// Records that the receiver holds these, and begins to ask whether it still does: the first time after `first`. Whoever
/// learns it may record it: a verified receipt is true whatever became of the lease.
pub async fn hand_over(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
    first: SignedDuration,
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    let rows = HAND_OVER
        .fetch_all(&mut *conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string()).bind(at.as_microsecond()).bind(by)
        })
        .await?;
    let handed_over = rows.iter().map(|row| {
        let reader = Reader::new(row, "transmission", "transmission_id");
        Ok((reader.parsed("transmission_id")?, reader.parsed("receiver")?))
    });
    let handed_over = handed_over.collect::<Result<Vec<_>, StoreError>>()?;
    confirmation::arm(conn, &handed_over, first, at).await
}

const RECEIVED: ManyRows = ManyRows {
    head: "-- delivery::received
WITH stored (transmission_id, received_at, written_at) AS (VALUES",
    columns: 3,
    tail: ")
UPDATE transmission
SET received_at = stored.received_at, written_at = stored.written_at, written_by = 'ApplyReceipts'
FROM stored
WHERE transmission.transmission_id = stored.transmission_id AND transmission.received_at IS NULL",
};

/// Records when the receiver had stored these, as their receipts state it: its time runs from the first.
pub async fn received(
    conn: &mut AnyConnection,
    received: &[(TransmissionId, Timestamp)],
    at: Timestamp,
) -> Result<(), StoreError> {
    RECEIVED
        .execute(conn, received, |query, (transmission, received_at)| {
            query
                .bind(transmission.to_string())
                .bind(received_at.as_microsecond())
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}

const SEND_AGAIN: ManyRows = ManyRows {
    head: "-- delivery::send_again
WITH lost (transmission_id, at, written_by) AS (VALUES",
    columns: 3,
    tail: ")
UPDATE transmission
SET delivery_state = 'waiting', attempts = 0, next_attempt_at = lost.at, lease_token = NULL, lease_until = 0,
    last_failure = NULL, written_at = lost.at, written_by = lost.written_by
FROM lost
WHERE transmission.transmission_id = lost.transmission_id AND transmission.delivery_state = 'handed_over'",
};

/// Lets transmissions that their receiver has lost be delivered again, from the same sealed content and under the same ids.
/// Nothing is asked about them until they are handed over again.
pub async fn send_again(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    SEND_AGAIN
        .execute(&mut *conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string()).bind(at.as_microsecond()).bind(by)
        })
        .await?;
    confirmation::stop(conn, transmissions).await
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
        "-- delivery::put_back
UPDATE transmission
SET lease_token = NULL, lease_until = 0, last_failure = $1, next_attempt_at = $2, written_at = $3,
    written_by = 'SettleDeliveries'
WHERE transmission_id = $4 AND lease_token = $5 AND delivery_state = 'waiting'",
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

/// Ends all leases on an embedded database, whose only process has just started: nobody can hold one.
pub async fn release_all(conn: &mut AnyConnection, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- delivery::release_all
UPDATE transmission
SET lease_token = NULL, lease_until = 0, written_at = $1, written_by = 'ReleaseLeases'
WHERE delivery_state = 'waiting' AND lease_until > 0",
    )
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Deliveries to one receiver that fail alike.
pub struct Failing {
    /// To whom.
    pub receiver: OrganisationNumber,
    /// Why.
    pub failure: String,
    /// How many.
    pub count: u64,
}

/// What fails now, by receiver and reason.
pub async fn failing(pool: &AnyPool) -> Result<Vec<Failing>, StoreError> {
    let rows = sqlx::query(
        "-- delivery::failing
SELECT receiver, last_failure, COUNT(*) AS failing
FROM transmission
WHERE delivery_state = 'waiting' AND last_failure IS NOT NULL
GROUP BY receiver, last_failure
ORDER BY receiver, last_failure",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "receiver");
            Ok(Failing {
                receiver: reader.parsed("receiver")?,
                failure: reader.text("last_failure")?,
                count: reader.count("failing")?,
            })
        })
        .collect()
}
