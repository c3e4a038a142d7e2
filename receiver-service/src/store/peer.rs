//! Table `peer`: the two ends of the chain of receipts for each sender.

use framme_shared::{
    db::{StoreError, Tx, exactly_one},
    domain::{digest::Digest, organisation::OrganisationNumber, receipt::ChainHead},
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor};

use super::columns::{Columns, stored};

/// What is known of a sender.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// Number of the last receipt made for it; 0 for none.
    pub last_sequence: u64,
    /// SHA-256 of that receipt.
    pub last_sha256: Digest,
    /// Up to where it has confirmed; 0 for nothing.
    pub confirmed_sequence: u64,
}

/// The sender's row, if it has sent anything.
pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    organisation: &OrganisationNumber,
) -> Result<Option<Peer>, StoreError> {
    let row = sqlx::query(
        "-- peer::find
        SELECT last_receipt_sequence, last_receipt_sha256, confirmed_sequence
        FROM peer
        WHERE organisation = $1",
    )
    .bind(organisation.as_str())
    .fetch_optional(executor)
    .await?;
    row.map(|row| {
        let columns = Columns::of(&row, "peer", organisation.as_str());
        Ok(Peer {
            last_sequence: columns.count("last_receipt_sequence")?,
            last_sha256: columns.digest("last_receipt_sha256")?,
            confirmed_sequence: columns.count("confirmed_sequence")?,
        })
    })
    .transpose()
}

/// All senders that have sent anything, by number.
pub async fn all<'e>(executor: impl Executor<'e, Database = Any>) -> Result<Vec<OrganisationNumber>, StoreError> {
    let rows = sqlx::query(
        "-- peer::all
        SELECT organisation
        FROM peer
        ORDER BY organisation",
    )
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| Columns::keyed(row, "peer", "organisation")?.parsed("organisation"))
        .collect()
}

/// Makes the row of a sender that has none; returns where its chain of receipts begins.
pub async fn begin(tx: &mut Tx, organisation: &OrganisationNumber) -> Result<ChainHead, StoreError> {
    let at = tx.at();
    exactly_one(
        sqlx::query(
            "-- peer::begin
            INSERT INTO peer
                (organisation, last_receipt_sequence, last_receipt_sha256, confirmed_sequence, confirmed_at,
                 created_at, written_at, written_by)
            VALUES ($1, 0, $2, 0, NULL, $3, $3, 'open_peer')",
        )
        .bind(organisation.as_str())
        .bind(Digest::ZERO.as_bytes().as_slice())
        .bind(at.as_microsecond())
        .execute(tx.conn()),
    )
    .await?;
    Ok(ChainHead::START)
}

/// Moves the end of the chain from `from` to a later receipt.
pub async fn advance(
    connection: &mut AnyConnection,
    organisation: &OrganisationNumber,
    from: u64,
    to: u64,
    sha256: &Digest,
    by: &'static str,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- peer::advance
            UPDATE peer
            SET last_receipt_sequence = $1, last_receipt_sha256 = $2, written_at = $3, written_by = $4
            WHERE organisation = $5 AND last_receipt_sequence = $6",
        )
        .bind(stored(to))
        .bind(sha256.as_bytes().as_slice())
        .bind(at.as_microsecond())
        .bind(by)
        .bind(organisation.as_str())
        .bind(stored(from))
        .execute(connection),
    )
    .await
}

/// Records up to where the sender has confirmed.
pub async fn confirm(
    connection: &mut AnyConnection,
    organisation: &OrganisationNumber,
    sequence: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- peer::confirm
            UPDATE peer
            SET confirmed_sequence = $1, confirmed_at = $2, written_at = $2, written_by = 'confirm_receipts'
            WHERE organisation = $3 AND confirmed_sequence < $1",
        )
        .bind(stored(sequence))
        .bind(at.as_microsecond())
        .bind(organisation.as_str())
        .execute(connection),
    )
    .await
}
