//! A withdrawal that meets a lost message: no order of events leaves something stored that was withdrawn.

use std::sync::Arc;

use framme_shared::{
    domain::{
        lifecycle::{Stage, Standing},
        receipt::Level,
    },
    runtime::clock::SystemClock,
    wire::{
        pb::{
            exchange::{SubmitTransmissionResponse, WithdrawTransmissionRequest},
            report::ErrorReason,
        },
        status::reason_of,
    },
};
use framme_tests::{
    database::TestDatabase,
    on_both_databases,
    proxy::{Fault, Proxy},
};
use prost::Message as _;

use crate::exchange::{
    POLICE, RECEIVER, TROMSO,
    authorities::Authorities,
    raw::call,
    receiver::{RealReceiver, encoded, new_id},
    sender::{Known, RealSender},
    until,
};

on_both_databases!(
    what_is_withdrawn_before_the_receiver_was_ever_reached_ends_withdrawn_there,
    what_is_withdrawn_while_the_answer_is_lost_ends_withdrawn_there,
    a_late_repetition_of_what_was_withdrawn_stores_nothing,
    a_withdrawal_of_what_never_arrived_is_refused_and_remembers_nothing,
);

struct Line {
    receiver: RealReceiver,
    sender: RealSender,
    proxy: Proxy,
}

impl Line {
    async fn new(database: TestDatabase) -> Self {
        let authorities = Authorities::new(Arc::new(SystemClock));
        let of_the_sender = TestDatabase::new(database.config().dialect().unwrap()).await;
        let receiver = RealReceiver::start(&authorities, database).await;
        let proxy = Proxy::before(receiver.address()).await;
        let known = Known {
            organisation: RECEIVER,
            address: &proxy.address(),
            municipality: TROMSO,
        };
        let sender = RealSender::start(&authorities, of_the_sender, &[known]).await;
        Self {
            receiver,
            sender,
            proxy,
        }
    }

    /// The levels that the receiver has stated, in order.
    async fn levels(&self) -> Vec<Level> {
        let stated = self.receiver.stated().await;
        stated.iter().filter_map(|claims| claims.statement.level()).collect()
    }
}

async fn what_is_withdrawn_before_the_receiver_was_ever_reached_ends_withdrawn_there(database: TestDatabase) {
    let line = Line::new(database).await;
    line.proxy.set(Fault::Away);
    line.proxy.cut_connections();
    let report = line.sender.submit(TROMSO).await;
    line.sender.withdraw(&report).await;
    line.sender.until_failure(&report, "unreachable").await;
    assert_eq!(
        line.sender.stage(&report).await,
        Stage::Queued,
        "the receiver has not said so"
    );

    line.proxy.set(Fault::None);
    line.sender.until_stage(&report, Stage::Withdrawn).await;
    assert_eq!(line.sender.view(&report).await.standing(), Standing::Closed);
    assert_eq!(line.levels().await, [Level::Stored, Level::Withdrawn]);
}

async fn what_is_withdrawn_while_the_answer_is_lost_ends_withdrawn_there(database: TestDatabase) {
    let line = Line::new(database).await;
    // A connection is open before its answers are lost.
    let first = line.sender.submit(TROMSO).await;
    line.sender.until_stage(&first, Stage::Stored).await;

    line.proxy.set(Fault::LoseAnswers);
    let report = line.sender.submit(TROMSO).await;
    until("the receiver has stored it", || async {
        line.receiver.ledger("transmission_stored").await == 2
    })
    .await;
    assert_eq!(
        line.sender.stage(&report).await,
        Stage::Queued,
        "the sender does not know"
    );
    line.sender.withdraw(&report).await;
    line.proxy.cut();

    line.sender.until_stage(&report, Stage::Withdrawn).await;
    assert_eq!(line.levels().await, [Level::Stored, Level::Stored, Level::Withdrawn]);
}

async fn a_late_repetition_of_what_was_withdrawn_stores_nothing(database: TestDatabase) {
    let authorities = Authorities::new(Arc::new(SystemClock));
    let receiver = RealReceiver::start(&authorities, database).await;
    let (police, request) = (receiver.police(), receiver.transmission());
    let first = call(&police, "SubmitTransmission", vec![encoded(&request)])
        .await
        .unwrap();
    let withdrawal = encoded(&WithdrawTransmissionRequest {
        transmission_id: request.transmission_id.clone(),
        request_id: new_id(),
        withdrawn_by: "desk-1".to_owned(),
    });
    call(&police, "WithdrawTransmission", vec![withdrawal]).await.unwrap();
    let receipts = receiver.receipts_for(POLICE).await;

    let late = call(&police, "SubmitTransmission", vec![encoded(&request)])
        .await
        .unwrap();

    assert!(late == first, "the first answer");
    assert_eq!(SubmitTransmissionResponse::decode(late).unwrap().receipt, receipts[0]);
    assert_eq!(receiver.receipts_for(POLICE).await, receipts);
}

async fn a_withdrawal_of_what_never_arrived_is_refused_and_remembers_nothing(database: TestDatabase) {
    let authorities = Authorities::new(Arc::new(SystemClock));
    let receiver = RealReceiver::start(&authorities, database).await;
    let (police, request) = (receiver.police(), receiver.transmission());
    let withdrawal = encoded(&WithdrawTransmissionRequest {
        transmission_id: request.transmission_id.clone(),
        request_id: new_id(),
        withdrawn_by: "desk-1".to_owned(),
    });
    let refused = call(&police, "WithdrawTransmission", vec![withdrawal.clone()]).await;
    assert_eq!(reason_of(&refused.unwrap_err()), Some(ErrorReason::NotFound));
    call(&police, "SubmitTransmission", vec![encoded(&request)])
        .await
        .unwrap();
    // The same request again takes effect now: a refusal is no first answer.
    call(&police, "WithdrawTransmission", vec![withdrawal]).await.unwrap();
    assert_eq!(receiver.stated().await.len(), 3);
}
