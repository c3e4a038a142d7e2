//! Where a report's parts go, and what a person says where the directory is not certain.

use framme_sender::store::view;
use framme_shared::wire::{
    pb::{report::ErrorReason, report::Urgency},
    status::{Received, reason_of},
};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::{
    Scene, TODAY, YESTERDAY, assert_today, number, parts,
    register::{A, B, C, ended, letter_only, service},
    transmission_of,
};

on_both_databases!(
    a_child_in_each_of_four_municipalities_two_of_which_share_a_service_makes_three_transmissions,
    a_retired_service_with_one_successor_leads_there,
    a_retired_service_with_several_successors_goes_to_a_person_who_says_which,
    a_retired_municipality_is_refused_with_its_one_or_several_successors,
    what_a_person_said_is_said_once_however_often_it_comes,
    only_a_service_that_answers_today_can_be_named,
    what_is_closed_needs_nobody_to_route_it,
);

async fn a_child_in_each_of_four_municipalities_two_of_which_share_a_service_makes_three_transmissions(
    database: TestDatabase,
) {
    let register = [
        service(A, &["3405", "3440"], ""),
        service(B, &["5501"], ""),
        letter_only(C, &["4601"]),
    ];
    let mut scene = Scene::set(database, &register.concat()).await;
    let state = scene.submit(&["3405", "5501", "3440", "4601"]).await;
    assert_eq!(parts(&state), [(A, 2), (B, 1), (C, 1)]);
}

async fn a_retired_service_with_one_successor_leads_there(database: TestDatabase) {
    let register = [service(A, &["5501"], &ended(YESTERDAY, &[B])), service(B, &[], "")];
    let mut scene = Scene::set(database, &register.concat()).await;
    assert_today(&scene.stage);
    let state = scene.submit(&["5501"]).await;
    assert_eq!(parts(&state), [(B, 1)]);
}

async fn a_retired_service_with_several_successors_goes_to_a_person_who_says_which(database: TestDatabase) {
    let register = [
        service(A, &["5501"], &ended(YESTERDAY, &[B, C])),
        service(B, &[], ""),
        letter_only(C, &[]),
    ];
    let mut scene = Scene::set(database, &register.concat()).await;
    let state = scene.submit(&["5501", "5501"]).await;
    assert_eq!(parts(&state), [("", 2)], "nobody is guessed");
    assert_eq!(state.transmissions[0].sequence, 0);

    let tasks = scene.tasks_of("route_needed").await;
    let transmission = transmission_of(&state).to_string();
    assert_eq!(tasks[0].0, transmission);
    assert!(tasks[0].1.contains("service_retired") && tasks[0].1.contains(B) && tasks[0].1.contains(C));

    let request = scene.route(&state, B, 1);
    let answer = scene
        .stage
        .desk()
        .route_transmission(request)
        .await
        .unwrap()
        .into_inner();
    let state = answer.report.unwrap();
    assert_eq!(parts(&state), [(B, 2)]);
    assert_eq!(state.transmissions[0].sequence, 1, "the first of that pair");
    assert_eq!(state.transmissions[0].transmission_id, transmission);
    assert_eq!(scene.tasks_of("route_needed").await, []);
    // The next that goes there by itself has the next number: none is lost.
    scene
        .change(&[service(A, &["5501"], &ended(YESTERDAY, &[B])), service(B, &[], "")].concat())
        .await;
    assert_eq!(scene.submit(&["5501"]).await.transmissions[0].sequence, 2);
}

/// The number stands in a form that its writer has at hand, so the writer says which municipality is meant.
async fn a_retired_municipality_is_refused_with_its_one_or_several_successors(database: TestDatabase) {
    let mut scene = Scene::set(database, &service(A, &["4601", "1508", "1580"], "")).await;
    for (retired, successors) in [("1201", "has 4601"), ("1507", "has 1508, 1580")] {
        let report = scene.stage.report(&[retired], Urgency::Normal);
        let refused = Received::from_status(&scene.stage.send(report).await.unwrap_err());
        assert_eq!(refused.reason, Some(ErrorReason::InvalidField));
        let (field, rule) = (&refused.violations[0].0, &refused.violations[0].1);
        assert_eq!(field, "children[0].municipality_number");
        assert!(rule.contains(successors), "{rule}");
    }
}

async fn what_a_person_said_is_said_once_however_often_it_comes(database: TestDatabase) {
    let mut scene = Scene::set(database, &[service(A, &["5501"], ""), service(B, &[], "")].concat()).await;
    let state = scene.submit(&["4601"]).await;
    let request = scene.route(&state, B, 1);
    let mut desk = scene.stage.desk();
    let first = desk.route_transmission(request.clone()).await.unwrap().into_inner();

    let again = desk.route_transmission(request.clone()).await.unwrap().into_inner();
    assert_eq!(again, first);
    let other = scene.route(&state, A, 1);
    let refused = desk.route_transmission(other).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
    let anew = scene.route(&state, A, 2);
    let refused = desk.route_transmission(anew).await.unwrap_err();
    assert_eq!(
        reason_of(&refused),
        Some(ErrorReason::NotFound),
        "it waits for nobody any more"
    );

    // The answer stays the same when the directory names that service no more.
    scene.change(&service(A, &["5501"], "")).await;
    let again = scene
        .stage
        .desk()
        .route_transmission(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, first);
    let report = state.report_id.parse().unwrap();
    let view = view::look_up(scene.stage.context.database.reader(), &report)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(view.transmissions[0].receiver, number(B));
}

async fn only_a_service_that_answers_today_can_be_named(database: TestDatabase) {
    let register = [service(A, &["5501"], ""), service(B, &[], &ended(YESTERDAY, &[]))];
    let mut scene = Scene::set(database, &register.concat()).await;
    let state = scene.submit(&["4601"]).await;
    for nobody in [B, C, "000000000"] {
        let refused = scene
            .stage
            .desk()
            .route_transmission(scene.route(&state, nobody, 1))
            .await;
        let refused = Received::from_status(&refused.unwrap_err());
        assert_eq!(refused.reason, Some(ErrorReason::InvalidField), "{nobody}");
        assert_eq!(refused.violations[0].0, "receiver_organisation_number");
    }
    for caller in [scene.stage.officer(), scene.stage.system()] {
        let mut caller = caller;
        let refused = caller.route_transmission(scene.route(&state, A, 2)).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(ErrorReason::PermissionDenied), "on {TODAY}");
    }
}

async fn what_is_closed_needs_nobody_to_route_it(database: TestDatabase) {
    let mut scene = Scene::set(database, &service(A, &["5501"], "")).await;
    let state = scene.submit(&["4601"]).await;
    assert_eq!(scene.tasks_of("route_needed").await.len(), 1);
    let request = framme_shared::wire::pb::sender::CloseReportRequest {
        report_id: state.report_id.clone(),
        request_id: "5b1f4a4e-6c1e-4a3b-9a55-0d3f6c1e7b01".to_owned(),
        reason: "Tatt på telefon.".to_owned(),
        child_ids: Vec::new(),
        kind: 0,
    };
    scene.stage.desk().close_report(request).await.unwrap();
    assert_eq!(scene.tasks_of("route_needed").await, []);
}
