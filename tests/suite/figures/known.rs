//! Children whose case the service did not know: what a receiver counts for whom.

use framme_shared::wire::{
    pb::{
        exchange::{CountKnownChildrenRequest, CountKnownChildrenResponse, KnownChildrenCount},
        receiver::{AssignChildRequest, KnownToService},
        report::ErrorReason,
    },
    time::to_pb,
};
use framme_tests::database::TestDatabase;
use jiff::{Timestamp, ToSpan as _};
use tonic::Status;

use crate::receiving::{CASEWORKER, COLLEAGUE, OTHER_POLICE, POLICE, Receiving, TROMSO, change, reason};

framme_tests::on_both_databases! {
    a_receiver_counts_what_was_said_of_the_callers_children_only,
    what_was_said_of_a_child_stays_until_something_else_is_said,
    a_receiver_set_up_not_to_answer_gives_nothing,
    a_period_that_is_none_is_refused,
}

async fn count(
    receiving: &Receiving,
    organisation: u32,
    from: Timestamp,
    until: Timestamp,
) -> Result<CountKnownChildrenResponse, Status> {
    let request = CountKnownChildrenRequest {
        from_time: Some(to_pb(from)),
        until_time: Some(to_pb(until)),
    };
    let answer = receiving.figures(organisation).count_known_children(request).await?;
    Ok(answer.into_inner())
}

async fn counted(receiving: &Receiving, organisation: u32) -> Option<(u64, u64)> {
    let now = receiving.clock.now();
    let answer = count(receiving, organisation, now - 1.hour(), now + 1.hour()).await;
    answer.unwrap().count.map(|count| (count.answered, count.not_known))
}

async fn assign(
    receiving: &Receiving,
    request: &framme_shared::wire::pb::exchange::SubmitTransmissionRequest,
    child: usize,
    to: &str,
    known: KnownToService,
) {
    let request = AssignChildRequest {
        change: Some(change(request, child)),
        caseworker_staff_id: to.to_owned(),
        known_to_service: known.into(),
    };
    receiving
        .work_list(&receiving.leader)
        .assign_child(request)
        .await
        .unwrap();
}

async fn a_receiver_counts_what_was_said_of_the_callers_children_only(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let transmission = receiving.transmission(1, &[TROMSO; 4]);
    receiving.submit(&transmission).await;
    assert_eq!(counted(&receiving, POLICE).await, Some((0, 0)));
    let said = [
        KnownToService::Known,
        KnownToService::NotKnown,
        KnownToService::NotKnown,
    ];
    for (child, known) in said.into_iter().enumerate() {
        assign(&receiving, &transmission, child, CASEWORKER, known).await;
    }
    assign(&receiving, &transmission, 3, CASEWORKER, KnownToService::Unspecified).await;

    assert_eq!(counted(&receiving, POLICE).await, Some((3, 2)));
    assert_eq!(counted(&receiving, OTHER_POLICE).await, Some((0, 0)));
    let now = receiving.clock.now();
    let later = count(&receiving, POLICE, now + 1.minute(), now + 1.hour())
        .await
        .unwrap();
    let nobody = KnownChildrenCount {
        answered: 0,
        not_known: 0,
    };
    assert!(later.count == Some(nobody));
}

async fn what_was_said_of_a_child_stays_until_something_else_is_said(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let transmission = receiving.transmission(1, &[TROMSO]);
    receiving.submit(&transmission).await;
    for (to, known, expected) in [
        (CASEWORKER, KnownToService::NotKnown, (1, 1)),
        (COLLEAGUE, KnownToService::Unspecified, (1, 1)),
        (CASEWORKER, KnownToService::Known, (1, 0)),
    ] {
        assign(&receiving, &transmission, 0, to, known).await;
        assert_eq!(counted(&receiving, POLICE).await, Some(expected));
    }
}

async fn a_receiver_set_up_not_to_answer_gives_nothing(database: TestDatabase) {
    for (answer, least_children, expected) in [(false, 0, None), (true, 2, None), (true, 1, Some((1, 1)))] {
        let database = TestDatabase::new(dialect_of(&database)).await;
        let receiving = Receiving::start_configured(database, |config| {
            config.figures.answer = answer;
            config.figures.least_children = least_children;
        })
        .await;
        let transmission = receiving.transmission(1, &[TROMSO]);
        receiving.submit(&transmission).await;
        assign(&receiving, &transmission, 0, CASEWORKER, KnownToService::NotKnown).await;
        assert_eq!(
            counted(&receiving, POLICE).await,
            expected,
            "{answer}, {least_children}"
        );
    }
}

async fn a_period_that_is_none_is_refused(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let now = receiving.clock.now();
    for (from, until) in [(now, now), (now, now - 1.second())] {
        let refused = count(&receiving, POLICE, from, until).await;
        assert_eq!(reason(refused), ErrorReason::InvalidField);
    }
    let empty = receiving
        .figures(POLICE)
        .count_known_children(CountKnownChildrenRequest::default())
        .await;
    assert_eq!(reason(empty), ErrorReason::InvalidField);
    let ever = count(
        &receiving,
        POLICE,
        "2010-01-01T00:00:00Z".parse().unwrap(),
        "2999-12-31T00:00:00Z".parse().unwrap(),
    );
    assert!(ever.await.is_ok());
}

fn dialect_of(database: &TestDatabase) -> framme_shared::db::Dialect {
    database.config().dialect().unwrap()
}
