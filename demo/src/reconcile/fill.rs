//! Very many transmissions on both sides, by a few statements behind the services' backs.

use std::path::Path;

use anyhow::Context as _;
use framme_shared::{
    domain::{
        digest::Digest,
        organisation::OrganisationNumber,
        reconciliation::{ChildFact, Entry},
    },
    wire::reconciliation::entry_to_pb,
};
use prost::Message as _;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

/// 2026-01-05T08:00:00Z, and each a second later than the one before.
const FIRST_SUBMITTED: i64 = 1_767_600_000_000_000;

/// Where the two databases are, and of whom.
#[derive(Debug, Clone)]
pub struct Fill {
    /// The sender's organisation.
    pub police: OrganisationNumber,
    /// The receiver's.
    pub receiver: OrganisationNumber,
    /// The sender's database.
    pub sender_url: String,
    /// The receiver's.
    pub receiver_url: String,
}

/// An entry as both sides make it, and how many bytes it takes in a message.
pub struct Filled {
    /// The entry.
    pub entry: Entry,
    /// Its encoded length.
    pub encoded_len: u64,
}

/// The entry of a number.
pub fn entry(number: u64) -> anyhow::Result<Filled> {
    let id = |kind: char| format!("{kind}0000000-0000-4000-8000-{number:012}");
    let entry = Entry {
        sequence: number,
        transmission: id('b').parse()?,
        report: id('a').parse()?,
        content_sha256: content(),
        children: vec![ChildFact {
            child: id('c').parse()?,
            stage: "stored".to_owned(),
            caseworker: String::new(),
            detail: String::new(),
        }],
    };
    let encoded_len = entry_to_pb(&entry).encoded_len() as u64;
    Ok(Filled { entry, encoded_len })
}

/// What every content digests to.
fn content() -> Digest {
    Digest::of(b"content")
}

/// The database that a configuration file names.
pub(super) fn url(config: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(config)?;
    let url = text.lines().find_map(|line| line.strip_prefix("url = "));
    Ok(url
        .context("the configuration names no database")?
        .trim_matches('"')
        .to_owned())
}

/// Ids by number: a text that both databases make alike.
fn id(kind: char) -> String {
    format!("'{kind}0000000-0000-4000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2)")
}

impl Fill {
    /// Stores transmissions with these numbers at both sides, one child each.
    pub async fn numbers(&self, first: u64, last: u64) -> anyhow::Result<()> {
        let numbers = format!(
            "WITH RECURSIVE n (i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
        );
        execute(&self.sender_url, self.at_sender(&numbers, last)).await?;
        execute(&self.receiver_url, self.at_receiver(&numbers)).await
    }

    fn at_sender(&self, numbers: &str, last: u64) -> Vec<String> {
        let (report, transmission, child) = (id('a'), id('b'), id('c'));
        let (at, receiver) = (format!("{FIRST_SUBMITTED} + i * 1000000"), &self.receiver);
        let (sha, nothing) = (
            blob(&self.sender_url, content().as_bytes()),
            blob(&self.sender_url, &[0]),
        );
        vec![
            format!(
                "INSERT INTO report (report_id, submitted_sha256, report_type, urgency, police_district, submitted_at,
                    submitted_by, answer, standing, delivered_at, children, children_open, written_at, written_by)
                {numbers} SELECT {report}, {sha}, 'notice', 'normal', 'Troms', {at}, 'fill', {nothing}, 'open', NULL, 1,
                    1, {at}, 'fill' FROM n"
            ),
            format!(
                "INSERT INTO transmission (transmission_id, report_id, receiver, sequence, content_sha256, submitted_at,
                    urgency_rank, delivery_state, attempts, next_attempt_at, lease_token, lease_until, last_failure,
                    written_at, written_by)
                {numbers} SELECT {transmission}, {report}, '{receiver}', i, {sha}, {at}, 2, 'handed_over', 1, 0, NULL, 0,
                    NULL, {at}, 'fill' FROM n"
            ),
            format!(
                "INSERT INTO child (report_id, child_id, transmission_id, place, municipality, city_district, stage,
                    stage_time, opened, registered, written_at, written_by)
                {numbers} SELECT {report}, {child}, {transmission}, 0, '5501', NULL, 'stored', {at}, 0, 0, {at}, 'fill'
                FROM n"
            ),
            format!("UPDATE receiver SET last_transmission = {last} WHERE organisation = '{receiver}'"),
        ]
    }

    fn at_receiver(&self, numbers: &str) -> Vec<String> {
        let (report, transmission, child) = (id('a'), id('b'), id('c'));
        let (at, police) = (format!("{FIRST_SUBMITTED} + i * 1000000"), &self.police);
        let (sha, nothing) = (
            blob(&self.receiver_url, content().as_bytes()),
            blob(&self.receiver_url, &[0]),
        );
        vec![
            format!(
                "INSERT INTO transmission (transmission_id, sender, sent_id, sequence, report_id, report_type,
                    urgency_rank, submitted_at, arrived_at, stored_at, stored_receipt_sequence, attachment_count,
                    content_sha256, wrapped_key, master_key_id, written_at, written_by, report_key)
                {numbers} SELECT {transmission}, '{police}', {transmission}, i, {report}, 'notice', 2, {at}, {at}, {at},
                    i, 0, {sha}, {nothing}, 'fill', {at}, 'fill', {report} FROM n"
            ),
            format!(
                "INSERT INTO child (transmission_id, child_id, child_number, area, urgency_rank, submitted_at, stage,
                    stage_time, opened, registered, waiting, version, written_at, written_by)
                {numbers} SELECT {transmission}, {child}, 0, '5501', 2, {at}, 'stored', {at}, 0, 0, 1, 1, {at}, 'fill'
                FROM n"
            ),
        ]
    }

    /// Makes so many of them differ at the receiver, spread over all: another content each.
    pub(super) async fn differ(&self, entries: u64, differences: u64) -> anyhow::Result<()> {
        let other = blob(&self.receiver_url, Digest::of(b"other").as_bytes());
        let numbers: Vec<String> = (1..=differences)
            .map(|place| (place * entries / (differences + 1)).to_string())
            .collect();
        let numbers = numbers.join(", ");
        let sql = format!("UPDATE transmission SET content_sha256 = {other} WHERE sequence IN ({numbers})");
        execute(&self.receiver_url, vec![sql]).await
    }
}

/// Bytes as a literal of the database at this URL.
fn blob(url: &str, bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if url.starts_with("sqlite") {
        format!("x'{hex}'")
    } else {
        format!("decode('{hex}', 'hex')")
    }
}

async fn execute(url: &str, statements: Vec<String>) -> anyhow::Result<()> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await?;
    for statement in statements {
        // Made of literals, numbers and organisation numbers.
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}
