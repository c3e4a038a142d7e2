//! Numbers without gaps, both ways.

use std::sync::Arc;

use framme_sender::reconciliation::Lost;
use framme_shared::wire::pb::exchange::reconciliation_service_client::ReconciliationServiceClient;
use framme_shared::{domain::lifecycle::Stage, runtime::clock::SystemClock, wire::pb::exchange::CompareNumbersRequest};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::pair::Pair;
on_both_databases!(
    a_receiver_that_has_16_and_18_says_that_it_lacks_17_and_gets_it_again,
    a_number_that_is_on_its_way_is_not_lost,
    a_receiver_that_holds_higher_numbers_than_were_given_is_an_operators_task,
    a_receipt_that_is_another_at_the_receiver_is_an_operators_task,
    ranges_of_missing_numbers_are_told_in_order_from_the_first_to_the_senders_last,
);

async fn a_receiver_that_has_16_and_18_says_that_it_lacks_17_and_gets_it_again(database: TestDatabase) {
    let pair = Pair::new(database, Arc::new(SystemClock)).await;
    let reports = pair.stored(18).await;
    assert!(pair.numbers().await.lost.is_empty());
    pair.forget(17).await;

    let transmission = pair.transmission_of(&reports[16]).await;
    let lost = Lost {
        sequence: 17,
        transmission: Some(transmission.parse().unwrap()),
        sent_again: true,
    };
    assert_eq!(pair.numbers().await.lost, [lost]);
    pair.sender.until_stage(&reports[16], Stage::Stored).await;
    assert!(pair.numbers().await.lost.is_empty());
    // A receipt "stored" for each, and one anew for the one that was lost.
    assert_eq!(pair.receiver.stated().await.len(), 19);
    assert_eq!(pair.tasks().await, [("missing_at_receiver".to_owned(), transmission)]);
}

async fn a_number_that_is_on_its_way_is_not_lost(database: TestDatabase) {
    let pair = Pair::new(database, Arc::new(SystemClock)).await;
    let reports = pair.stored(2).await;
    pair.forget(2).await;
    // Nobody claims it before the next attempt.
    let waits =
        "UPDATE transmission SET delivery_state = 'waiting', next_attempt_at = 9000000000000000 WHERE sequence = 2";
    pair.at_sender(waits).await;
    assert!(pair.numbers().await.lost.is_empty());
    assert!(pair.tasks().await.is_empty());
    assert_eq!(pair.sender.stage(&reports[1]).await, Stage::Stored);
}

async fn a_receiver_that_holds_higher_numbers_than_were_given_is_an_operators_task(database: TestDatabase) {
    let pair = Pair::new(database, Arc::new(SystemClock)).await;
    pair.stored(1).await;
    pair.at_receiver("UPDATE transmission SET sequence = 5").await;
    let found = pair.numbers().await;
    assert!(found.sender_forgot && !found.receipts_differ);
    let kinds: Vec<String> = pair.tasks().await.into_iter().map(|(kind, _)| kind).collect();
    // Number 1 is gone as well, for the one that was 1 is 5 now.
    assert_eq!(kinds, ["missing_at_receiver", "restored_from_backup"]);
}

async fn a_receipt_that_is_another_at_the_receiver_is_an_operators_task(database: TestDatabase) {
    let pair = Pair::new(database, Arc::new(SystemClock)).await;
    pair.stored(1).await;
    let other = pair.blob(&[9; 32]).await;
    pair.at_receiver(format!("UPDATE receipt SET sha256 = {other}")).await;
    assert!(pair.numbers().await.receipts_differ);
    assert_eq!(pair.tasks().await[0].0, "two_histories");
}

async fn ranges_of_missing_numbers_are_told_in_order_from_the_first_to_the_senders_last(database: TestDatabase) {
    let pair = Pair::new(database, Arc::new(SystemClock)).await;
    let ask = async |highest| {
        let mut client = ReconciliationServiceClient::new(pair.receiver.police());
        let request = CompareNumbersRequest {
            last_transmission_sequence: highest,
            last_receipt_sequence: 0,
            last_receipt_sha256: vec![0; 32].into(),
        };
        let answer = client.compare_numbers(request).await.unwrap().into_inner();
        let missing: Vec<_> = answer.missing.iter().map(|range| (range.first, range.last)).collect();
        (answer.last_transmission_sequence, missing, answer.more_missing)
    };
    assert_eq!(ask(0).await, (0, vec![], false));
    assert_eq!(ask(7).await, (0, vec![(1, 7)], false));
    pair.fill(1, 30).await;
    pair.at_receiver("DELETE FROM child").await;
    pair.at_receiver("DELETE FROM transmission WHERE sequence IN (1, 2, 9, 17, 18, 19, 28, 29, 30)")
        .await;
    assert_eq!(ask(35).await, (27, vec![(1, 2), (9, 9), (17, 19), (28, 35)], false));
    assert_eq!(ask(18).await, (27, vec![(1, 2), (9, 9), (17, 18)], false));
    pair.fill(1_001, 3_500).await;
    pair.at_receiver("DELETE FROM child").await;
    pair.at_receiver("DELETE FROM transmission WHERE sequence > 1000 AND sequence % 2 = 0")
        .await;
    let (_, missing, more) = ask(3_500).await;
    assert_eq!((missing.len(), more), (1_000, true));
    assert!(missing.is_sorted());
}
