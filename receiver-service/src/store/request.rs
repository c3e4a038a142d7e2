//! Table `request`: first answers, for callers who repeat a request.

use framme_shared::{
    db::{StoreError, exactly_one, sealing::WrappedKey},
    domain::ids::RequestId,
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor, Row as _, any::AnyRow};

use super::columns::{Columns, master_of};

/// What was answered to a request, as it lies in the table.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Which RPC.
    pub method: String,
    /// SHA-256 of the request; sealed when there is a key.
    pub fingerprint: Vec<u8>,
    /// The answer, serialised; sealed when there is a key.
    pub answer: Vec<u8>,
    /// The data key, wrapped; `None` when the request holds no personal data.
    pub key: Option<WrappedKey>,
}

impl Answered {
    /// Reads the columns of an outer join: `None` when the request is new.
    pub(super) fn joined(row: &AnyRow, request: &RequestId) -> Result<Option<Self>, StoreError> {
        if row.try_get::<Option<String>, _>("method")?.is_none() {
            return Ok(None);
        }
        let columns = Columns::of(row, "request", request.to_string());
        Ok(Some(Self {
            method: columns.text("method")?,
            fingerprint: columns.bytes("fingerprint")?,
            answer: columns.bytes("answer")?,
            key: columns.opt_bytes("wrapped_key")?.map(WrappedKey::from_bytes),
        }))
    }
}

/// The first answer to a request of this caller, if it came before.
pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    caller: &str,
    request: &RequestId,
) -> Result<Option<Answered>, StoreError> {
    let row = sqlx::query(
        "-- request::find
        SELECT method, fingerprint, answer, wrapped_key
        FROM request
        WHERE caller = $1 AND request_id = $2",
    )
    .bind(caller)
    .bind(request.to_string())
    .fetch_optional(executor)
    .await?;
    row.map_or(Ok(None), |row| Answered::joined(&row, request))
}

/// Stores the first answer to a request.
pub async fn insert(
    connection: &mut AnyConnection,
    caller: &str,
    request: &RequestId,
    answered: &Answered,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- request::insert
            INSERT INTO request
                (caller, request_id, method, fingerprint, answer, wrapped_key, master_key_id, answered_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(caller)
        .bind(request.to_string())
        .bind(answered.method.as_str())
        .bind(answered.fingerprint.as_slice())
        .bind(answered.answer.as_slice())
        .bind(answered.key.as_ref().map(|key| key.as_bytes().to_vec()))
        .bind(answered.key.as_ref().map(|key| master_of(key).to_owned()))
        .bind(at.as_microsecond())
        .execute(connection),
    )
    .await
}
