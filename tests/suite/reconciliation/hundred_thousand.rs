//! Of 100,000 transmissions the ten that are not a match are found, each with its class, and little else is told.

use std::{collections::BTreeMap, sync::Arc};

use framme_demo::{pki::synthetic_organisation, reconcile::entry};
use framme_sender::tasks::{self, Desk, NewTask};
use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::reconciliation::Class,
    runtime::clock::SystemClock,
};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::pair::{Pair, findings, told};
use crate::exchange::{OTHER_POLICE, POLICE};

on_both_databases!(
    ten_differences_in_a_hundred_thousand_are_found_with_their_classes_for_less_than_a_hundredth_of_the_bytes
);

const ENTRIES: u64 = 100_000;

/// Somebody recorded a transmission as lost.
pub(super) struct RecordAsLost(pub(super) String);

impl Change for RecordAsLost {
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let task = NewTask {
            kind: Class::MissingAtReceiver.as_str(),
            subject: self.0.clone(),
            desk: Desk::District,
            data: String::new(),
        };
        tasks::raise(tx, task).await
    }
}

async fn ten_differences_in_a_hundred_thousand_are_found_with_their_classes_for_less_than_a_hundredth_of_the_bytes(
    database: TestDatabase,
) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    let first = pair.stored(1).await.remove(0);
    pair.fill(2, ENTRIES).await;
    plant(&pair).await;
    // The first is there, receipt and all.
    let record = RecordAsLost(pair.transmission_of(&first).await);
    pair.sender.sender.context().database.change(record).await.unwrap();

    let result = pair.compare().await;
    let classes: Vec<(u64, &str)> = told(&result)
        .into_iter()
        .map(|(number, class, _)| (number, class))
        .collect();
    assert_eq!(
        classes,
        [
            (1, "recorded_as_lost_but_found"),
            (17, "missing_at_receiver"),
            (333, "unknown_to_sender"),
            (5_000, "different_content"),
            (30_001, "different_stage"),
            (30_002, "different_stage"),
            (50_001, "missing_at_receiver"),
            (60_000, "duplicate"),
            (77_777, "unknown_to_sender"),
            (99_999, "different_content"),
        ]
    );
    let state = result.reconciliation.unwrap();
    assert!(state.complete);
    assert_eq!(
        (state.sender_entries, state.receiver_entries),
        (ENTRIES - 2, ENTRIES - 2)
    );
    assert_eq!(state.matched, ENTRIES - 8);
    let counts = BTreeMap::from([
        (Class::MissingAtReceiver, 2),
        (Class::UnknownToSender, 2),
        (Class::DifferentContent, 2),
        (Class::DifferentStage, 2),
        (Class::Duplicate, 1),
        (Class::RecordedAsLostButFound, 1),
    ]);
    assert_eq!(findings(&result.receiver_result).counts, counts);

    // Nearly all are like the last.
    let whole_list = ENTRIES * entry(ENTRIES).unwrap().encoded_len;
    println!(
        "{} bytes moved, {:.2} % of the {whole_list} bytes of the whole list",
        state.bytes_moved,
        state.bytes_moved as f64 * 100.0 / whole_list as f64
    );
    assert!(
        state.bytes_moved * 100 < whole_list,
        "{} of {whole_list}",
        state.bytes_moved
    );
}

async fn plant(pair: &Pair) {
    let other_content = pair.blob(&[9; 32]).await;
    let of_number = |numbers: &str| format!("(SELECT transmission_id FROM transmission WHERE sequence IN ({numbers}))");
    // The receiver lost two, and has two that the sender does not know.
    for sql in ["17, 50001"] {
        pair.at_receiver(format!("DELETE FROM child WHERE transmission_id IN {}", of_number(sql)))
            .await;
        pair.at_receiver(format!("DELETE FROM transmission WHERE sequence IN ({sql})"))
            .await;
    }
    pair.at_sender(format!(
        "DELETE FROM child WHERE transmission_id IN {}",
        of_number("333, 77777")
    ))
    .await;
    pair.at_sender("DELETE FROM transmission WHERE sequence IN (333, 77777)")
        .await;
    // Another content, and another child.
    let sql = format!("UPDATE transmission SET content_sha256 = {other_content} WHERE sequence = 5000");
    assert_eq!(pair.at_receiver(sql).await, 1);
    let sql = format!(
        "UPDATE child SET child_id = 'd0000000-0000-4000-8000-000000000001' WHERE transmission_id IN {}",
        of_number("99999")
    );
    assert_eq!(pair.at_receiver(sql).await, 1);
    // A stage, and a caseworker.
    let sql = format!(
        "UPDATE child SET stage = 'opened', opened = 1 WHERE transmission_id IN {}",
        of_number("30001")
    );
    assert_eq!(pair.at_receiver(sql).await, 1);
    let sql = format!(
        "UPDATE child SET stage = 'assigned', assigned_role = 'caseworker', assigned_staff = 'caseworker-7',
            assigned_time = 1 WHERE transmission_id IN {}",
        of_number("30002")
    );
    assert_eq!(pair.at_receiver(sql).await, 1);
    // One event, from two districts.
    let fingerprint = pair.blob(&[7; 32]).await;
    let (police, other) = (synthetic_organisation(POLICE), synthetic_organisation(OTHER_POLICE));
    let own = format!(
        "INSERT INTO event_fingerprint (fingerprint, transmission_id, sender)
        SELECT {fingerprint}, transmission_id, '{police}' FROM transmission WHERE sequence = 60000"
    );
    assert_eq!(pair.at_receiver(own).await, 1);
    let others = format!(
        "INSERT INTO event_fingerprint (fingerprint, transmission_id, sender)
        VALUES ({fingerprint}, 'e0000000-0000-4000-8000-000000000001', '{other}')"
    );
    assert_eq!(pair.at_receiver(others).await, 1);
}
