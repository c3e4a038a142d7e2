//! Receipts, verbatim.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, Row as _, any::AnyRow};

use super::columns::Reader;

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
INSERT INTO receipt (receiver, sequence, report_id, transmission_id, jws, sha256, written_at, written_by)
VALUES",
    columns: 8,
    tail: "",
};

/// Stores receipts of one receiver.
pub async fn insert(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    receipts: &[NewReceipt<'_>],
    at: Timestamp,
) -> Result<(), StoreError> {
    INSERT
        .execute(conn, receipts, |query, receipt| {
            query
                .bind(receiver.to_string())
                .bind(receipt.sequence as i64)
                .bind(receipt.report.to_string())
                .bind(receipt.transmission.to_string())
                .bind(receipt.jws.to_owned())
                .bind(receipt.sha256.as_bytes().to_vec())
                .bind(at.as_microsecond())
                .bind("ApplyReceipts")
        })
        .await?;
    Ok(())
}

/// The receipts behind a report, by receiver and number.
pub async fn of_report(pool: &AnyPool, report: &ReportId) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "-- receipt::of_report
SELECT jws
FROM receipt
WHERE report_id = $1
ORDER BY receiver, sequence",
    )
    .bind(report.to_string())
    .fetch_all(pool)
    .await?;
    rows.iter().map(|row| Ok(row.try_get("jws")?)).collect()
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
    let rows = sqlx::query(
        "-- receipt::page
SELECT receiver, sequence, report_id, transmission_id, jws, sha256
FROM receipt
WHERE receiver = $1 AND sequence > $2
ORDER BY sequence
LIMIT $3",
    )
    .bind(receiver.to_string())
    .bind(sequence as i64)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(read).collect()
}

const OF_REPORTS: ManyRows = ManyRows {
    head: "-- receipt::of_reports
SELECT receiver, sequence, report_id, transmission_id, jws, sha256
FROM receipt
WHERE report_id IN (VALUES",
    columns: 1,
    tail: ")",
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
