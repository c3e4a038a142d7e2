//! Receipts, verbatim.

use std::collections::HashMap;

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        digest::Digest,
        holding::LastReceipt,
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
        receipt::Headers,
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, Row as _, any::AnyRow};

use super::{columns::Reader, period::Part};

/// A verified receipt to store.
pub struct NewReceipt<'a> {
    /// Its number in the pair.
    pub sequence: u64,
    /// The report it is about.
    pub report: ReportId,
    /// The transmission it is about.
    pub transmission: TransmissionId,
    /// The bytes as they came.
    pub jws: &'a str,
    /// Their digest.
    pub sha256: Digest,
}

const INSERT: ManyRows = ManyRows {
    head: "-- receipt::insert
INSERT INTO receipt (receiver, sequence, report_id, transmission_id, header_sha256, jws, sha256, written_at, written_by)
SELECT column1, column2, column3, column4, column5, column6, column7, column8, 'ApplyReceipts'
FROM (VALUES",
    columns: 8,
    tail: ") AS new",
};

const INSERT_HEADER: ManyRows = ManyRows {
    head: "-- receipt::insert a header
INSERT INTO receipt_header (sha256, header, written_at, written_by)
SELECT column1, column2, column3, 'ApplyReceipts'
FROM (VALUES",
    columns: 3,
    tail: ") AS new
WHERE 1 = 1
ON CONFLICT DO NOTHING",
};

/// Stores receipts of one receiver.
pub async fn insert(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    receipts: &[NewReceipt<'_>],
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut headers = Headers::default();
    let parted: Vec<_> = receipts
        .iter()
        .map(|receipt| (receipt, headers.part(receipt.jws)))
        .collect();
    INSERT_HEADER
        .execute(&mut *conn, headers.distinct(), |query, (digest, header)| {
            query
                .bind(digest.as_bytes().as_slice())
                .bind(*header)
                .bind(at.as_microsecond())
        })
        .await?;
    INSERT
        .execute(conn, &parted, |query, (receipt, (header, rest))| {
            query
                .bind(receiver.as_str())
                .bind(receipt.sequence as i64)
                .bind(receipt.report.to_string())
                .bind(receipt.transmission.to_string())
                .bind(header.as_ref().map(|header| header.as_bytes().as_slice()))
                .bind(*rest)
                .bind(receipt.sha256.as_bytes().as_slice())
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}

/// A receipt as it came, from its two parts.
macro_rules! whole_jws {
    () => {
        "CASE WHEN receipt.header_sha256 IS NULL THEN receipt.jws ELSE receipt_header.header || '.' || receipt.jws END
        AS jws"
    };
}

/// Receipts with their headers.
macro_rules! from_receipts {
    () => {
        "FROM receipt
LEFT JOIN receipt_header ON receipt_header.sha256 = receipt.header_sha256
"
    };
}

/// The columns of a stored receipt.
macro_rules! stored_receipts {
    () => {
        concat!(
            "SELECT receipt.receiver, receipt.sequence, receipt.report_id, receipt.transmission_id, receipt.sha256,\n    ",
            whole_jws!(),
            "\n",
            from_receipts!()
        )
    };
}

/// The receipts behind a report, by receiver and number.
pub async fn of_report(pool: &AnyPool, report: &ReportId) -> Result<Vec<String>, StoreError> {
    const OF_REPORT: &str = concat!(
        "-- receipt::of_report\nSELECT ",
        whole_jws!(),
        "\n",
        from_receipts!(),
        "WHERE receipt.transmission_id IN (
    SELECT transmission_id
    FROM child
    WHERE report_id = $1)
ORDER BY receipt.receiver, receipt.sequence"
    );
    let rows = sqlx::query(OF_REPORT).bind(report.to_string()).fetch_all(pool).await?;
    rows.iter().map(|row| Ok(row.try_get("jws")?)).collect()
}

const LAST: ManyRows = ManyRows {
    head: "-- receipt::last
SELECT counted.transmission_id, counted.receipts, counted.sequence, receipt.sha256
FROM (SELECT transmission_id, receiver, COUNT(*) AS receipts, MAX(sequence) AS sequence
      FROM receipt
      WHERE transmission_id IN (VALUES",
    columns: 1,
    tail: ")
      GROUP BY transmission_id, receiver) AS counted
JOIN receipt ON receipt.receiver = counted.receiver AND receipt.sequence = counted.sequence",
};

/// How many receipts about each of these are stored, and the last of them; those without any are left out.
pub async fn last(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
) -> Result<HashMap<TransmissionId, (u64, LastReceipt)>, StoreError> {
    let rows = LAST
        .fetch_all(conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string())
        })
        .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "receipt", "transmission_id");
            let last = LastReceipt {
                sequence: reader.count("sequence")?,
                sha256: reader.digest("sha256")?,
            };
            Ok((reader.parsed("transmission_id")?, (reader.count("receipts")?, last)))
        })
        .collect()
}

const OF_TRANSMISSIONS: ManyRows = ManyRows {
    head: concat!(
        "-- receipt::of_transmissions\n",
        stored_receipts!(),
        "WHERE receipt.transmission_id IN (VALUES"
    ),
    columns: 1,
    tail: ")",
};

/// The receipts about these transmissions, those of each in order.
pub async fn of_transmissions(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
) -> Result<Vec<StoredReceipt>, StoreError> {
    let rows = OF_TRANSMISSIONS
        .fetch_all(conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string())
        })
        .await?;
    let mut receipts = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    receipts.sort_by_key(|receipt| receipt.sequence);
    Ok(receipts)
}

/// A receipt as it is stored.
#[derive(Clone)]
pub struct StoredReceipt {
    /// The receiver that signed it.
    pub receiver: OrganisationNumber,
    /// Its number in the pair.
    pub sequence: u64,
    /// The report that it is kept under.
    pub report: ReportId,
    /// The transmission that it is kept under.
    pub transmission: TransmissionId,
    /// The bytes as they came.
    pub jws: String,
    /// Their digest, as noted when they came.
    pub sha256: Digest,
}

/// Up to `limit` receipts of one receiver after this number, in order.
pub async fn page(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    sequence: u64,
    limit: i64,
) -> Result<Vec<StoredReceipt>, StoreError> {
    const PAGE: &str = concat!(
        "-- receipt::page\n",
        stored_receipts!(),
        "WHERE receipt.receiver = $1 AND receipt.sequence > $2
ORDER BY receipt.sequence
LIMIT $3"
    );
    let rows = sqlx::query(PAGE)
        .bind(receiver.to_string())
        .bind(sequence as i64)
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(read).collect()
}

/// Up to `limit` receipts after this number about the transmissions of a part of the exchange, from before the receipts of
/// the part, in order.
pub async fn before_part(
    pool: &AnyPool,
    part: &Part,
    sequence: u64,
    limit: i64,
) -> Result<Vec<StoredReceipt>, StoreError> {
    const BEFORE_PART: &str = concat!(
        "-- receipt::before_part\n",
        stored_receipts!(),
        "WHERE receipt.receiver = $1 AND receipt.sequence > $2 AND receipt.sequence < $5 AND receipt.transmission_id IN (
    SELECT transmission_id
    FROM transmission
    WHERE receiver = $1 AND (sequence BETWEEN $3 AND $4 OR transmission_id IN (
        SELECT transmission_id
        FROM receipt
        WHERE receiver = $1 AND sequence BETWEEN $5 AND $6)))
ORDER BY receipt.sequence
LIMIT $7"
    );
    let rows = sqlx::query(BEFORE_PART)
        .bind(part.receiver.to_string())
        .bind(sequence as i64)
        .bind(part.transmissions.0 as i64)
        .bind(part.transmissions.1 as i64)
        .bind(part.receipts.0 as i64)
        .bind(part.receipts.1 as i64)
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(read).collect()
}

const OF_REPORTS: ManyRows = ManyRows {
    head: concat!(
        "-- receipt::of_reports\n",
        stored_receipts!(),
        "WHERE receipt.transmission_id IN (
    SELECT transmission_id
    FROM child
    WHERE report_id IN (VALUES"
    ),
    columns: 1,
    tail: "))",
};

/// The receipts behind these reports, those of each receiver in order.
pub async fn of_reports(conn: &mut AnyConnection, reports: &[ReportId]) -> Result<Vec<StoredReceipt>, StoreError> {
    let rows = OF_REPORTS
        .fetch_all(conn, reports, |query, report| query.bind(report.to_string()))
        .await?;
    let mut receipts = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    receipts.sort_by_key(|receipt| receipt.sequence);
    Ok(receipts)
}

fn read(row: &AnyRow) -> Result<StoredReceipt, StoreError> {
    let reader = Reader::new(row, "receipt", "transmission_id");
    Ok(StoredReceipt {
        receiver: reader.parsed("receiver")?,
        sequence: reader.count("sequence")?,
        report: reader.parsed("report_id")?,
        transmission: reader.parsed("transmission_id")?,
        jws: reader.text("jws")?,
        sha256: reader.digest("sha256")?,
    })
}
