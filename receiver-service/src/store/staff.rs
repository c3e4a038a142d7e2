//! Table `staff`: the register, with names sealed.

use framme_shared::{
    db::{StoreError, sealing::WrappedKey},
    domain::staff_id::StaffId,
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor, Row as _, any::AnyRow};

use super::columns::{Columns, master_of};
use crate::staff::{Access, Areas, Roles};

/// A name, sealed with a data key of its own.
#[derive(Debug, Clone)]
pub struct SealedName {
    /// The name, sealed.
    pub sealed: Vec<u8>,
    /// The data key, wrapped.
    pub key: WrappedKey,
}

/// A person in the register.
#[derive(Debug, Clone)]
pub struct Member {
    /// What the entry gives access to.
    pub access: Access,
    /// The name.
    pub name: SealedName,
}

/// What somebody has access to.
pub async fn access<'e>(
    executor: impl Executor<'e, Database = Any>,
    staff: &StaffId,
) -> Result<Option<Access>, StoreError> {
    let row = sqlx::query(
        "-- staff::access
        SELECT staff_id, roles, areas, active
        FROM staff
        WHERE staff_id = $1",
    )
    .bind(staff.as_str())
    .fetch_optional(executor)
    .await?;
    row.map_or(Ok(None), |row| {
        access_of(&row, ["staff_id", "roles", "areas", "active"])
    })
}

/// Adds a person; `false` when the id is taken.
pub async fn insert(connection: &mut AnyConnection, member: &Member, at: Timestamp) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "-- staff::insert
        INSERT INTO staff
            (staff_id, name_sealed, wrapped_key, master_key_id, roles, areas, active, created_at, written_at,
             written_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 'create_staff')
        ON CONFLICT DO NOTHING",
    )
    .bind(member.access.staff.as_str())
    .bind(member.name.sealed.as_slice())
    .bind(member.name.key.as_bytes())
    .bind(master_of(&member.name.key))
    .bind(member.access.roles.stored())
    .bind(member.access.areas.stored())
    .bind(i64::from(member.access.active))
    .bind(at.as_microsecond())
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Writes the whole entry of a person; `false` when there is none.
pub async fn update(connection: &mut AnyConnection, member: &Member, at: Timestamp) -> Result<bool, StoreError> {
    let updated = sqlx::query(
        "-- staff::update
        UPDATE staff
        SET name_sealed = $1, wrapped_key = $2, master_key_id = $3, roles = $4, areas = $5, active = $6,
            written_at = $7, written_by = 'update_staff'
        WHERE staff_id = $8",
    )
    .bind(member.name.sealed.as_slice())
    .bind(member.name.key.as_bytes())
    .bind(master_of(&member.name.key))
    .bind(member.access.roles.stored())
    .bind(member.access.areas.stored())
    .bind(i64::from(member.access.active))
    .bind(at.as_microsecond())
    .bind(member.access.staff.as_str())
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// What everybody who works now has access to.
pub async fn active(connection: &mut AnyConnection) -> Result<Vec<Access>, StoreError> {
    let rows = sqlx::query(
        "-- staff::active
        SELECT staff_id, roles, areas, active
        FROM staff
        WHERE active = 1",
    )
    .fetch_all(connection)
    .await?;
    let all = rows
        .iter()
        .map(|row| access_of(row, ["staff_id", "roles", "areas", "active"]));
    all.filter_map(Result::transpose).collect()
}

/// At most `limit` people after this id, by id; empty text for the first page.
pub async fn page<'e>(
    executor: impl Executor<'e, Database = Any>,
    after: &str,
    limit: u32,
) -> Result<Vec<Member>, StoreError> {
    let rows = sqlx::query(
        "-- staff::page
        SELECT staff_id, name_sealed, wrapped_key, roles, areas, active
        FROM staff
        WHERE staff_id > $1
        ORDER BY staff_id
        LIMIT $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "staff", "staff_id")?;
            let access = access_of(row, ["staff_id", "roles", "areas", "active"])?;
            Ok(Member {
                access: access.ok_or_else(|| columns.corrupt("staff_id"))?,
                name: SealedName {
                    sealed: columns.bytes("name_sealed")?,
                    key: columns.key_of("wrapped_key")?,
                },
            })
        })
        .collect()
}

/// Reads staff id, roles, areas and active from columns with these names; `None` when an outer join found nobody.
pub(super) fn access_of(row: &AnyRow, names: [&'static str; 4]) -> Result<Option<Access>, StoreError> {
    let [staff_id, roles, areas, active] = names;
    let Some(staff) = row.try_get::<Option<String>, _>(staff_id)? else {
        return Ok(None);
    };
    let columns = Columns::of(row, "staff", staff);
    Ok(Some(Access {
        staff: columns.parsed(staff_id)?,
        roles: Roles::from_stored(&columns.text(roles)?).map_err(|_| columns.corrupt("roles"))?,
        areas: Areas::from_stored(columns.text(areas)?).map_err(|_| columns.corrupt("areas"))?,
        active: columns.flag(active)?,
    }))
}
