//! Redirects that are to be followed: the work of children that receivers sent on.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        ids::{ChildId, ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::columns::Reader;

/// A child that was redirected.
#[derive(Debug, Clone)]
pub struct NewRedirect {
    /// In which transmission.
    pub transmission: TransmissionId,
    /// Which.
    pub child: ChildId,
    /// Of which report.
    pub report: ReportId,
    /// By whom.
    pub receiver: OrganisationNumber,
    /// To whom.
    pub to: OrganisationNumber,
}

const INSERT: ManyRows = ManyRows {
    head: "-- redirect::insert
INSERT INTO redirect (transmission_id, child_id, report_id, receiver, redirected_to, state, why, attempts,
    next_attempt_at, lease_token, lease_until, written_at, written_by)
SELECT column1, column2, column3, column4, column5, 'waiting', NULL, 0, column6, NULL, 0, column6, 'NoteRedirect'
FROM (VALUES",
    columns: 6,
    tail: ") AS new
WHERE 1 = 1
ON CONFLICT (transmission_id, child_id) DO UPDATE
SET redirected_to = excluded.redirected_to, state = 'waiting', why = NULL, attempts = 0,
    next_attempt_at = excluded.next_attempt_at, lease_token = NULL, lease_until = 0, written_at = excluded.written_at,
    written_by = excluded.written_by
WHERE redirect.state IN ('person', 'dropped')",
};

/// Lets redirects be followed. One that waits already, or was followed, stays as it is.
pub async fn insert(conn: &mut AnyConnection, redirects: &[NewRedirect], at: Timestamp) -> Result<(), StoreError> {
    INSERT
        .execute(conn, redirects, |query, new| {
            query
                .bind(new.transmission.to_string())
                .bind(new.child.to_string())
                .bind(new.report.to_string())
                .bind(new.receiver.as_str())
                .bind(new.to.as_str())
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}

/// Whether any redirect is due at `at` and not leased.
pub async fn any_due(pool: &AnyPool, at: Timestamp) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- redirect::any_due
SELECT child_id
FROM redirect
WHERE state = 'waiting' AND next_attempt_at <= $1 AND lease_until <= $1
LIMIT 1",
    )
    .bind(at.as_microsecond())
    .fetch_optional(pool)
    .await?;
    Ok(row.is_some())
}

/// A redirect that a worker has claimed.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// In which transmission.
    pub transmission: TransmissionId,
    /// Which child.
    pub child: ChildId,
    /// Of which report.
    pub report: ReportId,
    /// By whom.
    pub receiver: OrganisationNumber,
    /// To whom.
    pub to: OrganisationNumber,
    /// Of this claim.
    pub token: String,
}

/// Leases up to `limit` redirects that are due at `at`.
pub async fn claim(
    conn: &mut AnyConnection,
    token: &str,
    lease_until: Timestamp,
    limit: i64,
    at: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    let rows = sqlx::query(
        "-- redirect::claim
UPDATE redirect
SET lease_token = $1, lease_until = $2, attempts = attempts + 1, written_at = $3, written_by = 'ClaimRedirects'
WHERE (transmission_id, child_id) IN (
    SELECT transmission_id, child_id
    FROM redirect
    WHERE state = 'waiting' AND next_attempt_at <= $3 AND lease_until <= $3
    ORDER BY next_attempt_at, transmission_id, child_id
    LIMIT $4)
RETURNING transmission_id, child_id, report_id, receiver, redirected_to",
    )
    .bind(token.to_owned())
    .bind(lease_until.as_microsecond())
    .bind(at.as_microsecond())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "redirect", "child_id");
            Ok(Claimed {
                transmission: reader.parsed("transmission_id")?,
                child: reader.parsed("child_id")?,
                report: reader.parsed("report_id")?,
                receiver: reader.parsed("receiver")?,
                to: reader.parsed("redirected_to")?,
                token: token.to_owned(),
            })
        })
        .collect()
}

/// The children of a transmission whose redirects are leased under this token still.
pub async fn held(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    token: &str,
) -> Result<Vec<ChildId>, StoreError> {
    let rows = sqlx::query(
        "-- redirect::held
SELECT child_id
FROM redirect
WHERE transmission_id = $1 AND lease_token = $2 AND state = 'waiting'
ORDER BY child_id",
    )
    .bind(transmission.to_string())
    .bind(token.to_owned())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Reader::new(row, "redirect", "child_id").parsed("child_id"))
        .collect()
}

/// How following ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Another transmission carries the child.
    Done,
    /// A person must decide, for this reason.
    Person(&'static str),
    /// There is nothing to follow any more, for this reason.
    Dropped(&'static str),
}

const END: ManyRows = ManyRows {
    head: "-- redirect::end
WITH ended (transmission_id, child_id, state, why, written_at) AS (VALUES",
    columns: 5,
    tail: ")
UPDATE redirect
SET state = ended.state, why = ended.why, lease_token = NULL, lease_until = 0, written_at = ended.written_at,
    written_by = 'EndRedirect'
FROM ended
WHERE redirect.transmission_id = ended.transmission_id AND redirect.child_id = ended.child_id
    AND redirect.state IN ('waiting', 'person')",
};

/// Ends the redirects of these children, if there are any.
pub async fn end(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    children: &[ChildId],
    end: End,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (state, why) = match end {
        End::Done => ("done", None),
        End::Person(why) => ("person", Some(why)),
        End::Dropped(why) => ("dropped", Some(why)),
    };
    END.execute(conn, children, |query, child| {
        query
            .bind(transmission.to_string())
            .bind(child.to_string())
            .bind(state)
            .bind(why)
            .bind(at.as_microsecond())
    })
    .await?;
    Ok(())
}

const PUT_BACK: ManyRows = ManyRows {
    head: "-- redirect::put_back
WITH later (transmission_id, child_id, next_attempt_at, written_at) AS (VALUES",
    columns: 4,
    tail: ")
UPDATE redirect
SET next_attempt_at = later.next_attempt_at, lease_token = NULL, lease_until = 0, written_at = later.written_at,
    written_by = 'PutBackRedirect'
FROM later
WHERE redirect.transmission_id = later.transmission_id AND redirect.child_id = later.child_id
    AND redirect.state = 'waiting'",
};

/// Lets the redirects of these children be looked at again at `next`.
pub async fn put_back(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    children: &[ChildId],
    next: Timestamp,
    at: Timestamp,
) -> Result<(), StoreError> {
    PUT_BACK
        .execute(conn, children, |query, child| {
            query
                .bind(transmission.to_string())
                .bind(child.to_string())
                .bind(next.as_microsecond())
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}

/// Ends all leases, as [`super::delivery::release_all`].
pub async fn release_all(conn: &mut AnyConnection, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- redirect::release_all
UPDATE redirect
SET lease_token = NULL, lease_until = 0, written_at = $1, written_by = 'ReleaseLeases'
WHERE state = 'waiting' AND lease_until > 0",
    )
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}
