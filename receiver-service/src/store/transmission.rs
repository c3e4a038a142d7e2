//! Table `transmission`: what arrived, sealed.

use std::collections::{HashMap, HashSet};

use framme_shared::{
    db::{
        StoreError, exactly_one,
        rows::{ManyRows, exactly},
        sealing::WrappedKey,
    },
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
        receipt::ChainHead,
        report::{ReportType, Urgency},
    },
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor, any::AnyRow};

use super::columns::{Columns, master_of, stored};

/// A transmission that is about to be stored.
#[derive(Debug)]
pub struct NewTransmission {
    /// Organisation number from the certificate.
    pub sender: OrganisationNumber,
    /// The id that the sender gave it.
    pub sent_id: TransmissionId,
    /// Its number in the pair.
    pub sequence: u64,
    /// The report that it is part of.
    pub report: ReportId,
    /// Its type.
    pub report_type: ReportType,
    /// Its urgency.
    pub urgency: Urgency,
    /// When the sender answered the submission with success.
    pub submitted_at: Timestamp,
    /// How many attachments the content names.
    pub attachment_count: u64,
    /// SHA-256 of the content.
    pub content_sha256: Digest,
    /// The transmission that carried its children before they were sent on.
    pub redirected_from: Option<TransmissionId>,
    /// The report that its report follows up or corrects.
    pub follows_up: Option<ReportId>,
    /// Whether it is a drill.
    pub drill: bool,
}

impl NewTransmission {
    /// What no other transmission of this sender may have: the report, which comes once, unless it is sent on.
    fn report_key(&self) -> String {
        match self.redirected_from {
            Some(_) => self.sent_id.to_string(),
            None => self.report.to_string(),
        }
    }
}

/// The sealed content, with what opens it.
#[derive(Debug, Clone)]
pub struct SealedContent {
    /// The content, sealed.
    pub sealed: Vec<u8>,
    /// The data key, wrapped.
    pub key: WrappedKey,
}

/// A stored transmission without its content.
#[derive(Debug, Clone)]
pub struct Transmission {
    /// The id inside this service.
    pub id: TransmissionId,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// The id that the sender gave it.
    pub sent_id: TransmissionId,
    /// Its number in the pair.
    pub sequence: u64,
    /// The report that it is part of.
    pub report: ReportId,
    /// When the sender answered the submission with success.
    pub submitted_at: Timestamp,
    /// Time of the receipt "stored"; `None` until there is one.
    pub stored_at: Option<Timestamp>,
    /// Number of the receipt "stored".
    pub stored_receipt_sequence: Option<u64>,
    /// How many attachments the content names.
    pub attachment_count: u64,
    /// SHA-256 of the content as it arrived.
    pub content_sha256: Digest,
    /// The transmission that carried its children before they were sent on.
    pub redirected_from: Option<TransmissionId>,
}

/// A transmission on its way into the table: the id that it gets inside this service, what is known of it, its content.
pub type Arriving<'a> = (&'a TransmissionId, &'a NewTransmission, &'a SealedContent);

const INSERT: ManyRows = ManyRows {
    head: "-- transmission::insert
        INSERT INTO transmission
            (transmission_id, sender, sent_id, sequence, report_id, report_type, urgency_rank, submitted_at,
             arrived_at, stored_at, stored_receipt_sequence, attachment_count, content_sha256, wrapped_key,
             master_key_id, written_at, written_by, report_key, redirected_from, follows_up, drill)
        SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, NULL, NULL, column10,
               column11, column12, column13, column9, 'store_transmission', column14, column15, column16, column17
        FROM (VALUES",
    columns: 17,
    tail: ") AS arriving
        WHERE 1 = 1
        ON CONFLICT DO NOTHING
        RETURNING transmission_id",
};

const INSERT_CONTENT: ManyRows = ManyRows {
    head: "-- transmission::insert the content
        INSERT INTO transmission_content (transmission_id, content_sealed) VALUES",
    columns: 2,
    tail: "",
};

/// Stores transmissions, except where a row with one of their keys is there: with those nothing happens. Returns the ids
/// of those that were stored. No id may come twice.
pub async fn insert(
    connection: &mut AnyConnection,
    arriving: &[Arriving<'_>],
    at: Timestamp,
) -> Result<HashSet<TransmissionId>, StoreError> {
    let rows = INSERT
        .fetch_all(&mut *connection, arriving, |statement, (id, new, content)| {
            statement
                .bind(id.to_string())
                .bind(new.sender.as_str())
                .bind(new.sent_id.to_string())
                .bind(stored(new.sequence))
                .bind(new.report.to_string())
                .bind(new.report_type.as_str())
                .bind(new.urgency.rank())
                .bind(new.submitted_at.as_microsecond())
                .bind(at.as_microsecond())
                .bind(stored(new.attachment_count))
                .bind(new.content_sha256.as_bytes().as_slice())
                .bind(content.key.as_bytes())
                .bind(master_of(&content.key))
                .bind(new.report_key())
                .bind(new.redirected_from.map(|id| id.to_string()))
                .bind(new.follows_up.map(|id| id.to_string()))
                .bind(i64::from(new.drill))
        })
        .await?;
    let new = rows
        .iter()
        .map(|row| Columns::keyed(row, "transmission", "transmission_id")?.parsed("transmission_id"))
        .collect::<Result<HashSet<TransmissionId>, StoreError>>()?;
    let contents: Vec<&Arriving<'_>> = arriving.iter().filter(|(id, ..)| new.contains(id)).collect();
    INSERT_CONTENT
        .execute(connection, &contents, |statement, (id, _, content)| {
            statement.bind(id.to_string()).bind(content.sealed.as_slice())
        })
        .await?;
    Ok(new)
}

/// The sender's transmission with this id, as the sender gave it.
pub async fn find_sent<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    sent_id: &TransmissionId,
) -> Result<Option<Transmission>, StoreError> {
    let row = sqlx::query(
        "-- transmission::find_sent
        SELECT transmission_id, sender, sent_id, sequence, report_id, submitted_at,
               stored_at, stored_receipt_sequence, attachment_count, content_sha256, redirected_from
        FROM transmission
        WHERE sender = $1 AND sent_id = $2",
    )
    .bind(sender.as_str())
    .bind(sent_id.to_string())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The transmission with this id inside this service.
pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: &TransmissionId,
) -> Result<Option<Transmission>, StoreError> {
    let row = sqlx::query(
        "-- transmission::find
        SELECT transmission_id, sender, sent_id, sequence, report_id, submitted_at,
               stored_at, stored_receipt_sequence, attachment_count, content_sha256, redirected_from
        FROM transmission
        WHERE transmission_id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Whether the sender has used the sequence number for any transmission, or has sent the report before.
pub async fn is_taken(connection: &mut AnyConnection, new: &NewTransmission) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- transmission::is_taken
        SELECT transmission_id
        FROM transmission
        WHERE sender = $1 AND (sequence = $2 OR report_key = $3)
        LIMIT 1",
    )
    .bind(new.sender.as_str())
    .bind(stored(new.sequence))
    .bind(new.report_key())
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// The sealed content of a transmission, and the digest that it must have.
pub type Kept = (SealedContent, Digest);

const CONTENT: ManyRows = ManyRows {
    head: "-- transmission::content
        SELECT t.transmission_id, kept.content_sealed, t.wrapped_key, t.content_sha256
        FROM transmission t
        LEFT JOIN transmission_content kept ON kept.transmission_id = t.transmission_id
        WHERE t.transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// The content of each of these transmissions that is there.
pub async fn content(
    connection: &mut AnyConnection,
    ids: &[TransmissionId],
) -> Result<HashMap<TransmissionId, Kept>, StoreError> {
    let rows = CONTENT
        .fetch_all(connection, ids, |statement, id| statement.bind(id.to_string()))
        .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "transmission", "transmission_id")?;
            let content = SealedContent {
                // What is gone does not open.
                sealed: columns.opt_bytes("content_sealed")?.unwrap_or_default(),
                key: columns.key_of("wrapped_key")?,
            };
            Ok((
                columns.parsed("transmission_id")?,
                (content, columns.digest("content_sha256")?),
            ))
        })
        .collect()
}

/// What the receipt "stored" of a transmission depends on.
#[derive(Debug, Clone, Copy)]
pub struct ForReceipt {
    /// Whether it has its receipt.
    pub receipted: bool,
    /// The end of its sender's chain of receipts; `None` when the sender has no row among the peers yet.
    pub head: Option<ChainHead>,
}

const FOR_RECEIPT: ManyRows = ManyRows {
    head: "-- transmission::for_receipt
        SELECT t.transmission_id, t.stored_receipt_sequence, p.organisation, p.last_receipt_sequence,
               p.last_receipt_sha256
        FROM transmission t
        LEFT JOIN peer p ON p.organisation = t.sender
        WHERE t.transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// What the receipts "stored" of these transmissions depend on.
pub async fn for_receipt(
    connection: &mut AnyConnection,
    ids: &[TransmissionId],
) -> Result<HashMap<TransmissionId, ForReceipt>, StoreError> {
    let rows = FOR_RECEIPT
        .fetch_all(connection, ids, |statement, id| statement.bind(id.to_string()))
        .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "transmission", "transmission_id")?;
            let has_peer = columns.opt_text("organisation")?.is_some();
            let found = ForReceipt {
                receipted: columns.opt_number("stored_receipt_sequence")?.is_some(),
                head: has_peer
                    .then(|| columns.head("last_receipt_sequence", "last_receipt_sha256"))
                    .transpose()?,
            };
            Ok((columns.parsed("transmission_id")?, found))
        })
        .collect()
}

const SET_STORED: ManyRows = ManyRows {
    head: "-- transmission::set_stored
        WITH receipted (transmission_id, sequence, at) AS (VALUES",
    columns: 3,
    tail: ")
        UPDATE transmission
        SET stored_receipt_sequence = receipted.sequence, stored_at = receipted.at, written_at = receipted.at,
            written_by = 'receipt_stored'
        FROM receipted
        WHERE transmission.transmission_id = receipted.transmission_id
          AND transmission.stored_receipt_sequence IS NULL",
};

/// Records the numbers of the receipts "stored" of transmissions that have none.
pub async fn set_stored(
    connection: &mut AnyConnection,
    receipted: &[(TransmissionId, u64)],
    at: Timestamp,
) -> Result<(), StoreError> {
    let touched = SET_STORED
        .execute(connection, receipted, |statement, (id, sequence)| {
            statement
                .bind(id.to_string())
                .bind(stored(*sequence))
                .bind(at.as_microsecond())
        })
        .await?;
    exactly(touched, receipted.len())
}

/// The highest number of a transmission of this sender; 0 for none.
pub async fn last_sequence<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "-- transmission::last_sequence
        SELECT COALESCE(MAX(sequence), 0) AS sequence
        FROM transmission
        WHERE sender = $1",
    )
    .bind(sender.as_str())
    .fetch_one(executor)
    .await?;
    Columns::of(&row, "transmission", sender.as_str()).count("sequence")
}

/// At most `limit` transmissions of this sender after this number, in order.
pub async fn sent_after<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    after: u64,
    limit: u32,
) -> Result<Vec<Transmission>, StoreError> {
    let rows = sqlx::query(
        "-- transmission::sent_after
        SELECT transmission_id, sender, sent_id, sequence, report_id, submitted_at,
               stored_at, stored_receipt_sequence, attachment_count, content_sha256, redirected_from
        FROM transmission
        WHERE sender = $1 AND sequence > $2
        ORDER BY sequence
        LIMIT $3",
    )
    .bind(sender.as_str())
    .bind(stored(after))
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    rows.iter().map(read).collect()
}

/// Takes out a transmission with its content and what is left of its children. Its receipts stay: they were made.
pub async fn remove(connection: &mut AnyConnection, id: &TransmissionId) -> Result<(), StoreError> {
    for statement in [
        "-- transmission::remove the children
        DELETE FROM child WHERE transmission_id = $1",
        "-- transmission::remove the content
        DELETE FROM transmission_content WHERE transmission_id = $1",
        "-- transmission::remove
        DELETE FROM transmission WHERE transmission_id = $1",
    ] {
        sqlx::query(statement)
            .bind(id.to_string())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Writes sealed content anew.
pub async fn restore_content(
    connection: &mut AnyConnection,
    id: &TransmissionId,
    sealed: &[u8],
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- transmission::restore_content
            INSERT INTO transmission_content (transmission_id, content_sealed)
            VALUES ($1, $2)
            ON CONFLICT (transmission_id) DO UPDATE SET content_sealed = excluded.content_sealed",
        )
        .bind(id.to_string())
        .bind(sealed)
        .execute(connection),
    )
    .await
}

/// Writes the data key of content that was sealed under a new one.
pub async fn restore_key(
    connection: &mut AnyConnection,
    id: &TransmissionId,
    content: &SealedContent,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- transmission::restore_key
            UPDATE transmission
            SET wrapped_key = $1, master_key_id = $2, written_at = $3, written_by = 'restore_content'
            WHERE transmission_id = $4",
        )
        .bind(content.key.as_bytes())
        .bind(master_of(&content.key))
        .bind(at.as_microsecond())
        .bind(id.to_string())
        .execute(connection),
    )
    .await
}

/// At most `limit` ids after this one, in order of ids; empty text for the first page.
pub async fn ids_after<'e>(
    executor: impl Executor<'e, Database = Any>,
    after: &str,
    limit: u32,
) -> Result<Vec<TransmissionId>, StoreError> {
    let rows = sqlx::query(
        "-- transmission::ids_after
        SELECT transmission_id
        FROM transmission
        WHERE transmission_id > $1
        ORDER BY transmission_id
        LIMIT $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| Columns::keyed(row, "transmission", "transmission_id")?.parsed("transmission_id"))
        .collect()
}

fn read(row: &AnyRow) -> Result<Transmission, StoreError> {
    let columns = Columns::keyed(row, "transmission", "transmission_id")?;
    Ok(Transmission {
        id: columns.parsed("transmission_id")?,
        sender: columns.parsed("sender")?,
        sent_id: columns.parsed("sent_id")?,
        sequence: columns.count("sequence")?,
        report: columns.parsed("report_id")?,
        submitted_at: columns.time("submitted_at")?,
        stored_at: columns.opt_time("stored_at")?,
        stored_receipt_sequence: columns.opt_count("stored_receipt_sequence")?,
        attachment_count: columns.count("attachment_count")?,
        content_sha256: columns.digest("content_sha256")?,
        redirected_from: columns.opt_parsed("redirected_from")?,
    })
}
