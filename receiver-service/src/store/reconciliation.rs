//! Tables `reconciliation` and `reconciliation_difference`: what comparisons came to.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        digest::Digest,
        ids::RequestId,
        organisation::OrganisationNumber,
        reconciliation::{Difference, Findings},
    },
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor};

use super::columns::{Columns, stored};

/// A result, signed by both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The sender's: JWS compact serialisation.
    pub sender: String,
    /// The own one.
    pub receiver: String,
}

/// The signed results under the id of a reconciliation, in order: one, unless its answer was lost.
pub async fn of<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    id: &RequestId,
) -> Result<Vec<Signed>, StoreError> {
    let rows = sqlx::query(
        "-- reconciliation::of
        SELECT reconciliation_id, sender_result, receiver_result
        FROM reconciliation
        WHERE sender = $1 AND reconciliation_id = $2
        ORDER BY attempt",
    )
    .bind(sender.as_str())
    .bind(id.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "reconciliation", "reconciliation_id")?;
            Ok(Signed {
                sender: columns.text("sender_result")?,
                receiver: columns.text("receiver_result")?,
            })
        })
        .collect()
}

/// How many results there are under this id.
async fn attempts(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    id: &RequestId,
) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "-- reconciliation::attempts
        SELECT COUNT(*) AS attempts
        FROM reconciliation
        WHERE sender = $1 AND reconciliation_id = $2",
    )
    .bind(sender.as_str())
    .bind(id.to_string())
    .fetch_one(connection)
    .await?;
    Columns::of(&row, "reconciliation", id.to_string()).count("attempts")
}

/// A result that is about to be stored.
#[derive(Debug)]
pub struct NewResult<'a> {
    /// Whose.
    pub sender: &'a OrganisationNumber,
    /// Which.
    pub findings: &'a Findings,
    /// Signed by both.
    pub signed: &'a Signed,
    /// Everything that is not simply a match.
    pub differences: &'a [Difference],
}

const INSERT_DIFFERENCES: ManyRows = ManyRows {
    head: "-- reconciliation::insert the differences
        INSERT INTO reconciliation_difference
            (sender, reconciliation_id, attempt, sequence, class, sender_sha256, receiver_sha256) VALUES",
    columns: 7,
    tail: "",
};

/// Stores a result with its differences.
pub async fn insert(connection: &mut AnyConnection, new: NewResult<'_>, at: Timestamp) -> Result<(), StoreError> {
    let NewResult {
        sender,
        findings,
        signed,
        differences,
    } = new;
    let attempt = stored(attempts(connection, sender, &findings.id).await? + 1);
    sqlx::query(
        "-- reconciliation::insert
        INSERT INTO reconciliation
            (sender, reconciliation_id, attempt, period_from, period_until, entries, matched, differences,
             sender_result, receiver_result, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(sender.as_str())
    .bind(findings.id.to_string())
    .bind(attempt)
    .bind(findings.period.from.map(Timestamp::as_microsecond))
    .bind(findings.period.until.map(Timestamp::as_microsecond))
    .bind(stored(findings.receiver.entries))
    .bind(stored(findings.matched))
    .bind(stored(findings.total()))
    .bind(signed.sender.as_str())
    .bind(signed.receiver.as_str())
    .bind(at.as_microsecond())
    .execute(&mut *connection)
    .await?;
    let id = findings.id.to_string();
    INSERT_DIFFERENCES
        .execute(connection, differences, |statement, difference| {
            let bytes = |digest: &Option<Digest>| digest.as_ref().map(|digest| digest.as_bytes().to_vec());
            statement
                .bind(sender.as_str())
                .bind(id.clone())
                .bind(attempt)
                .bind(stored(difference.sequence))
                .bind(difference.class.as_str())
                .bind(bytes(&difference.at_sender))
                .bind(bytes(&difference.at_receiver))
        })
        .await?;
    Ok(())
}
