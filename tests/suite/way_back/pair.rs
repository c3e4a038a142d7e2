//! A real sender and a real receiver over mutual TLS, with a proxy between them and time that the test moves.

use std::{sync::Arc, time::Duration};

use framme_demo::{pki::synthetic_organisation, samples::SampleReport, world::WorkList};
use framme_shared::{
    domain::{
        ids::{ReportId, TransmissionId},
        lifecycle::{ChildState, Stage, Terms, owed},
    },
    runtime::clock::{Clock as _, ManualClock},
    wire::{
        pb::{
            receiver::{
                self as receiver_pb, AssignChildRequest, ChildChange, OwedState, RecordAssessmentRequest,
                RecordConfirmationRequest, RecordInvestigationEndRequest, RecordOutcomeRequest,
                RecordProsecutionAnswerRequest,
            },
            report::{self as pb, AssessmentOutcome},
            sender::{self as sender_pb, GetReportRequest},
        },
        time::{from_pb, to_pb},
    },
};
use framme_tests::{
    database::TestDatabase,
    proxy::{Fault, Proxy},
};
use jiff::{Timestamp, ToSpan as _};
use sqlx::Row as _;

use crate::exchange::{
    POLICE, RECEIVER, TROMSO,
    authorities::Authorities,
    patiently,
    people::{CASEWORKER, hire},
    receiver::{RealReceiver, new_id},
    sender::{Known, RealSender},
};

/// Calls again when the connection has reached its age: days pass at once here.
macro_rules! call {
    ($client:expr, $method:ident, $request:expr) => {
        patiently(|| {
            let (mut client, request) = ($client.clone(), $request.clone());
            async move { client.$method(request).await }
        })
        .await
    };
}

pub(super) struct Pair {
    pub(super) clock: Arc<ManualClock>,
    pub(super) receiver: RealReceiver,
    pub(super) sender: RealSender,
    pub(super) proxy: Proxy,
    pub(super) leader: WorkList,
}

/// A child at the receiver.
#[derive(Debug, Clone)]
pub(super) struct Child {
    pub(super) report: ReportId,
    pub(super) transmission: String,
    pub(super) child: String,
}

/// Something in a list of what is owed: child, duty, until when.
pub(super) type Owed = (String, pb::Duty, Timestamp);

impl Pair {
    pub(super) async fn new(database: TestDatabase) -> Self {
        let clock = Arc::new(ManualClock::new("2026-03-02T08:00:00Z".parse().unwrap()));
        let authorities = Authorities::new(clock.clone());
        let of_the_sender = TestDatabase::new(database.config().dialect().unwrap()).await;
        let receiver = RealReceiver::start(&authorities, database).await;
        let proxy = Proxy::before(receiver.address()).await;
        let known = Known {
            organisation: RECEIVER,
            address: &proxy.address(),
            municipality: TROMSO,
        };
        let sender = RealSender::start(&authorities, of_the_sender, &[known]).await;
        let leader = hire(&receiver).await;
        Self {
            clock,
            receiver,
            sender,
            proxy,
            leader,
        }
    }

    /// Nothing passes between the two from here on.
    pub(super) fn part(&self) {
        self.proxy.set(Fault::Away);
        self.proxy.cut_connections();
    }

    /// They reach each other again.
    pub(super) fn meet(&self) {
        self.proxy.set(Fault::None);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn days_pass(&self, days: u64) {
        self.clock.advance(Duration::from_secs(days * 24 * 60 * 60));
    }

    /// Lets time go by, seconds at a time, until it holds.
    pub(super) async fn until<F: Future<Output = bool>>(&self, what: &str, mut holds: impl FnMut() -> F) {
        let waiting = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(10));
            while !holds().await {
                self.clock.advance(Duration::from_secs(1));
                ticks.tick().await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(180), waiting).await;
        assert!(ended.is_ok(), "waited in vain until {what}");
    }

    /// A report about so many children that the receiver has stored, and the sender knows it.
    pub(super) async fn stored(&self, report_type: pb::ReportType, children: usize) -> Vec<Child> {
        let sample = SampleReport {
            police_district: "Troms".to_owned(),
            children: vec![(TROMSO.to_owned(), String::new()); children],
            urgency: pb::Urgency::Normal,
            written: self.now() - 1.minute(),
        };
        let mut report = self.sender.report_of(&sample);
        report.r#type = report_type.into();
        let report = self.sender.submit_this(report).await;
        self.until("the sender knows it as stored", || async {
            self.sender.stage(&report).await == Stage::Stored
        })
        .await;
        let view = self.sender.view(&report).await;
        let children = view.children().map(|child| Child {
            report,
            transmission: child.transmission.to_string(),
            child: child.child.to_string(),
        });
        children.collect()
    }

    /// The same, given to the caseworker and assessed.
    pub(super) async fn assessed(&self, report_type: pb::ReportType, outcome: AssessmentOutcome) -> Child {
        let child = self.stored(report_type, 1).await.remove(0);
        self.assign(&child).await;
        self.assess(&child, outcome).await;
        self.until("the sender knows it as assessed", || async {
            self.sender.stage(&child.report).await == Stage::Assessed
        })
        .await;
        child
    }

    pub(super) async fn assign(&self, child: &Child) {
        let request = AssignChildRequest {
            change: Some(change(child)),
            caseworker_staff_id: CASEWORKER.to_owned(),
            known_to_service: 0,
        };
        call!(self.leader, assign_child, request);
    }

    pub(super) async fn assess(&self, child: &Child, outcome: AssessmentOutcome) {
        let request = RecordAssessmentRequest {
            change: Some(change(child)),
            outcome: outcome.into(),
        };
        call!(self.leader, record_assessment, request);
    }

    pub(super) async fn confirm(&self, child: &Child, investigation_opened: bool) {
        let request = RecordConfirmationRequest {
            change: Some(change(child)),
            investigation_opened,
        };
        call!(self.leader, record_confirmation, request);
    }

    pub(super) async fn end(&self, child: &Child, ended: Timestamp) {
        let request = RecordInvestigationEndRequest {
            change: Some(change(child)),
            ended_time: Some(to_pb(ended)),
        };
        call!(self.leader, record_investigation_end, request);
    }

    pub(super) async fn conclude(&self, child: &Child, ended: Timestamp) {
        let request = RecordOutcomeRequest {
            change: Some(change(child)),
            investigation_ended_time: Some(to_pb(ended)),
            conclusion: pb::InvestigationConclusion::MeasuresByAgreement.into(),
        };
        call!(self.leader, record_outcome, request);
    }

    pub(super) async fn answer(&self, child: &Child, answer: pb::ProsecutionAnswer) {
        let request = RecordProsecutionAnswerRequest {
            change: Some(change(child)),
            answer: answer.into(),
        };
        call!(self.leader, record_prosecution_answer, request);
    }

    /// What the sender shows of what was told about a report's first child.
    pub(super) async fn shown(&self, report: &ReportId) -> pb::ChildFeedback {
        let request = GetReportRequest {
            report_id: report.to_string(),
            include_content: false,
        };
        let answer = call!(self.sender.desk(), get_report, request).into_inner();
        let state = answer.report.unwrap();
        let child = state.transmissions[0].children[0].clone();
        child.feedback.unwrap_or_default()
    }

    /// Everything in the receiver's list, by pages.
    pub(super) async fn listed_at_receiver(&self, page_size: u32) -> Vec<receiver_pb::OwedFeedback> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = receiver_pb::ListOwedFeedbackRequest {
                page_size,
                page_token,
                late_only: false,
            };
            let page = call!(self.leader, list_owed_feedback, request).into_inner();
            all.extend(page.owed);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }

    /// What the receiver says that it owes.
    pub(super) async fn owed_at_receiver(&self) -> Vec<Owed> {
        let listed = self.listed_at_receiver(3).await.into_iter();
        let owed = listed.filter(|owed| owed.state() == OwedState::Owed);
        owed.map(|owed| (owed.child_id.clone(), owed.duty(), time(owed.due_time)))
            .collect()
    }

    /// What the receiver told and nobody has confirmed.
    pub(super) async fn unconfirmed(&self) -> usize {
        let listed = self.listed_at_receiver(3).await.into_iter();
        listed.filter(|owed| owed.state() == OwedState::Unconfirmed).count()
    }

    /// Everything in the sender's list, by pages.
    pub(super) async fn listed_at_sender(&self, page_size: u32) -> Vec<sender_pb::OwedFeedback> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = sender_pb::ListOwedFeedbackRequest {
                page_size,
                page_token,
                late_only: false,
            };
            let page = call!(self.sender.desk(), list_owed_feedback, request).into_inner();
            all.extend(page.owed);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }

    pub(super) async fn owed_at_sender(&self) -> Vec<Owed> {
        let listed = self.listed_at_sender(3).await.into_iter();
        listed
            .map(|owed| (owed.child_id.clone(), owed.duty(), time(owed.due_time)))
            .collect()
    }

    /// How many notices wait for the officer.
    pub(super) async fn notices(&self) -> i64 {
        let reader = self.sender.sender.context().database.reader();
        let counted =
            sqlx::query_scalar("SELECT COUNT(*) FROM notice WHERE contact = 'officer' AND occasion = 'answered'");
        counted.fetch_one(reader).await.unwrap()
    }

    /// Returns when the receiver knows that the sender has every receipt.
    pub(super) async fn confirmed(&self) {
        self.until("the sender has confirmed every receipt", || async {
            let reader = self.receiver.receiver.core().db.reader();
            let row = sqlx::query("SELECT last_receipt_sequence, confirmed_sequence FROM peer WHERE organisation = $1")
                .bind(synthetic_organisation(POLICE).to_string())
                .fetch_one(reader)
                .await
                .unwrap();
            row.get::<i64, _>(0) == row.get::<i64, _>(1)
        })
        .await;
    }

    /// Both lists come to what the law's function makes of each child, in the order of their times, and both sides agree.
    /// Days that pass at once may leave a question unanswered and a doubt for a while.
    pub(super) async fn assert_both_lists_are_right(&self) {
        self.confirmed().await;
        self.until("both lists are right", || async {
            let (at_receiver, at_sender) = self.computed().await;
            let (receiver, sender) = (self.owed_at_receiver().await, self.owed_at_sender().await);
            assert!(receiver.is_sorted_by_key(|owed| owed.2) && sender.is_sorted_by_key(|owed| owed.2));
            let (receiver, sender) = (sorted(receiver), sorted(sender));
            receiver == sorted(at_receiver)
                && sender == sorted(at_sender)
                && receiver == sender
                && self.unconfirmed().await == 0
        })
        .await;
    }

    /// What each side owes and is owed, by what its database has of each child.
    async fn computed(&self) -> (Vec<Owed>, Vec<Owed>) {
        let (mut at_receiver, mut at_sender) = (Vec::new(), Vec::new());
        let mut conn = self.receiver.receiver.core().db.reader().acquire().await.unwrap();
        let ids = sqlx::query("SELECT transmission_id FROM transmission").fetch_all(&mut *conn);
        for row in ids.await.unwrap() {
            let id: TransmissionId = row.get::<String, _>(0).parse().unwrap();
            let facts = framme_receiver::store::matter::facts(&mut conn, &[id]).await.unwrap();
            let (report_type, received_at) = (facts[&id].report_type, facts[&id].received_at.unwrap());
            let due = |state: &ChildState| owed(report_type, received_at, state, &Terms::OF_LAW);
            let children = framme_receiver::store::child::of_transmissions(&mut conn, &[id]).await;
            for (_, child) in children.unwrap() {
                let of_child = due(&child.state).into_iter();
                at_receiver.extend(of_child.map(|owed| (child.id.to_string(), owed.duty.into(), owed.until)));
            }
            let mut police = self.sender.sender.context().database.reader().acquire().await.unwrap();
            let facts = framme_sender::store::matter::facts(&mut police, &[id]).await.unwrap();
            let received_at = facts[&id].received_at.unwrap();
            let due = |state: &ChildState| owed(report_type, received_at, state, &Terms::OF_LAW);
            let children = framme_sender::store::child::of_transmissions(&mut police, &[id]).await;
            for child in children.unwrap() {
                let of_child = due(&child.state).into_iter();
                at_sender.extend(of_child.map(|owed| (child.child.to_string(), owed.duty.into(), owed.until)));
            }
        }
        (at_receiver, at_sender)
    }
}

pub(super) fn change(child: &Child) -> ChildChange {
    ChildChange {
        request_id: new_id(),
        transmission_id: child.transmission.clone(),
        child_id: child.child.clone(),
        on_behalf_of_staff_id: String::new(),
    }
}

pub(super) fn time(at: Option<prost_types::Timestamp>) -> Timestamp {
    from_pb(&at.unwrap()).unwrap()
}

fn sorted(mut owed: Vec<Owed>) -> Vec<(String, &'static str, Timestamp)> {
    owed.sort_by_key(|(child, duty, until)| (*until, child.clone(), *duty as i32));
    owed.into_iter()
        .map(|(child, duty, until)| (child, duty.as_str_name(), until))
        .collect()
}
