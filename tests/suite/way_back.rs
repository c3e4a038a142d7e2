//! The way back: what a service tells the reporter and the prosecutor reaches the police by the receipts of the pair, is
//! confirmed by them, and stands on a list at both sides until then.

mod lost_messages;
mod month_away;
mod pair;
mod restored;

use framme_shared::wire::{
    pb::{
        receiver::{RecordConfirmationRequest, RevokeAssignmentRequest},
        report::{AssessmentOutcome, Duty, ErrorReason, InvestigationConclusion, ProsecutionAnswer, ReportType},
        sender::FollowReportRequest,
    },
    status::reason_of,
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::ToSpan as _;

use self::pair::{Pair, change};

on_both_databases!(
    what_is_told_reaches_the_officer_and_is_owed_no_more,
    a_prosecutor_is_answered_also_when_nothing_is_done,
    a_child_that_was_dismissed_gets_its_confirmation,
    a_revoked_assignment_leaves_what_was_told,
    what_cannot_be_told_is_refused_and_changes_nothing,
    a_caseworker_sees_what_is_owed_about_own_children,
);

async fn what_is_told_reaches_the_officer_and_is_owed_no_more(database: TestDatabase) {
    let pair = Pair::new(database).await;
    let received = pair.now();
    let child = pair.stored(ReportType::ConcernReport, 1).await.remove(0);
    let owed = pair.owed_at_sender().await;
    assert_eq!(
        owed.iter().map(|owed| owed.1).collect::<Vec<_>>(),
        [Duty::Review, Duty::Confirmation]
    );
    assert!(owed[0].2 >= received + (7 * 24).hours());
    pair.assert_both_lists_are_right().await;

    pair.assign(&child).await;
    pair.assess(&child, AssessmentOutcome::FollowedUp).await;
    pair.assert_both_lists_are_right().await;
    let only = |duty| vec![duty];
    let duties = async || {
        pair.owed_at_sender()
            .await
            .iter()
            .map(|owed| owed.1)
            .collect::<Vec<_>>()
    };
    assert_eq!(duties().await, only(Duty::Confirmation));
    assert_eq!(pair.notices().await, 0);

    let follow = FollowReportRequest {
        report_id: child.report.to_string(),
    };
    let mut following = pair.sender.desk().follow_report(follow).await.unwrap().into_inner();
    pair.confirm(&child, true).await;
    pair.assert_both_lists_are_right().await;
    assert_eq!(duties().await, only(Duty::Outcome));
    assert_eq!(pair.notices().await, 1);
    let shown = pair.shown(&child.report).await;
    assert!(shown.confirmed_time.is_some() && shown.investigation_opened);
    let told = async {
        while let Some(state) = following.message().await.unwrap() {
            let report = state.report.unwrap();
            if report.transmissions[0].children[0].feedback.is_some() {
                return;
            }
        }
        panic!("the stream ended");
    };
    crate::exchange::soon("whoever follows is told", told).await;

    pair.days_pass(30);
    let ended = pair.now() - 24.hours();
    pair.end(&child, ended).await;
    pair.assert_both_lists_are_right().await;
    assert_eq!(pair.owed_at_sender().await[0].2, ended + (21 * 24).hours());
    assert_eq!(pair.notices().await, 1, "the end of an investigation is no answer");

    pair.conclude(&child, ended).await;
    pair.assert_both_lists_are_right().await;
    assert!(pair.owed_at_sender().await.is_empty() && pair.owed_at_receiver().await.is_empty());
    assert_eq!(pair.notices().await, 2);
    let shown = pair.shown(&child.report).await;
    assert_eq!(shown.conclusion(), InvestigationConclusion::MeasuresByAgreement);
    assert!(pair.sender.view(&child.report).await.delivered_at().is_some());
}

async fn a_prosecutor_is_answered_also_when_nothing_is_done(database: TestDatabase) {
    let pair = Pair::new(database).await;
    let child = pair
        .assessed(ReportType::ProsecutionTransfer, AssessmentOutcome::Dismissed)
        .await;
    pair.assert_both_lists_are_right().await;
    let owed = pair.owed_at_sender().await;
    assert_eq!(
        owed.iter().map(|owed| owed.1).collect::<Vec<_>>(),
        [Duty::ProsecutionAnswer]
    );
    pair.answer(&child, ProsecutionAnswer::NoMeasures).await;
    pair.assert_both_lists_are_right().await;
    assert!(pair.owed_at_sender().await.is_empty());
    assert_eq!(pair.notices().await, 1);
    assert_eq!(
        pair.shown(&child.report).await.prosecution_answer(),
        ProsecutionAnswer::NoMeasures
    );
}

async fn a_child_that_was_dismissed_gets_its_confirmation(database: TestDatabase) {
    let pair = Pair::new(database).await;
    let child = pair.assessed(ReportType::Notice, AssessmentOutcome::Dismissed).await;
    let opened = RecordConfirmationRequest {
        change: Some(change(&child)),
        investigation_opened: true,
    };
    let refused = pair.leader.clone().record_confirmation(opened).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidTransition));
    pair.confirm(&child, false).await;
    pair.assert_both_lists_are_right().await;
    assert!(pair.owed_at_receiver().await.is_empty());
    let shown = pair.shown(&child.report).await;
    assert!(shown.confirmed_time.is_some() && !shown.investigation_opened);
}

async fn a_revoked_assignment_leaves_what_was_told(database: TestDatabase) {
    let pair = Pair::new(database).await;
    let child = pair.assessed(ReportType::Notice, AssessmentOutcome::FollowedUp).await;
    pair.confirm(&child, true).await;
    let revoke = RevokeAssignmentRequest {
        change: Some(change(&child)),
    };
    pair.leader.clone().revoke_assignment(revoke).await.unwrap();
    pair.assert_both_lists_are_right().await;
    assert!(pair.sender.view(&child.report).await.delivered_at().is_none());
    assert!(pair.shown(&child.report).await.confirmed_time.is_some());
    let duties: Vec<_> = pair.owed_at_sender().await.iter().map(|owed| owed.1).collect();
    assert_eq!(duties, [Duty::Review, Duty::Outcome]);
}

async fn what_cannot_be_told_is_refused_and_changes_nothing(database: TestDatabase) {
    use framme_shared::wire::{
        pb::receiver::{RecordInvestigationEndRequest, RecordOutcomeRequest, RecordProsecutionAnswerRequest},
        time::to_pb,
    };
    let pair = Pair::new(database).await;
    let waiting = pair.stored(ReportType::Notice, 1).await.remove(0);
    let child = pair.assessed(ReportType::Notice, AssessmentOutcome::FollowedUp).await;
    let receipts = pair.receiver.stated().await.len();
    let mut leader = pair.leader.clone();
    let yesterday = pair.now() - 24.hours();
    let conclude = |child, ended| RecordOutcomeRequest {
        change: Some(change(child)),
        investigation_ended_time: Some(to_pb(ended)),
        conclusion: InvestigationConclusion::Other.into(),
    };
    let end = |child, ended| RecordInvestigationEndRequest {
        change: Some(change(child)),
        ended_time: Some(to_pb(ended)),
    };
    let not_assessed = RecordConfirmationRequest {
        change: Some(change(&waiting)),
        investigation_opened: false,
    };
    let no_transfer = RecordProsecutionAnswerRequest {
        change: Some(change(&child)),
        answer: ProsecutionAnswer::NoMeasures.into(),
    };
    let refusals = [
        leader.record_confirmation(not_assessed).await.err(),
        leader.record_outcome(conclude(&child, yesterday)).await.err(),
        leader.record_investigation_end(end(&child, yesterday)).await.err(),
        leader.record_prosecution_answer(no_transfer).await.err(),
    ];
    for refused in refusals {
        assert_eq!(reason_of(&refused.unwrap()), Some(ErrorReason::InvalidTransition));
    }
    pair.confirm(&child, true).await;
    let tomorrow = pair.now() + 24.hours();
    let refusals = [
        leader.record_outcome(conclude(&child, tomorrow)).await.err(),
        leader.record_investigation_end(end(&child, tomorrow)).await.err(),
    ];
    for refused in refusals {
        assert_eq!(reason_of(&refused.unwrap()), Some(ErrorReason::InvalidField));
    }
    assert_eq!(pair.receiver.stated().await.len(), receipts + 1);
}

async fn a_caseworker_sees_what_is_owed_about_own_children(database: TestDatabase) {
    use framme_shared::wire::pb::{
        receiver::{CredentialKind, ListOwedFeedbackRequest, RecordAssessmentRequest},
        report::ReportType as Type,
    };

    use crate::receiving::{CASEWORKER, COLLEAGUE, FAR_CASEWORKER, HARSTAD, Receiving, TROMSO};
    let receiving = Receiving::start(database).await;
    let mut report = receiving.report(&[TROMSO, TROMSO, HARSTAD]);
    report.r#type = Type::Notice.into();
    let request = crate::receiving::submission(1, &report, receiving.clock.now());
    receiving.submit(&request).await;
    receiving.assign(&request, 0, CASEWORKER).await.unwrap();
    receiving.assign(&request, 2, FAR_CASEWORKER).await.unwrap();
    let assess = RecordAssessmentRequest {
        change: Some(crate::receiving::change(&request, 0)),
        outcome: AssessmentOutcome::FollowedUp.into(),
    };
    receiving
        .work_list(&receiving.caseworker)
        .record_assessment(assess)
        .await
        .unwrap();
    let owed = async |token: &str| {
        let list = ListOwedFeedbackRequest::default();
        let listed = receiving.work_list(token).list_owed_feedback(list).await.unwrap();
        listed.into_inner().owed.len()
    };
    let colleague = receiving.token(CredentialKind::Person, COLLEAGUE).await;
    assert_eq!(
        owed(&receiving.leader).await,
        5,
        "two each, and one of what was assessed"
    );
    assert_eq!(owed(&receiving.case_system).await, 5);
    assert_eq!(owed(&receiving.caseworker).await, 1);
    assert_eq!(owed(&colleague).await, 0);
}
