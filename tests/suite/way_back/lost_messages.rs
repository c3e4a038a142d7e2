//! A lost request and a lost answer, for every call that tells something: it is told once, and the repetition gets the first
//! answer, byte for byte.

use framme_demo::world::WorkList;
use framme_shared::{
    runtime::clock::SystemClock,
    wire::{
        pb::{
            receiver::{
                AssignChildRequest, ChildChange, ChildChanged, RecordAssessmentRequest, RecordConfirmationRequest,
                RecordInvestigationEndRequest, RecordOutcomeRequest, RecordProsecutionAnswerRequest,
            },
            report::{AssessmentOutcome, ErrorReason, InvestigationConclusion, ProsecutionAnswer, Report, ReportType},
        },
        status::reason_of,
    },
};
use framme_tests::{
    database::TestDatabase,
    on_both_databases,
    proxy::{Fault, Proxy, Way},
};
use jiff::{SignedDuration, Timestamp};
use tonic::Status;

use crate::exchange::{
    POLICE,
    authorities::Authorities,
    patiently,
    people::{CASEWORKER, hire_at},
    receiver::{RealReceiver, new_id, submission},
    until,
};

on_both_databases!(
    what_is_told_by_a_request_that_was_lost_is_told_when_it_comes_again,
    what_is_told_and_whose_answer_was_lost_is_told_once,
    the_same_request_with_other_content_is_refused,
);

/// A call that tells something.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Telling {
    Confirmation,
    End,
    Outcome,
    Answer,
}

const ALL: [Telling; 4] = [Telling::Confirmation, Telling::End, Telling::Outcome, Telling::Answer];

struct Line {
    receiver: RealReceiver,
    proxy: Proxy,
    work_list: WorkList,
}

impl Line {
    async fn new(database: TestDatabase) -> Self {
        let authorities = Authorities::new(std::sync::Arc::new(SystemClock));
        let receiver = RealReceiver::start(&authorities, database).await;
        let direct = receiver.receiver.addresses().local.parse().unwrap();
        let (mut local, token) = hire_at(&receiver, direct).await;
        let proxy = Proxy::before(&receiver.receiver.addresses().local).await;
        local.address = proxy.address().parse().unwrap();
        Self {
            work_list: local.work_list(&token).unwrap(),
            receiver,
            proxy,
        }
    }

    /// A child about whom this can be told.
    async fn child_for(&self, telling: Telling) -> ChildChange {
        let mut report: Report = self.receiver.report();
        if telling == Telling::Answer {
            report.r#type = ReportType::ProsecutionTransfer.into();
        }
        let id = new_id();
        let number = self
            .receiver
            .stated()
            .await
            .iter()
            .filter(|claims| claims.child.is_none())
            .count() as u64
            + 1;
        let request = submission(&id, number, &report, self.receiver.authorities.clock.now());
        let mut exchange = framme_shared::wire::pb::exchange::exchange_service_client::ExchangeServiceClient::new(
            self.receiver.police(),
        );
        exchange.submit_transmission(request).await.unwrap();
        let change = || ChildChange {
            request_id: new_id(),
            transmission_id: id.clone(),
            child_id: report.children[0].child_id.clone(),
            on_behalf_of_staff_id: String::new(),
        };
        let mut work_list = self.work_list.clone();
        let assign = AssignChildRequest {
            change: Some(change()),
            caseworker_staff_id: CASEWORKER.to_owned(),
            known_to_service: 0,
        };
        work_list.assign_child(assign).await.unwrap();
        let assess = RecordAssessmentRequest {
            change: Some(change()),
            outcome: AssessmentOutcome::FollowedUp.into(),
        };
        work_list.record_assessment(assess).await.unwrap();
        if matches!(telling, Telling::End | Telling::Outcome) {
            tell(work_list, Telling::Confirmation, change(), 0).await.unwrap();
        }
        change()
    }

    async fn receipts(&self) -> Vec<String> {
        self.receiver.receipts_for(POLICE).await
    }
}

/// Tells it; another `variant` is other content.
async fn tell(
    mut work_list: WorkList,
    telling: Telling,
    change: ChildChange,
    variant: usize,
) -> Result<ChildChanged, Status> {
    let change = Some(change);
    let ended = Timestamp::constant(1_700_000_000, 0) + SignedDuration::from_hours(variant as i64);
    let ended = Some(framme_shared::wire::time::to_pb(ended));
    let changed = match telling {
        Telling::Confirmation => {
            let investigation_opened = variant == 0;
            let request = RecordConfirmationRequest {
                change,
                investigation_opened,
            };
            work_list.record_confirmation(request).await?.into_inner().changed
        }
        Telling::End => {
            let request = RecordInvestigationEndRequest {
                change,
                ended_time: ended,
            };
            work_list.record_investigation_end(request).await?.into_inner().changed
        }
        Telling::Outcome => {
            let request = RecordOutcomeRequest {
                change,
                investigation_ended_time: ended,
                conclusion: InvestigationConclusion::NoMeasures.into(),
            };
            work_list.record_outcome(request).await?.into_inner().changed
        }
        Telling::Answer => {
            let answer = [ProsecutionAnswer::NoMeasures, ProsecutionAnswer::MeasuresDecided][variant];
            let request = RecordProsecutionAnswerRequest {
                change,
                answer: answer.into(),
            };
            work_list.record_prosecution_answer(request).await?.into_inner().changed
        }
    };
    Ok(changed.unwrap())
}

async fn what_is_told_by_a_request_that_was_lost_is_told_when_it_comes_again(database: TestDatabase) {
    let line = Line::new(database).await;
    for telling in ALL {
        let change = line.child_for(telling).await;
        let before = line.receipts().await;
        line.proxy.set(Fault::CutAfter(Way::There, 40));
        let lost = tell(line.work_list.clone(), telling, change.clone(), 0).await;
        assert!(lost.is_err(), "{telling:?}");
        assert_eq!(line.receipts().await, before, "{telling:?}");
        line.proxy.set(Fault::None);
        let told = patiently(|| tell(line.work_list.clone(), telling, change.clone(), 0)).await;
        let after = line.receipts().await;
        assert_eq!(
            (after.len(), after.last()),
            (before.len() + 1, Some(&told.receipt)),
            "{telling:?}"
        );
    }
}

async fn what_is_told_and_whose_answer_was_lost_is_told_once(database: TestDatabase) {
    let line = Line::new(database).await;
    for telling in ALL {
        let change = line.child_for(telling).await;
        let before = line.receipts().await.len();
        line.proxy.set(Fault::LoseAnswers);
        let (work_list, lost) = (line.work_list.clone(), change.clone());
        let calling = tokio::spawn(async move { tell(work_list, telling, lost, 0).await });
        until("it is told", || async { line.receipts().await.len() == before + 1 }).await;
        line.proxy.set(Fault::None);
        line.proxy.cut_connections();
        assert!(calling.await.unwrap().is_err(), "{telling:?}");
        let first = patiently(|| tell(line.work_list.clone(), telling, change.clone(), 0)).await;
        let second = patiently(|| tell(line.work_list.clone(), telling, change.clone(), 0)).await;
        assert_eq!(first, second, "{telling:?}");
        let receipts = line.receipts().await;
        assert_eq!(
            (receipts.len(), receipts.last()),
            (before + 1, Some(&first.receipt)),
            "{telling:?}"
        );
    }
}

async fn the_same_request_with_other_content_is_refused(database: TestDatabase) {
    let line = Line::new(database).await;
    for telling in ALL {
        let change = line.child_for(telling).await;
        tell(line.work_list.clone(), telling, change.clone(), 0).await.unwrap();
        let before = line.receipts().await.len();
        let refused = tell(line.work_list.clone(), telling, change, 1).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers), "{telling:?}");
        assert_eq!(line.receipts().await.len(), before, "{telling:?}");
    }
}
