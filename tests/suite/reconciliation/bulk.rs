//! Very many transmissions on both sides, by a few statements behind the services' backs.

use framme_demo::pki::synthetic_organisation;
use framme_shared::domain::{
    digest::Digest,
    reconciliation::{ChildFact, Entry},
};

use super::pair::Pair;
use crate::exchange::{POLICE, RECEIVER};

/// 2026-01-05T08:00:00Z, and each a second later than the one before.
const FIRST_SUBMITTED: i64 = 1_767_600_000_000_000;

/// The numbers of a statement.
fn numbers(first: u64, last: u64) -> String {
    format!("WITH RECURSIVE n (i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {last})")
}

/// Ids by number: a text that both databases make alike.
fn id(kind: char) -> String {
    format!("'{kind}0000000-0000-4000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2)")
}

fn submitted() -> String {
    format!("{FIRST_SUBMITTED} + i * 1000000")
}

impl Pair {
    /// Transmissions with these numbers, one child each, stored at both sides.
    pub(super) async fn fill(&self, first: u64, last: u64) {
        let (police, receiver) = (synthetic_organisation(POLICE), synthetic_organisation(RECEIVER));
        let (report, transmission, child) = (id('a'), id('b'), id('c'));
        let (numbers, at, sha) = (numbers(first, last), submitted(), self.blob(&content()).await);
        let nothing = self.blob(&[0]).await;
        for sql in [
            format!("INSERT INTO report (report_id, submitted_sha256, report_type, urgency, police_district, submitted_at,
                    submitted_by, answer, standing, delivered_at, children, children_open, written_at, written_by)
                {numbers} SELECT {report}, {sha}, 'notice', 'normal', 'Troms', {at}, 'test', {nothing}, 'open', NULL, 1, 1,
                    {at}, 'test' FROM n"),
            format!("INSERT INTO transmission (transmission_id, report_id, receiver, sequence, content_sha256, submitted_at,
                    urgency_rank, delivery_state, attempts, next_attempt_at, lease_token, lease_until, last_failure,
                    written_at, written_by)
                {numbers} SELECT {transmission}, {report}, '{receiver}', i, {sha}, {at}, 2, 'handed_over', 1, 0, NULL, 0,
                    NULL, {at}, 'test' FROM n"),
            format!("INSERT INTO child (report_id, child_id, transmission_id, place, municipality, city_district, stage,
                    stage_time, opened, registered, written_at, written_by)
                {numbers} SELECT {report}, {child}, {transmission}, 0, '5501', NULL, 'stored', {at}, 0, 0, {at}, 'test'
                FROM n"),
            format!("UPDATE receiver SET last_transmission = {last} WHERE organisation = '{receiver}'"),
        ] {
            self.at_sender(sql).await;
        }
        for sql in [
            format!("INSERT INTO transmission (transmission_id, sender, sent_id, sequence, report_id, report_type,
                    urgency_rank, submitted_at, arrived_at, stored_at, stored_receipt_sequence, attachment_count,
                    content_sha256, wrapped_key, master_key_id, written_at, written_by)
                {numbers} SELECT {transmission}, '{police}', {transmission}, i, {report}, 'notice', 2, {at}, {at}, {at}, i, 0,
                    {sha}, {nothing}, 'test', {at}, 'test' FROM n"),
            format!("INSERT INTO child (transmission_id, child_id, child_number, area, urgency_rank, submitted_at, stage,
                    stage_time, opened, registered, waiting, version, written_at, written_by)
                {numbers} SELECT {transmission}, {child}, 0, '5501', 2, {at}, 'stored', {at}, 0, 0, 1, 1, {at}, 'test'
                FROM n"),
        ] {
            self.at_receiver(sql).await;
        }
    }

    /// Bytes as a literal of this database.
    pub(super) async fn blob(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self.sender.sender.context().database.dialect() {
            framme_shared::db::Dialect::Sqlite => format!("x'{hex}'"),
            framme_shared::db::Dialect::Postgres => format!("decode('{hex}', 'hex')"),
        }
    }
}

/// What every content digests to.
pub(super) fn content() -> [u8; 32] {
    *Digest::of(b"content").as_bytes()
}

/// The entry of a number, as both sides make it.
pub(super) fn entry(number: u64) -> Entry {
    let id = |kind: char| format!("{kind}0000000-0000-4000-8000-{number:012}");
    Entry {
        sequence: number,
        transmission: id('b').parse().unwrap(),
        report: id('a').parse().unwrap(),
        content_sha256: Digest::from_slice(&content()).unwrap(),
        children: vec![ChildFact {
            child: id('c').parse().unwrap(),
            stage: "stored".to_owned(),
            caseworker: String::new(),
            detail: String::new(),
        }],
    }
}
