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
    /// The last receipt that it has said to hold; above the last one made while what was lost has not come back.
    pub held_by_sender: u64,
    /// Whether it must say where it stands before another receipt is made.
    pub must_be_compared: bool,
}

impl Peer {
    /// Whether no receipt may be made: numbers that were used before the loss would be used twice.
    #[must_use]
    pub const fn is_recovering(&self) -> bool {
        self.must_be_compared || self.held_by_sender > self.last_sequence
    }
}

/// The sender's row, if it has sent anything.
pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    organisation: &OrganisationNumber,
) -> Result<Option<Peer>, StoreError> {
    let row = sqlx::query(
        "-- peer::find
        SELECT last_receipt_sequence, last_receipt_sha256, confirmed_sequence, held_by_sender_sequence,
               must_be_compared
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
            held_by_sender: columns.count("held_by_sender_sequence")?,
            must_be_compared: columns.number("must_be_compared")? != 0,
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

/// Moves the end of the chain from `from` to a later receipt, made just now. `false` when no receipt of the pair may be
/// made before what was lost has come back.
pub async fn advance(
    connection: &mut AnyConnection,
    organisation: &OrganisationNumber,
    from: u64,
    to: u64,
    sha256: &Digest,
    by: &'static str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let advanced = sqlx::query(
        "-- peer::advance
        UPDATE peer
        SET last_receipt_sequence = $1, last_receipt_sha256 = $2, written_at = $3, written_by = $4
        WHERE organisation = $5 AND last_receipt_sequence = $6 AND held_by_sender_sequence <= $6
          AND must_be_compared = 0",
    )
    .bind(stored(to))
    .bind(sha256.as_bytes().as_slice())
    .bind(at.as_microsecond())
    .bind(by)
    .bind(organisation.as_str())
    .bind(stored(from))
    .execute(&mut *connection)
    .await?;
    if advanced.rows_affected() == 1 {
        return Ok(true);
    }
    match find(connection, organisation).await? {
        Some(peer) if peer.is_recovering() => Ok(false),
        _ => Err(StoreError::Missing),
    }
}

/// Moves the end of the chain from `from` to a later receipt that came back from the sender, who holds all up to it.
pub async fn restore(
    connection: &mut AnyConnection,
    organisation: &OrganisationNumber,
    from: u64,
    to: u64,
    sha256: &Digest,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- peer::restore
            UPDATE peer
            SET last_receipt_sequence = $1, last_receipt_sha256 = $2, confirmed_sequence = $1, confirmed_at = $3,
                written_at = $3, written_by = 'restore_receipts'
            WHERE organisation = $4 AND last_receipt_sequence = $5",
        )
        .bind(stored(to))
        .bind(sha256.as_bytes().as_slice())
        .bind(at.as_microsecond())
        .bind(organisation.as_str())
        .bind(stored(from))
        .execute(connection),
    )
    .await
}

/// Records what the sender has said of where it stands.
pub async fn compared(
    connection: &mut AnyConnection,
    organisation: &OrganisationNumber,
    held_by_sender: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- peer::compared
            UPDATE peer
            SET held_by_sender_sequence = $1, must_be_compared = 0, written_at = $2, written_by = 'compare_pair'
            WHERE organisation = $3",
        )
        .bind(stored(held_by_sender))
        .bind(at.as_microsecond())
        .bind(organisation.as_str())
        .execute(connection),
    )
    .await
}

/// Records that the sender holds more than is here.
pub async fn held_by_sender(
    connection: &mut AnyConnection,
    organisation: &OrganisationNumber,
    sequence: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- peer::held_by_sender
            UPDATE peer
            SET held_by_sender_sequence = $1, written_at = $2, written_by = 'held_by_sender'
            WHERE organisation = $3 AND held_by_sender_sequence < $1",
        )
        .bind(stored(sequence))
        .bind(at.as_microsecond())
        .bind(organisation.as_str())
        .execute(connection),
    )
    .await
}

/// This database may be an older copy of itself: every sender must say where it stands. Returns how many there are.
pub async fn compare_all(connection: &mut AnyConnection, at: Timestamp) -> Result<u64, StoreError> {
    let marked = sqlx::query(
        "-- peer::compare_all
        UPDATE peer
        SET must_be_compared = 1, written_at = $1, written_by = 'doubt_own_state'",
    )
    .bind(at.as_microsecond())
    .execute(connection)
    .await?;
    Ok(marked.rows_affected())
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
