//! What happened on the way back once more (S3): thousands of answers were written and never arrived. Here the police cannot
//! be reached for a month; until they can, both sides list every one, and then all of them arrive, in order and once.

use std::collections::BTreeSet;

use framme_demo::pki::synthetic_organisation;
use framme_shared::{
    domain::{lifecycle::Feedback, receipt::stored_claims},
    wire::pb::{
        receiver::OwedState,
        report::{AssessmentOutcome, Duty, ReportType},
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use futures::StreamExt as _;

use super::pair::{Child, Pair};
use crate::exchange::RECEIVER;

on_both_databases!(answers_of_a_month_in_which_nobody_could_be_reached_all_arrive_once_and_in_order);

const REPORTS: usize = 76;
const CHILDREN: usize = 50;
/// As many as were never delivered in one city.
const ANSWERS: usize = REPORTS * CHILDREN;

/// Does it for every child, many at once.
async fn each<F: Future<Output = ()>>(children: &[Child], mut work: impl FnMut(&Child) -> F) {
    let working = futures::stream::iter(children.iter().map(&mut work));
    working.buffer_unordered(64).collect::<()>().await;
}

async fn answers_of_a_month_in_which_nobody_could_be_reached_all_arrive_once_and_in_order(database: TestDatabase) {
    let pair = Pair::new(database).await;
    let mut children = Vec::new();
    for _ in 0..REPORTS {
        children.extend(pair.stored(ReportType::ConcernReport, CHILDREN).await);
    }
    assert_eq!(children.len(), 3_800);
    let pair = &pair;
    each(&children, |child| {
        let child = child.clone();
        async move {
            pair.assign(&child).await;
            pair.assess(&child, AssessmentOutcome::FollowedUp).await;
        }
    })
    .await;
    pair.confirmed().await;
    let before = receipts_of_the_sender(pair).await.len();

    pair.part();
    for part in children.chunks(children.len() / 10) {
        pair.days_pass(3);
        each(part, |child| {
            let child = child.clone();
            async move { pair.confirm(&child, false).await }
        })
        .await;
    }

    // Neither side believes that the other knows.
    let listed = pair.listed_at_receiver(1_000).await;
    let unconfirmed = listed.iter().filter(|owed| owed.state() == OwedState::Unconfirmed);
    assert_eq!(unconfirmed.count(), ANSWERS);
    assert_eq!(listed.len(), ANSWERS, "and it owes nothing else");
    let owed = pair.listed_at_sender(1_000).await;
    let owed = owed
        .iter()
        .filter(|owed| owed.duty() == Duty::Confirmation && owed.late);
    assert_eq!(owed.count(), ANSWERS);
    assert_eq!(pair.notices().await, 0);

    pair.meet();
    pair.confirmed().await;
    assert!(pair.listed_at_receiver(1_000).await.is_empty());
    // A receiver that was not heard of for so long is doubted; its answers show when it is believed again.
    pair.until("nothing is owed any more", || async {
        pair.listed_at_sender(1_000).await.is_empty()
    })
    .await;
    assert_eq!(pair.notices().await, ANSWERS as i64);
    let receipts = receipts_of_the_sender(pair).await;
    let numbers: Vec<u64> = receipts.iter().map(|receipt| receipt.0).collect();
    assert_eq!(numbers, (1..=receipts.len() as u64).collect::<Vec<_>>());
    let told: Vec<_> = receipts[before..].iter().map(|receipt| receipt.1.clone()).collect();
    assert_eq!(told.len(), ANSWERS);
    let distinct: BTreeSet<_> = told.iter().collect();
    assert_eq!(distinct.len(), ANSWERS, "none came twice");
}

/// Numbers, and the children that were told of.
async fn receipts_of_the_sender(pair: &Pair) -> Vec<(u64, Option<String>)> {
    let reader = pair.sender.sender.context().database.reader();
    let receiver = synthetic_organisation(RECEIVER);
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = framme_sender::store::receipt::page(reader, &receiver, after, 1_000)
            .await
            .unwrap();
        let Some(last) = page.last() else { return all };
        after = last.sequence;
        all.extend(page.iter().map(|receipt| {
            let claims = stored_claims(&receipt.jws).unwrap();
            let is_confirmation = matches!(claims.statement.feedback(), Some(Feedback::Confirmed { .. }));
            let told_of = claims.child.filter(|_| is_confirmation);
            (
                receipt.sequence,
                told_of.map(|child| format!("{}/{child}", claims.transmission)),
            )
        }));
    }
}
