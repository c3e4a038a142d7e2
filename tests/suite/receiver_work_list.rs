//! The work list: who sees and may do what, what each move states, and repetition.

use framme_shared::{
    domain::receipt::{Level, StatedBy, Statement},
    wire::pb::{
        exchange::SubmitTransmissionRequest,
        receiver::{
            AssignChildRequest, ChildChange, GetTransmissionRequest, ListTransmissionsRequest, RecordAssessmentRequest,
            RedirectChildRequest, RegisterChildRequest, RejectChildRequest, RevokeAssignmentRequest, StaffRole,
            TransmissionSummary,
        },
        report::{AssessmentOutcome, ErrorReason, RejectionReason, Stage},
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use tonic::Code;

use crate::{
    receiver_inbox::spoil,
    receiving::{CASEWORKER, COLLEAGUE, FAR_CASEWORKER, HARSTAD, LEADER, Receiving, TROMSO, change, member, reason},
};

on_both_databases!(
    a_person_who_reads_is_recorded_and_receipted_before_the_content_is_shown,
    a_program_that_reads_has_not_opened,
    an_assignment_is_receipted_and_repeated_byte_for_byte,
    nobody_inactive_or_without_access_is_given_a_child,
    a_case_system_states_on_whose_behalf_it_acts,
    somebody_who_leaves_loses_every_child_in_the_same_change,
    a_moved_caseworker_keeps_only_what_the_new_area_covers,
    a_caseworker_sees_own_children_only,
    the_list_is_in_order_and_comes_in_pages,
    every_move_has_its_receipt,
    an_administrator_sees_no_child,
    no_move_is_confirmed_when_the_content_is_gone,
    the_case_number_stays_sealed,
);

fn get(request: &SubmitTransmissionRequest) -> GetTransmissionRequest {
    GetTransmissionRequest {
        transmission_id: request.transmission_id.clone(),
    }
}

async fn submitted(receiving: &Receiving, sequence: u64, municipalities: &[&str]) -> SubmitTransmissionRequest {
    let request = receiving.transmission(sequence, municipalities);
    receiving.submit(&request).await;
    request
}

async fn listed(receiving: &Receiving, token: &str, unassigned_only: bool) -> Vec<TransmissionSummary> {
    let request = ListTransmissionsRequest {
        unassigned_only,
        ..ListTransmissionsRequest::default()
    };
    let answer = receiving.work_list(token).list_transmissions(request).await.unwrap();
    answer.into_inner().transmissions
}

async fn a_person_who_reads_is_recorded_and_receipted_before_the_content_is_shown(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = submitted(&receiving, 1, &[TROMSO]).await;
    let mut work_list = receiving.work_list(&receiving.leader);
    let opened = work_list.get_transmission(get(&request)).await.unwrap().into_inner();
    assert_eq!(
        opened.report.unwrap().report_id,
        opened.transmission.as_ref().unwrap().report_id
    );
    assert_eq!(opened.transmission.unwrap().children[0].stage(), Stage::Opened);
    work_list.get_transmission(get(&request)).await.unwrap();

    let receipts = receiving.receipts().await;
    assert_eq!(
        receipts.len(),
        2,
        "the second reading by the same person makes no receipt"
    );
    assert_eq!(receipts[1].statement.level(), Some(Level::Opened));
    assert!(matches!(&receipts[1].stated_by, StatedBy::Person(person) if person.staff.as_str() == LEADER));
    let mut connection = receiving.database.connect().await;
    let readings = sqlx::query("SELECT reading_id FROM reading")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(readings.len(), 2);
}

async fn a_program_that_reads_has_not_opened(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = submitted(&receiving, 1, &[TROMSO]).await;
    let fetched = receiving
        .work_list(&receiving.case_system)
        .get_transmission(get(&request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(fetched.transmission.unwrap().children[0].stage(), Stage::Stored);
    assert_eq!(receiving.receipts().await.len(), 1);
}

async fn an_assignment_is_receipted_and_repeated_byte_for_byte(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = submitted(&receiving, 1, &[TROMSO]).await;
    let assignment = AssignChildRequest {
        change: Some(change(&request, 0)),
        caseworker_staff_id: CASEWORKER.to_owned(),
        known_to_service: 0,
    };
    let mut work_list = receiving.work_list(&receiving.leader);
    let first = work_list.assign_child(assignment.clone()).await.unwrap().into_inner();
    assert_eq!(
        work_list.assign_child(assignment.clone()).await.unwrap().into_inner(),
        first
    );
    let other = AssignChildRequest {
        caseworker_staff_id: COLLEAGUE.to_owned(),
        ..assignment
    };
    assert_eq!(reason(work_list.assign_child(other).await), ErrorReason::ContentDiffers);

    let changed = first.changed.unwrap();
    assert_eq!(changed.child.unwrap().assigned_staff_id, CASEWORKER);
    let receipts = receiving.receipts().await;
    assert_eq!(receipts.len(), 2);
    assert!(matches!(&receipts[1].statement, Statement::Assigned(to) if to.staff.as_str() == CASEWORKER));
    assert!(listed(&receiving, &receiving.leader, true).await.is_empty());
}

async fn nobody_inactive_or_without_access_is_given_a_child(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = submitted(&receiving, 1, &[TROMSO]).await;
    let mut left = member(COLLEAGUE, StaffRole::Caseworker, &[TROMSO]);
    left.active = false;
    receiving.update(left).await;
    let refused = [
        (COLLEAGUE, ErrorReason::StaffInactive),
        (FAR_CASEWORKER, ErrorReason::StaffWithoutAccess),
        (LEADER, ErrorReason::StaffWithoutAccess),
        ("nobody", ErrorReason::InvalidField),
    ];
    for (to, expected) in refused {
        assert_eq!(reason(receiving.assign(&request, 0, to).await), expected, "{to}");
    }
    assert_eq!(receiving.receipts().await.len(), 1);
    receiving.assign(&request, 0, CASEWORKER).await.unwrap();
}

async fn a_case_system_states_on_whose_behalf_it_acts(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = submitted(&receiving, 1, &[TROMSO]).await;
    let mut work_list = receiving.work_list(&receiving.case_system);
    let on_behalf_of = |staff: &str| AssignChildRequest {
        change: Some(ChildChange {
            on_behalf_of_staff_id: staff.to_owned(),
            ..change(&request, 0)
        }),
        caseworker_staff_id: CASEWORKER.to_owned(),
        known_to_service: 0,
    };
    assert_eq!(
        reason(work_list.assign_child(on_behalf_of("")).await),
        ErrorReason::InvalidField
    );
    let by_caseworker = work_list.assign_child(on_behalf_of(CASEWORKER)).await;
    assert_eq!(reason(by_caseworker), ErrorReason::PermissionDenied);
    work_list.assign_child(on_behalf_of(LEADER)).await.unwrap();
    let receipts = receiving.receipts().await;
    assert!(matches!(
        &receipts[1].stated_by,
        StatedBy::Program { program, on_behalf_of: Some(person) }
            if program.as_str() == "case-system" && person.staff.as_str() == LEADER
    ));
    let named_by_person = receiving
        .work_list(&receiving.leader)
        .assign_child(on_behalf_of(LEADER))
        .await;
    assert_eq!(reason(named_by_person), ErrorReason::InvalidField);
}

async fn somebody_who_leaves_loses_every_child_in_the_same_change(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let one = submitted(&receiving, 1, &[TROMSO, TROMSO]).await;
    let other = submitted(&receiving, 2, &[TROMSO]).await;
    for (request, child) in [(&one, 0), (&one, 1), (&other, 0)] {
        receiving.assign(request, child, CASEWORKER).await.unwrap();
    }
    let mut left = member(CASEWORKER, StaffRole::Caseworker, &[TROMSO]);
    left.active = false;
    assert_eq!(receiving.update(left).await.revoked_assignments, 3);

    let receipts = receiving.receipts().await;
    let revoked: Vec<_> = receipts
        .iter()
        .filter(|receipt| receipt.statement == Statement::Revoked)
        .collect();
    assert_eq!(revoked.len(), 3);
    assert!(revoked.iter().all(|receipt| receipt.child.is_some()));
    assert_eq!(listed(&receiving, &receiving.leader, true).await.len(), 2);
    let refused = receiving
        .work_list(&receiving.caseworker)
        .get_transmission(get(&one))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
}

async fn a_moved_caseworker_keeps_only_what_the_new_area_covers(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let both = member(CASEWORKER, StaffRole::Caseworker, &[TROMSO, HARSTAD]);
    receiving.update(both).await;
    let request = submitted(&receiving, 1, &[TROMSO, HARSTAD]).await;
    receiving.assign(&request, 0, CASEWORKER).await.unwrap();
    receiving.assign(&request, 1, CASEWORKER).await.unwrap();
    let moved = member(CASEWORKER, StaffRole::Caseworker, &[HARSTAD]);
    assert_eq!(receiving.update(moved).await.revoked_assignments, 1);
    let children = listed(&receiving, &receiving.leader, false).await.remove(0).children;
    assert_eq!(children[0].stage(), Stage::Stored);
    assert_eq!(children[1].stage(), Stage::Assigned);
}

async fn a_caseworker_sees_own_children_only(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let mine = submitted(&receiving, 1, &[TROMSO, HARSTAD]).await;
    let not_mine = submitted(&receiving, 2, &[TROMSO]).await;
    receiving.assign(&mine, 0, CASEWORKER).await.unwrap();
    let seen = listed(&receiving, &receiving.caseworker, false).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].children.len(), 1);

    let mut work_list = receiving.work_list(&receiving.caseworker);
    assert_eq!(
        reason(work_list.get_transmission(get(&not_mine)).await),
        ErrorReason::NotFound
    );
    let opened = work_list.get_transmission(get(&mine)).await.unwrap().into_inner();
    assert_eq!(opened.report.unwrap().children.len(), 1);
    let receipts = receiving.receipts().await;
    assert!(
        receipts.last().unwrap().child.is_some(),
        "only the own child was opened"
    );
    let assignment = AssignChildRequest {
        change: Some(change(&mine, 0)),
        caseworker_staff_id: COLLEAGUE.to_owned(),
        known_to_service: 0,
    };
    assert_eq!(
        reason(work_list.assign_child(assignment).await),
        ErrorReason::PermissionDenied
    );
}

async fn the_list_is_in_order_and_comes_in_pages(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    for number in 1..=5 {
        submitted(&receiving, number, &[TROMSO, HARSTAD]).await;
    }
    let mut work_list = receiving.work_list(&receiving.leader);
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListTransmissionsRequest {
            page_size: 2,
            page_token,
            unassigned_only: true,
        };
        let page = work_list.list_transmissions(request).await.unwrap().into_inner();
        assert!(page.transmissions.len() <= 2);
        seen.extend(page.transmissions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    let key = |entry: &TransmissionSummary| entry.submitted_time.map(|at| (at.seconds, at.nanos));
    assert!(seen.is_sorted_by_key(key));
    let too_large = ListTransmissionsRequest {
        page_size: 1_001,
        ..ListTransmissionsRequest::default()
    };
    assert_eq!(
        reason(work_list.list_transmissions(too_large).await),
        ErrorReason::InvalidField
    );
}

async fn every_move_has_its_receipt(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = submitted(&receiving, 1, &[TROMSO, TROMSO, TROMSO]).await;
    let mut work_list = receiving.work_list(&receiving.leader);
    let early = RecordAssessmentRequest {
        change: Some(change(&request, 0)),
        outcome: AssessmentOutcome::FollowedUp.into(),
    };
    let refused = work_list.record_assessment(early.clone()).await;
    assert_eq!(reason(refused), ErrorReason::InvalidTransition);

    let registration = RegisterChildRequest {
        change: Some(change(&request, 0)),
        case_number: "2026/17".to_owned(),
    };
    work_list.register_child(registration).await.unwrap();
    receiving.assign(&request, 0, CASEWORKER).await.unwrap();
    // A refusal is no first answer: the same request may succeed later.
    work_list.record_assessment(early).await.unwrap();
    let revocation = RevokeAssignmentRequest {
        change: Some(change(&request, 0)),
    };
    work_list.revoke_assignment(revocation).await.unwrap();
    let rejection = RejectChildRequest {
        change: Some(change(&request, 1)),
        reason: RejectionReason::Duplicate.into(),
    };
    work_list.reject_child(rejection).await.unwrap();
    let redirection = |to: &str| RedirectChildRequest {
        change: Some(change(&request, 2)),
        to_organisation_number: to.to_owned(),
    };
    let itself = receiving.config.organisation.to_string();
    let refused = work_list.redirect_child(redirection(&itself)).await;
    assert_eq!(reason(refused), ErrorReason::InvalidField);
    work_list.redirect_child(redirection("974761076")).await.unwrap();

    let receipts = receiving.receipts().await;
    let levels: Vec<_> = receipts
        .iter()
        .filter_map(|receipt| receipt.statement.level())
        .collect();
    use Level::{Assessed, Assigned, Redirected, Registered, Rejected, Revoked, Stored};
    assert_eq!(
        levels,
        [Stored, Registered, Assigned, Assessed, Revoked, Rejected, Redirected]
    );
}

async fn an_administrator_sees_no_child(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = submitted(&receiving, 1, &[TROMSO]).await;
    receiving.add("adm-2", StaffRole::Administrator, &[]).await;
    let token = receiving
        .token(framme_shared::wire::pb::receiver::CredentialKind::Person, "adm-2")
        .await;
    let mut work_list = receiving.work_list(&token);
    assert_eq!(
        reason(work_list.get_transmission(get(&request)).await),
        ErrorReason::PermissionDenied
    );
    let list = ListTransmissionsRequest::default();
    assert_eq!(
        reason(work_list.list_transmissions(list).await),
        ErrorReason::PermissionDenied
    );
}

async fn no_move_is_confirmed_when_the_content_is_gone(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = submitted(&receiving, 1, &[TROMSO]).await;
    receiving.assign(&request, 0, CASEWORKER).await.unwrap();
    spoil(&receiving).await;
    let refused = receiving.assign(&request, 0, COLLEAGUE).await;
    assert_eq!(reason(refused), ErrorReason::StorageCorrupt);
    let mut work_list = receiving.work_list(&receiving.leader);
    assert_eq!(
        reason(work_list.get_transmission(get(&request)).await),
        ErrorReason::StorageCorrupt
    );
    assert_eq!(receiving.receipts().await.len(), 2);
}

async fn the_case_number_stays_sealed(database: TestDatabase) {
    const MARKER: &str = "MARKER-2026-17";
    let receiving = Receiving::start(database).await;
    let request = submitted(&receiving, 1, &[TROMSO]).await;
    let registration = RegisterChildRequest {
        change: Some(change(&request, 0)),
        case_number: MARKER.to_owned(),
    };
    let mut work_list = receiving.work_list(&receiving.leader);
    let first = work_list
        .register_child(registration.clone())
        .await
        .unwrap()
        .into_inner();
    let again = work_list.register_child(registration).await.unwrap().into_inner();
    assert_eq!(again, first, "a sealed answer is repeated as well");
    let mut connection = receiving.database.connect().await;
    use sqlx::Row as _;
    let row = sqlx::query("SELECT case_number_sealed FROM child")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let sealed: Vec<u8> = row.try_get(0).unwrap();
    assert!(!sealed.is_empty());
    assert!(!sealed.windows(MARKER.len()).any(|window| window == MARKER.as_bytes()));
}
