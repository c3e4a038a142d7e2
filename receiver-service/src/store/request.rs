//! Table `request`: first answers, for callers who repeat a request.

use framme_shared::{
    db::{StoreError, rows::ManyRows, sealing::WrappedKey},
    domain::{ids::RequestId, organisation::OrganisationNumber},
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor, Row as _, any::AnyRow};

use super::columns::{Columns, master_of, stored};

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
    /// The receipt that was left out of the answer: for which sender, and its number.
    pub receipt: Option<(OrganisationNumber, u64)>,
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
            receipt: columns
                .opt_parsed("receipt_sender")?
                .zip(columns.opt_count("receipt_sequence")?),
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
        SELECT method, fingerprint, answer, wrapped_key, receipt_sender, receipt_sequence
        FROM request
        WHERE caller = $1 AND request_id = $2",
    )
    .bind(caller)
    .bind(request.to_string())
    .fetch_optional(executor)
    .await?;
    row.map_or(Ok(None), |row| Answered::joined(&row, request))
}

/// The first answer to a request, on its way into the table.
pub struct FirstAnswer<'a> {
    /// Who asked.
    pub caller: &'a str,
    /// The request.
    pub request: &'a RequestId,
    /// What was answered.
    pub answered: Answered,
}

const INSERT: ManyRows = ManyRows {
    head: "-- request::insert
        INSERT INTO request
            (caller, request_id, method, fingerprint, answer, wrapped_key, master_key_id, receipt_sender,
             receipt_sequence, answered_at) VALUES",
    columns: 10,
    tail: "",
};

/// Stores first answers.
pub async fn insert(
    connection: &mut AnyConnection,
    answers: &[FirstAnswer<'_>],
    at: Timestamp,
) -> Result<(), StoreError> {
    INSERT
        .execute(connection, answers, |statement, first| {
            let answered = &first.answered;
            statement
                .bind(first.caller)
                .bind(first.request.to_string())
                .bind(answered.method.as_str())
                .bind(answered.fingerprint.as_slice())
                .bind(answered.answer.as_slice())
                .bind(answered.key.as_ref().map(WrappedKey::as_bytes))
                .bind(answered.key.as_ref().map(master_of))
                .bind(answered.receipt.as_ref().map(|(sender, _)| sender.as_str()))
                .bind(answered.receipt.map(|(_, sequence)| stored(sequence)))
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}
