//! A real sender and a real receiver, a worker that does what its steps do, and connections past all guards.

use std::{sync::Arc, time::Duration};

use framme_demo::pki::synthetic_organisation;
use framme_sender::{
    config::ReconciliationConfig,
    peer::Peer,
    reconciliation::{ReconciliationWorker, Step},
};
use framme_shared::{
    db::tasks::{self, Task},
    domain::{ids::ReportId, lifecycle::Stage, receipt::Pair as Organisations, reconciliation::Findings},
    runtime::{clock::Clock, trust::ReceiptTrust},
    wire::pb::sender::{GetReconciliationRequest, GetReconciliationResponse, StartReconciliationRequest},
};
use framme_tests::database::TestDatabase;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use crate::exchange::{
    POLICE, RECEIVER, TROMSO,
    authorities::Authorities,
    receiver::{RealReceiver, new_id},
    sender::{Known, RealSender},
    soon,
};

pub(crate) struct Pair {
    pub(crate) authorities: Arc<Authorities>,
    pub(crate) receiver: RealReceiver,
    pub(crate) sender: RealSender,
    pub(crate) worker: ReconciliationWorker,
    sender_url: String,
    receiver_url: String,
}

impl Pair {
    pub(crate) async fn new(database: TestDatabase, clock: Arc<dyn Clock>) -> Self {
        Self::with_second_look(database, clock, 0).await
    }

    pub(crate) async fn with_second_look(database: TestDatabase, clock: Arc<dyn Clock>, seconds: u64) -> Self {
        let authorities = Authorities::new(clock);
        let of_the_sender = TestDatabase::new(database.config().dialect().unwrap()).await;
        let (sender_url, receiver_url) = (of_the_sender.config().url.clone(), database.config().url.clone());
        let receiver = RealReceiver::start(&authorities, database).await;
        let known = Known {
            organisation: RECEIVER,
            address: receiver.address(),
            municipality: TROMSO,
        };
        let sender = RealSender::start(&authorities, of_the_sender, &[known]).await;
        let pair = Organisations {
            sender: synthetic_organisation(POLICE),
            receiver: synthetic_organisation(RECEIVER),
        };
        let police = authorities.issue(POLICE);
        let trust = ReceiptTrust::load(&authorities.files("comparing", &police)).unwrap();
        let channel = authorities.channel("comparing", &police, receiver.address(), RECEIVER);
        let config = ReconciliationConfig {
            scheduled: false,
            second_look_seconds: seconds,
            ..ReconciliationConfig::default()
        };
        let context = Arc::clone(sender.sender.context());
        let worker = ReconciliationWorker::new(context, Peer::new(pair, channel, trust), &config);
        Self {
            authorities,
            receiver,
            sender,
            worker,
            sender_url,
            receiver_url,
        }
    }

    /// Reports that the receiver has stored, with the numbers from 1.
    pub(crate) async fn stored(&self, many: usize) -> Vec<ReportId> {
        let mut reports = Vec::new();
        for _ in 0..many {
            let report = self.sender.submit(TROMSO).await;
            self.sender.until_stage(&report, Stage::Stored).await;
            reports.push(report);
        }
        reports
    }

    /// Past all code of the sender.
    pub(crate) async fn at_sender(&self, sql: impl Into<String>) -> u64 {
        execute(&self.sender_url, sql.into()).await
    }

    /// Past all code of the receiver.
    pub(crate) async fn at_receiver(&self, sql: impl Into<String>) -> u64 {
        execute(&self.receiver_url, sql.into()).await
    }

    /// Where the sender's database is.
    pub(crate) fn sender_url(&self) -> &str {
        &self.sender_url
    }

    /// Where the receiver's database is.
    pub(crate) fn receiver_url(&self) -> &str {
        &self.receiver_url
    }

    /// The receiver forgets a transmission that it has confirmed.
    pub(crate) async fn forget(&self, sequence: u64) {
        let of_number =
            format!("transmission_id IN (SELECT transmission_id FROM transmission WHERE sequence = {sequence})");
        for table in ["child", "transmission_content", "event_fingerprint"] {
            self.at_receiver(format!("DELETE FROM {table} WHERE {of_number}")).await;
        }
        let gone = format!("DELETE FROM transmission WHERE sequence = {sequence}");
        assert_eq!(self.at_receiver(gone).await, 1);
    }

    /// Compares everything, and returns what came of it.
    pub(crate) async fn compare(&mut self) -> GetReconciliationResponse {
        let id = self.ask().await;
        self.carry_out(&id).await
    }

    /// Asks for a comparison of everything; returns its id.
    pub(crate) async fn ask(&self) -> String {
        let request = StartReconciliationRequest {
            request_id: new_id(),
            receiver_organisation_number: synthetic_organisation(RECEIVER).to_string(),
            from_date: String::new(),
            until_date: String::new(),
        };
        let id = request.request_id.clone();
        self.sender.desk().start_reconciliation(request).await.unwrap();
        id
    }

    /// Steps until the comparison has ended: the service's own worker may have taken it.
    pub(crate) async fn carry_out(&mut self, id: &str) -> GetReconciliationResponse {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            let step = self.worker.step().await.unwrap();
            assert!(!matches!(step, Step::Failed(_)), "{step:?}");
            let found = self.result(id).await;
            if found.reconciliation.as_ref().unwrap().ended_time.is_some() {
                return found;
            }
            ticks.tick().await;
        }
    }

    pub(crate) async fn result(&self, id: &str) -> GetReconciliationResponse {
        let request = GetReconciliationRequest {
            reconciliation_id: id.to_owned(),
        };
        self.sender
            .desk()
            .get_reconciliation(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// Asks about numbers.
    pub(crate) async fn numbers(&self) -> framme_sender::reconciliation::NumbersFound {
        match soon("the receiver told its numbers", self.worker.numbers())
            .await
            .unwrap()
        {
            Step::Numbers(found) => found,
            other => panic!("{other:?}"),
        }
    }

    /// Open tasks of the sender: kind and subject.
    pub(crate) async fn tasks(&self) -> Vec<(String, String)> {
        let reader = self.sender.sender.context().database.reader();
        let open = tasks::page(reader, 0, false, 1_000).await.unwrap();
        // The doubt that a loss begins has a task of its own.
        let open = open.into_iter().filter(|task| task.kind != "holding_missing");
        open.map(|task| (task.kind, task.subject)).collect()
    }

    /// All tasks of the sender.
    pub(crate) async fn all_tasks(&self) -> Vec<Task> {
        let reader = self.sender.sender.context().database.reader();
        let mut all = tasks::page(reader, 0, true, 1_000).await.unwrap();
        all.retain(|task| task.kind != "holding_missing");
        all
    }

    /// The id of a report's one transmission.
    pub(crate) async fn transmission_of(&self, report: &ReportId) -> String {
        self.sender.view(report).await.transmissions[0].transmission.to_string()
    }
}

/// The differences of a result: number, class, remedy.
pub(crate) fn told(result: &GetReconciliationResponse) -> Vec<(u64, &str, &str)> {
    let differences = result.differences.iter();
    differences
        .map(|one| (one.sequence, one.class.as_str(), one.remedy.as_str()))
        .collect()
}

/// The findings in a signed result, unverified.
pub(crate) fn findings(jws: &str) -> Findings {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = jws.split('.').nth(1).unwrap();
    Findings::read(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

pub(super) async fn execute(url: &str, sql: String) -> u64 {
    let mut connection = AnyConnection::connect(url).await.unwrap();
    // Made of literals and numbers by the tests themselves.
    let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    done.rows_affected()
}
