//! What a sender makes of a receiver that says that it was sent more.

use framme_sender::{
    recovery::{AllowTakingBack, Recovered, recover},
    store::receiver,
};
use framme_shared::{
    db::tasks,
    domain::digest::Digest,
    wire::pb::{
        exchange::{
            ComparePairRequest, ComparePairResponse, ListSentRequest, ListSentResponse, RestoreReceiptsRequest,
            RestoreReceiptsResponse,
            recovery_service_server::{RecoveryService, RecoveryServiceServer},
        },
        report::Urgency,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use sqlx::{AnyConnection, Connection as _};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    transport::{Endpoint, Server},
};

use super::{
    requests::{REQUEST, withdrawal},
    stage::{Stage, TROMSO, soon},
};

on_both_databases!(
    nothing_is_taken_back_on_a_receivers_word_alone,
    numbers_beyond_reason_are_not_taken,
    what_is_sent_while_the_answer_comes_sets_nobody_back,
    what_had_a_number_that_nobody_has_is_told_to_people,
    a_withdrawal_that_no_receipt_tells_of_is_asked_for_again,
);

/// Says that it was sent so many, and holds none of them.
struct Claims {
    sent: u64,
    /// Where a number is given before it answers.
    meanwhile: Option<String>,
}

#[tonic::async_trait]
impl RecoveryService for Claims {
    async fn compare_pair(&self, _: Request<ComparePairRequest>) -> Result<Response<ComparePairResponse>, Status> {
        if let Some(url) = &self.meanwhile {
            let mut database = AnyConnection::connect(url).await.unwrap();
            sqlx::query("UPDATE receiver SET last_transmission = last_transmission + 1")
                .execute(&mut database)
                .await
                .unwrap();
        }
        Ok(Response::new(ComparePairResponse {
            last_transmission_sequence: self.sent,
            last_receipt_sha256: Digest::ZERO.as_bytes().to_vec().into(),
            ..ComparePairResponse::default()
        }))
    }

    async fn restore_receipts(
        &self,
        _: Request<RestoreReceiptsRequest>,
    ) -> Result<Response<RestoreReceiptsResponse>, Status> {
        Err(Status::unavailable("nothing was lost"))
    }

    async fn list_sent(&self, _: Request<ListSentRequest>) -> Result<Response<ListSentResponse>, Status> {
        Ok(Response::new(ListSentResponse::default()))
    }
}

/// Compares with the first receiver, which claims that it was sent so many.
async fn compare(stage: &Stage, sent: u64) -> Recovered {
    compare_with(stage, Claims { sent, meanwhile: None }).await
}

async fn compare_with(stage: &Stage, claims: Claims) -> Recovered {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", socket.local_addr().unwrap());
    let server = Server::builder().add_service(RecoveryServiceServer::new(claims));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(socket)));
    let channel = Endpoint::from_shared(address).unwrap().connect_lazy();
    recover(&stage.context, &stage.peers[0].over(channel)).await.unwrap()
}

async fn allow(stage: &Stage) {
    let allow = AllowTakingBack {
        receivers: vec![stage.receiver_number(0)],
        by: "desk-1".to_owned(),
    };
    assert_eq!(stage.context.database.change(allow).await.unwrap(), 1);
}

async fn last_transmission(stage: &Stage) -> u64 {
    let reader = stage.context.database.reader();
    let row = receiver::look_up(reader, &stage.receiver_number(0)).await;
    row.unwrap().unwrap().last_transmission
}

async fn open_tasks(stage: &Stage) -> Vec<tasks::Task> {
    tasks::page(stage.context.database.reader(), 0, false, 10)
        .await
        .unwrap()
}

async fn nothing_is_taken_back_on_a_receivers_word_alone(database: TestDatabase) {
    let stage = Stage::set(database).await;
    assert!(matches!(compare(&stage, 7).await, Recovered::Level));
    assert_eq!(last_transmission(&stage).await, 0);
    assert_eq!(open_tasks(&stage).await[0].kind, "restored_from_backup");
}

async fn numbers_beyond_reason_are_not_taken(database: TestDatabase) {
    let stage = Stage::set(database).await;
    allow(&stage).await;
    for claimed in [u64::MAX, (1 << 53) - 1, 10_000_001] {
        assert!(matches!(compare(&stage, claimed).await, Recovered::Unreadable));
    }
    assert_eq!(last_transmission(&stage).await, 0);
}

async fn what_is_sent_while_the_answer_comes_sets_nobody_back(database: TestDatabase) {
    let meanwhile = Some(database.config().url.clone());
    let stage = Stage::set(database).await;
    let claims = Claims { sent: 1, meanwhile };
    assert!(matches!(compare_with(&stage, claims).await, Recovered::Level));
    assert!(open_tasks(&stage).await.is_empty());
}

async fn what_had_a_number_that_nobody_has_is_told_to_people(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    allow(&stage).await;
    stage.submit(&[TROMSO], Urgency::Normal).await;
    assert!(matches!(compare(&stage, 5).await, Recovered::Level));
    assert_eq!(last_transmission(&stage).await, 5);
    let lost = open_tasks(&stage).await.remove(1);
    assert_eq!(lost.kind, "submissions_lost_in_restore");
    assert!(lost.data.contains("numbers 2-5 "), "{}", lost.data);
    stage.submit(&[TROMSO], Urgency::Normal).await;
    assert_eq!(last_transmission(&stage).await, 6);
    // It is done: another word of the receiver needs another reason.
    assert!(matches!(compare(&stage, 9).await, Recovered::Level));
    assert_eq!(last_transmission(&stage).await, 6);
}

async fn a_withdrawal_that_no_receipt_tells_of_is_asked_for_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    soon(stage.deliver(0)).await;
    let request = withdrawal(&report, REQUEST);
    stage.desk().withdraw_report(request).await.unwrap();
    soon(stage.deliver(0)).await;
    assert_eq!(stage.first.withdrawn().len(), 1);
    // The receiver has carried it out, and was set back before its receipt came.
    assert!(matches!(compare(&stage, 1).await, Recovered::Level));
    soon(stage.deliver(0)).await;
    let asked = stage.first.withdrawn();
    assert_eq!((asked.len(), &asked[0]), (2, &asked[1]));

    soon(stage.track(0)).await;
    // Now that it says so itself, nobody asks any more.
    compare(&stage, 1).await;
    soon(stage.deliver(0)).await;
    assert_eq!(stage.first.withdrawn().len(), 2);
}
