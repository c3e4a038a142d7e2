//! The calls after a restore, at a receiver whose newest rows are gone.

use std::sync::Arc;

use framme_demo::pki::synthetic_organisation;
use framme_shared::{
    db::tasks,
    domain::digest::Digest,
    runtime::clock::SystemClock,
    wire::{
        pb::{
            exchange::{
                ComparePairRequest, ListSentRequest, RestoreReceiptsRequest, SubmitTransmissionRequest,
                exchange_service_client::ExchangeServiceClient, recovery_service_client::RecoveryServiceClient,
            },
            report::ErrorReason,
        },
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use prost::Message as _;
use sqlx::AnyConnection;
use tonic::transport::Channel;

use crate::exchange::{POLICE, authorities::Authorities, receiver::RealReceiver};

on_both_databases!(
    a_receiver_that_lost_receipts_makes_none_before_they_have_come_back,
    receipts_given_back_twice_are_stored_once_and_answered_alike,
    a_receipt_of_another_history_is_not_taken_back,
    a_submission_that_knows_more_than_the_receiver_is_not_receipted,
    a_sender_is_told_what_it_has_sent,
    what_is_missing_is_told_again_until_it_has_come,
    only_a_sender_that_says_so_was_set_back,
);

/// A receiver that stored two transmissions and lost everything about the second.
struct Lost {
    receiver: RealReceiver,
    sent: Vec<SubmitTransmissionRequest>,
    receipts: Vec<String>,
}

impl Lost {
    async fn new(database: TestDatabase) -> Self {
        let url = database.config().url.clone();
        let receiver = RealReceiver::start(&Authorities::new(Arc::new(SystemClock)), database).await;
        let sent = vec![receiver.transmission(), receiver.transmission()];
        for request in &sent {
            exchange(&receiver).submit_transmission(request.clone()).await.unwrap();
        }
        let receipts = receiver.receipts_for(POLICE).await;
        forget_the_second(&url, &sent[1].transmission_id, &receipts[0]).await;
        Self {
            receiver,
            sent,
            receipts,
        }
    }

    fn recovery(&self) -> RecoveryServiceClient<Channel> {
        RecoveryServiceClient::new(self.receiver.police())
    }

    /// As the sender stands, which has both receipts.
    async fn compare(&self) -> framme_shared::wire::pb::exchange::ComparePairResponse {
        let request = ComparePairRequest {
            last_transmission_sequence: 2,
            last_receipt_sequence: 2,
            last_receipt_sha256: Digest::of(self.receipts[1].as_bytes()).as_bytes().to_vec().into(),
            set_back: false,
        };
        self.recovery().compare_pair(request).await.unwrap().into_inner()
    }

    async fn give_back(&self, receipt: &str) -> Result<(u64, Vec<String>), tonic::Status> {
        let request = RestoreReceiptsRequest {
            receipts: vec![receipt.to_owned()],
        };
        let answer = self.recovery().restore_receipts(request).await?.into_inner();
        Ok((answer.last_receipt_sequence, answer.missing_transmission_ids))
    }

    async fn tasks(&self) -> Vec<String> {
        let open = tasks::page(self.receiver.receiver.core().db.reader(), 0, false, 100).await;
        open.unwrap().into_iter().map(|task| task.kind).collect()
    }
}

fn exchange(receiver: &RealReceiver) -> ExchangeServiceClient<Channel> {
    ExchangeServiceClient::new(receiver.police())
}

/// As if the database were from before the second transmission.
async fn forget_the_second(url: &str, sent_id: &str, first_receipt: &str) {
    use sqlx::Connection as _;
    let mut database = AnyConnection::connect(url).await.unwrap();
    for sql in [
        "DELETE FROM child WHERE transmission_id = $1",
        "DELETE FROM transmission_content WHERE transmission_id = $1",
        "DELETE FROM transmission WHERE transmission_id = $1",
        "DELETE FROM receipt WHERE transmission_id = $1",
    ] {
        sqlx::query(sql)
            .bind(sent_id.to_owned())
            .execute(&mut database)
            .await
            .unwrap();
    }
    let digest = Digest::of(first_receipt.as_bytes()).as_bytes().to_vec();
    sqlx::query("UPDATE peer SET last_receipt_sequence = 1, last_receipt_sha256 = $1 WHERE organisation = $2")
        .bind(digest)
        .bind(synthetic_organisation(POLICE).to_string())
        .execute(&mut database)
        .await
        .unwrap();
}

async fn a_receiver_that_lost_receipts_makes_none_before_they_have_come_back(database: TestDatabase) {
    let lost = Lost::new(database).await;
    let here = lost.compare().await;
    assert_eq!((here.last_transmission_sequence, here.last_receipt_sequence), (1, 1));
    assert_eq!(lost.tasks().await, ["restored_from_backup"]);

    let third = lost.receiver.transmission();
    let refused = exchange(&lost.receiver)
        .submit_transmission(third.clone())
        .await
        .unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::PairRecovering));
    assert_eq!(lost.receiver.receipts_for(POLICE).await, lost.receipts[..1]);

    lost.give_back(&lost.receipts[1]).await.unwrap();
    exchange(&lost.receiver).submit_transmission(third).await.unwrap();
    let now = lost.receiver.receipts_for(POLICE).await;
    assert_eq!((now.len(), &now[..2]), (3, &lost.receipts[..]));
}

async fn receipts_given_back_twice_are_stored_once_and_answered_alike(database: TestDatabase) {
    let lost = Lost::new(database).await;
    lost.compare().await;
    let first = lost.give_back(&lost.receipts[1]).await.unwrap();
    assert_eq!(first, (2, vec![lost.sent[1].transmission_id.clone()]));
    let entries = lost.receiver.ledger("").await;
    assert_eq!(lost.give_back(&lost.receipts[1]).await.unwrap(), first);
    assert_eq!(lost.receiver.ledger("").await, entries);
    assert_eq!(lost.receiver.receipts_for(POLICE).await, lost.receipts);
}

async fn a_receipt_of_another_history_is_not_taken_back(database: TestDatabase) {
    let lost = Lost::new(database).await;
    // Before the sender has spoken, another transmission got the number of the receipt that was lost.
    let other = lost.receiver.transmission();
    exchange(&lost.receiver).submit_transmission(other).await.unwrap();
    let request = ComparePairRequest {
        last_transmission_sequence: 2,
        last_receipt_sequence: 2,
        last_receipt_sha256: Digest::of(lost.receipts[1].as_bytes()).as_bytes().to_vec().into(),
        set_back: false,
    };
    let refused = lost.recovery().compare_pair(request).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ChainMismatch));
    assert_eq!(lost.tasks().await, ["two_histories"]);
    let forged = lost.give_back("e30.e30.AA").await.unwrap_err();
    assert_eq!(reason_of(&forged), Some(ErrorReason::InvalidField));
}

async fn a_submission_that_knows_more_than_the_receiver_is_not_receipted(database: TestDatabase) {
    let lost = Lost::new(database).await;
    let third = SubmitTransmissionRequest {
        last_receipt_sequence: 2,
        ..lost.receiver.transmission()
    };
    let refused = exchange(&lost.receiver).submit_transmission(third).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::PairRecovering));
    assert_eq!(lost.receiver.receipts_for(POLICE).await, lost.receipts[..1]);
    assert_eq!(lost.tasks().await, ["restored_from_backup"]);
}

async fn a_sender_is_told_what_it_has_sent(database: TestDatabase) {
    let lost = Lost::new(database).await;
    let list = async |after_sequence| {
        let request = ListSentRequest {
            after_sequence,
            page_size: 10,
        };
        lost.recovery()
            .list_sent(request)
            .await
            .unwrap()
            .into_inner()
            .transmissions
    };
    let all = list(0).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].content, lost.sent[0].content);
    assert_eq!(all[0].transmission_id, lost.sent[0].transmission_id);
    assert_eq!(all[0].encoded_len(), list(0).await[0].encoded_len());
    assert!(list(1).await.is_empty());
}

async fn what_is_missing_is_told_again_until_it_has_come(database: TestDatabase) {
    let lost = Lost::new(database).await;
    assert!(lost.compare().await.missing_transmission_ids.is_empty());
    // The answer to this one is lost.
    lost.give_back(&lost.receipts[1]).await.unwrap();
    let missing = [lost.sent[1].transmission_id.clone()];
    assert_eq!(lost.compare().await.missing_transmission_ids, missing);
    assert_eq!(lost.compare().await.missing_transmission_ids, missing);
    let mut exchange = exchange(&lost.receiver);
    exchange.submit_transmission(lost.sent[1].clone()).await.unwrap();
    assert!(lost.compare().await.missing_transmission_ids.is_empty());
}

async fn only_a_sender_that_says_so_was_set_back(database: TestDatabase) {
    let lost = Lost::new(database).await;
    lost.give_back(&lost.receipts[1]).await.unwrap();
    // What a sender that is busy says is older than what it has sent meanwhile.
    let mut request = ComparePairRequest {
        last_receipt_sha256: Digest::ZERO.as_bytes().to_vec().into(),
        ..ComparePairRequest::default()
    };
    lost.recovery().compare_pair(request.clone()).await.unwrap();
    assert!(lost.tasks().await.is_empty());
    request.set_back = true;
    lost.recovery().compare_pair(request).await.unwrap();
    assert_eq!(lost.tasks().await, ["sender_restored_from_backup"]);
}
