//! Reports: what was submitted, the first answer, and the standing derived from the children.

use std::collections::HashMap;

use framme_shared::{
    db::{
        StoreError,
        rows::{ManyRows, exactly},
    },
    domain::{
        digest::Digest,
        ids::ReportId,
        lifecycle::{Standing, delivered_since},
        report::{PhoneSummary, ReportType, Urgency},
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::{
    child::{self, ChildRow},
    columns::Reader,
};

/// A new report.
#[derive(Clone)]
pub struct NewReport {
    /// As the police system numbered it.
    pub report: ReportId,
    /// SHA-256 of its serialised form.
    pub submitted_sha256: Digest,
    /// The type.
    pub report_type: ReportType,
    /// The urgency.
    pub urgency: Urgency,
    /// The police district.
    pub police_district: String,
    /// The credential that submitted it.
    pub submitted_by: String,
    /// How many children it is about.
    pub children: i64,
    /// The report that it follows up or corrects.
    pub follows_up: Option<ReportId>,
    /// The calls that came with it, counted.
    pub phone: PhoneSummary,
    /// Whether it is a drill.
    pub drill: bool,
}

const INSERT: ManyRows = ManyRows {
    head: "-- report::insert
INSERT INTO report (report_id, submitted_sha256, report_type, urgency, police_district, submitted_at, submitted_by,
    answer, standing, delivered_at, children, children_open, written_at, written_by, follows_up, phone_calls,
    phone_reached, phone_last_at, drill)
SELECT column1, column2, column3, column4, column5, column6, column7, column8, 'open', NULL, column9, column9, column6,
    'AcceptReport', column10, column11, column12, column13, column14
FROM (VALUES",
    columns: 14,
    tail: ") AS new",
};

/// Stores new reports, each with the answer to its submission.
pub async fn insert(
    conn: &mut AnyConnection,
    reports: &[(&NewReport, &[u8])],
    at: Timestamp,
) -> Result<(), StoreError> {
    let inserted = INSERT
        .execute(conn, reports, |query, (report, answer)| {
            query
                .bind(report.report.to_string())
                .bind(report.submitted_sha256.as_bytes().to_vec())
                .bind(report.report_type.as_str())
                .bind(report.urgency.as_str())
                .bind(report.police_district.as_str())
                .bind(at.as_microsecond())
                .bind(report.submitted_by.as_str())
                .bind(*answer)
                .bind(report.children)
                .bind(report.follows_up.map(|id| id.to_string()))
                .bind(i64::from(report.phone.made))
                .bind(i64::from(report.phone.reached))
                .bind(report.phone.last_at.map(Timestamp::as_microsecond))
                .bind(i64::from(report.drill))
        })
        .await?;
    exactly(inserted, reports.len())
}

/// What is there under the id of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct There {
    /// It was submitted.
    pub report: bool,
    /// It has a data key, by its submission or by the upload of a file.
    pub key: bool,
}

const THERE: ManyRows = ManyRows {
    head: "-- report::there
SELECT wanted.column1 AS wanted, report.report_id, data_key.report_id AS keyed
FROM (VALUES",
    columns: 1,
    tail: ") AS wanted
LEFT JOIN report ON report.report_id = wanted.column1
LEFT JOIN data_key ON data_key.report_id = wanted.column1",
};

/// What is there under each of these ids.
pub async fn there(conn: &mut AnyConnection, reports: &[ReportId]) -> Result<HashMap<ReportId, There>, StoreError> {
    let rows = THERE
        .fetch_all(conn, reports, |query, report| query.bind(report.to_string()))
        .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "report", "wanted");
            let there = There {
                report: reader.text_or_null("report_id")?.is_some(),
                key: reader.text_or_null("keyed")?.is_some(),
            };
            Ok((reader.parsed("wanted")?, there))
        })
        .collect()
}

/// What is known of a report before it is taken: whether it came before, and its data key.
#[derive(Default)]
pub struct Known {
    /// The digest of what came first, and the answer it got.
    pub submitted: Option<(Digest, Vec<u8>)>,
    /// The wrapped data key, made by an attachment's upload or by the submission.
    pub wrapped_key: Option<Vec<u8>>,
}

/// Looks a report up by its id.
pub async fn known(pool: &AnyPool, report: &ReportId) -> Result<Known, StoreError> {
    let row = sqlx::query(
        "-- report::known
SELECT wanted.report_id, report.submitted_sha256, report.answer, data_key.wrapped
FROM (SELECT CAST($1 AS TEXT) AS report_id) AS wanted
LEFT JOIN report ON report.report_id = wanted.report_id
LEFT JOIN data_key ON data_key.report_id = wanted.report_id",
    )
    .bind(report.to_string())
    .fetch_one(pool)
    .await?;
    let reader = Reader::new(&row, "report", "report_id");
    let submitted = match (
        reader.bytes_or_null("submitted_sha256")?,
        reader.bytes_or_null("answer")?,
    ) {
        (Some(digest), Some(answer)) => {
            let digest = Digest::from_slice(&digest).map_err(|_| reader.corrupt("submitted_sha256"))?;
            Some((digest, answer))
        }
        _ => None,
    };
    Ok(Known {
        submitted,
        wrapped_key: reader.bytes_or_null("wrapped")?,
    })
}

/// A report's derived columns, computed anew from all of its children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    report: ReportId,
    standing: Standing,
    delivered_at: Option<Timestamp>,
    children_open: i64,
}

impl Derived {
    /// Computes them; `children` are all children of the report, in every transmission. Each counts once, where it is now.
    pub fn of(report: ReportId, children: &[&ChildRow]) -> Self {
        let here = children.iter().filter(|child| child.is_here());
        let states = here.map(|child| &child.state);
        Self {
            report,
            standing: Standing::of(states.clone()),
            delivered_at: delivered_since(states.clone()),
            children_open: states.filter(|state| state.stage().is_open()).count() as i64,
        }
    }

    /// Where the report stands.
    pub fn standing(&self) -> Standing {
        self.standing
    }
}

const DERIVE: ManyRows = ManyRows {
    head: "-- report::derive
WITH derived (report_id, standing, delivered_at, children_open, written_at, written_by) AS (VALUES",
    columns: 6,
    tail: ")
UPDATE report
SET standing = derived.standing, delivered_at = derived.delivered_at, children_open = derived.children_open,
    written_at = derived.written_at, written_by = derived.written_by
FROM derived
WHERE report.report_id = derived.report_id",
};

/// Writes the derived columns of reports whose children moved.
pub async fn derive(
    conn: &mut AnyConnection,
    derived: &[Derived],
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    let touched = DERIVE
        .execute(conn, derived, |query, one| {
            query
                .bind(one.report.to_string())
                .bind(one.standing.as_str())
                .bind(one.delivered_at.map(Timestamp::as_microsecond))
                .bind(one.children_open)
                .bind(at.as_microsecond())
                .bind(by)
        })
        .await?;
    exactly(touched, derived.len())
}

/// Computes the derived columns of these reports from their children as they are stored now, and writes them.
pub async fn derive_from(
    conn: &mut AnyConnection,
    reports: &[ReportId],
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    let children = child::of_reports(&mut *conn, reports).await?;
    let derived = reports.iter().map(|report| {
        let of_report: Vec<&ChildRow> = children.iter().filter(|child| child.report == *report).collect();
        Derived::of(*report, &of_report)
    });
    derive(conn, &derived.collect::<Vec<_>>(), at, by).await
}

/// A report as stored: what its children must agree with.
pub struct Kept {
    /// Which.
    pub report: ReportId,
    /// When it was taken.
    pub submitted_at: Timestamp,
    /// How many children it is about.
    pub children: u64,
    /// The derived columns.
    pub derived: Derived,
}

/// Up to `limit` ids of reports after this text, in order.
pub async fn ids_after(pool: &AnyPool, after: &str, limit: i64) -> Result<Vec<ReportId>, StoreError> {
    let rows = sqlx::query(
        "-- report::ids_after
SELECT report_id
FROM report
WHERE report_id > $1
ORDER BY report_id
LIMIT $2",
    )
    .bind(after.to_owned())
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| Reader::new(row, "report", "report_id").parsed("report_id"))
        .collect()
}

const KEPT: ManyRows = ManyRows {
    head: "-- report::kept
SELECT report_id, submitted_at, children, standing, delivered_at, children_open
FROM report
WHERE report_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// These reports, in no promised order.
pub async fn kept(conn: &mut AnyConnection, reports: &[ReportId]) -> Result<Vec<Kept>, StoreError> {
    let rows = KEPT
        .fetch_all(conn, reports, |query, report| query.bind(report.to_string()))
        .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "report", "report_id");
            let report = reader.parsed("report_id")?;
            Ok(Kept {
                report,
                submitted_at: reader.time("submitted_at")?,
                children: reader.count("children")?,
                derived: Derived {
                    report,
                    standing: reader.word("standing", Standing::parse)?,
                    delivered_at: reader.time_or_null("delivered_at")?,
                    children_open: reader.number("children_open")?,
                },
            })
        })
        .collect()
}
