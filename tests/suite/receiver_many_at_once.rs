//! Moves of many children at the same moment: each takes effect once, and none in another's place.

use framme_shared::{
    domain::receipt::Level,
    wire::pb::{
        exchange::SubmitTransmissionRequest,
        receiver::{AssignChildRequest, ChildChange, ChildChanged, RejectChildRequest},
        report::{ErrorReason, RejectionReason},
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use futures::future::join_all;
use tonic::Status;

use crate::receiving::{CASEWORKER, COLLEAGUE, Receiving, TROMSO, change, new_id, reason};

on_both_databases!(
    a_repetition_beside_its_request_gets_the_same_answer_byte_for_byte,
    of_two_moves_of_one_child_at_once_the_second_sees_the_first,
    a_child_that_is_not_there_refuses_nobody_else,
    a_repetition_gets_the_receipt_of_its_request_and_not_the_newest,
);

async fn submitted(receiving: &Receiving, count: u64) -> Vec<SubmitTransmissionRequest> {
    let requests: Vec<_> = (1..=count)
        .map(|number| receiving.transmission(number, &[TROMSO]))
        .collect();
    join_all(requests.iter().map(|request| receiving.submit(request))).await;
    requests
}

async fn assign(receiving: &Receiving, change: ChildChange, to: &str) -> Result<ChildChanged, Status> {
    let request = AssignChildRequest {
        change: Some(change),
        caseworker_staff_id: to.to_owned(),
        known_to_service: 0,
    };
    let answer = receiving.work_list(&receiving.leader).assign_child(request).await?;
    Ok(answer.into_inner().changed.unwrap())
}

async fn assigned_receipts(receiving: &Receiving) -> usize {
    let receipts = receiving.receipts().await;
    receipts
        .iter()
        .filter(|receipt| receipt.statement.level() == Some(Level::Assigned))
        .count()
}

async fn a_repetition_beside_its_request_gets_the_same_answer_byte_for_byte(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let requests = submitted(&receiving, 20).await;
    let changes: Vec<ChildChange> = requests.iter().map(|request| change(request, 0)).collect();
    let twice = changes.iter().chain(&changes);
    let answers = join_all(twice.map(|change| assign(&receiving, change.clone(), CASEWORKER))).await;
    let (first, second) = answers.split_at(20);
    for (first, second) in first.iter().zip(second) {
        assert_eq!(first.as_ref().unwrap(), second.as_ref().unwrap());
    }
    assert_eq!(assigned_receipts(&receiving).await, 20);
}

async fn of_two_moves_of_one_child_at_once_the_second_sees_the_first(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let requests = submitted(&receiving, 10).await;
    let moves = requests.iter().map(|request| async {
        let work_list = receiving.work_list(&receiving.leader);
        let reject = async {
            let request = RejectChildRequest {
                change: Some(change(request, 0)),
                reason: RejectionReason::NotOurArea.into(),
            };
            work_list.clone().reject_child(request).await.map(drop)
        };
        futures::join!(assign(&receiving, change(request, 0), CASEWORKER), reject)
    });
    for (assigned, rejected) in join_all(moves).await {
        // A child that is rejected cannot be assigned; one that is assigned can still be rejected.
        match assigned {
            Ok(_) => {}
            Err(refused) => {
                assert_eq!(reason::<()>(Err(refused)), ErrorReason::InvalidTransition);
                rejected.unwrap();
            }
        }
    }
    // Verifies the chain from its first receipt to its last.
    assert!(receiving.receipts().await.len() >= 20);
}

async fn a_child_that_is_not_there_refuses_nobody_else(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let requests = submitted(&receiving, 8).await;
    let calls = requests.iter().enumerate().map(|(place, request)| {
        let mut change = change(request, 0);
        if place % 2 == 1 {
            change.child_id = new_id();
        }
        assign(&receiving, change, CASEWORKER)
    });
    for (place, answer) in join_all(calls).await.into_iter().enumerate() {
        if place % 2 == 1 {
            assert_eq!(reason(answer), ErrorReason::NotFound);
        } else {
            answer.unwrap();
        }
    }
    assert_eq!(assigned_receipts(&receiving).await, 4);
}

async fn a_repetition_gets_the_receipt_of_its_request_and_not_the_newest(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = submitted(&receiving, 1).await.remove(0);
    let to_one = change(&request, 0);
    let first = assign(&receiving, to_one.clone(), CASEWORKER).await.unwrap();
    let other = assign(&receiving, change(&request, 0), COLLEAGUE).await.unwrap();
    assert_ne!(first.receipt, other.receipt);
    assert_eq!(assign(&receiving, to_one, CASEWORKER).await.unwrap(), first);
}
