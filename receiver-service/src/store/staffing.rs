//! The staff register with credentials and activity, without names: who could act.

use framme_shared::db::StoreError;
use jiff::Timestamp;
use sqlx::AnyConnection;

use super::{columns::Columns, staff::access_of};
use crate::staff::Access;

/// People read at once.
const PAGE: i64 = 500;

/// A person, as far as it matters who could act.
#[derive(Debug, Clone)]
pub struct Member {
    /// What the entry gives access to.
    pub access: Access,
    /// Whether a credential of the person is valid now.
    pub has_credential: bool,
    /// When one was last used.
    pub seen_at: Option<Timestamp>,
    /// When the person last worked the list.
    pub worked_at: Option<Timestamp>,
}

/// Everybody in the register, by id.
pub async fn everybody(connection: &mut AnyConnection, now: Timestamp) -> Result<Vec<Member>, StoreError> {
    let mut all: Vec<Member> = Vec::new();
    loop {
        let after = all.last().map_or(String::new(), |last| last.access.staff.to_string());
        let page = page(&mut *connection, &after, now).await?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

async fn page(connection: &mut AnyConnection, after: &str, now: Timestamp) -> Result<Vec<Member>, StoreError> {
    let rows = sqlx::query(
        "-- staffing::page
        SELECT s.staff_id, s.roles, s.areas, s.active, a.seen_at, a.worked_at,
               CAST(CASE WHEN EXISTS (
                   SELECT 1
                   FROM credential c
                   WHERE c.kind = 'person' AND c.holder = s.staff_id AND c.revoked_at IS NULL AND c.expires_at > $1
               ) THEN 1 ELSE 0 END AS BIGINT) AS has_credential
        FROM staff s
        LEFT JOIN activity a ON a.staff_id = s.staff_id
        WHERE s.staff_id > $2
        ORDER BY s.staff_id
        LIMIT $3",
    )
    .bind(now.as_microsecond())
    .bind(after.to_owned())
    .bind(PAGE)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "staff", "staff_id")?;
            let access = access_of(row, ["staff_id", "roles", "areas", "active"])?;
            Ok(Member {
                access: access.ok_or_else(|| columns.corrupt("staff_id"))?,
                has_credential: columns.flag("has_credential")?,
                seen_at: columns.opt_time("seen_at")?,
                worked_at: columns.opt_time("worked_at")?,
            })
        })
        .collect()
}
