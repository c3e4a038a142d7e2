//! A service that has people to tell, with its clock in the test's hands.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    db::{
        Change, Database, StoreError, Tx, channels, notices,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        language::Language,
        notice::{Channel, ContactName, NewNotice, Occasion},
        report::Urgency,
    },
    runtime::{
        clock::{Clock as _, ManualClock, SystemClock},
        notify::{ContactConfig, Courier, NotificationConfig, SmtpConfig, SmtpTls},
        random::OsRandom,
    },
    workers::notification::{ChannelWorker, Keeper, Office, Step},
};
use framme_tests::database::TestDatabase;
use sqlx::Row as _;

use super::peers::{Peer, Secrets};
use crate::db_change::SCHEMA;

/// Where people look.
pub(super) const PLACE: &str = "https://board.example.no/list";

/// The service.
pub(super) struct Post {
    pub(super) office: Arc<Office>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) secrets: Secrets,
    pub(super) test: TestDatabase,
    notification: NotificationConfig,
    contacts: Vec<ContactConfig>,
}

pub(super) fn name(text: &str) -> ContactName {
    ContactName::parse(text).unwrap()
}

impl Post {
    /// Nobody can be told yet.
    pub(super) async fn open(test: TestDatabase) -> Self {
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let secrets = Secrets::make(test.folder());
        let notification = NotificationConfig {
            place: Some(PLACE.to_owned()),
            authorities: secrets.tls.trust.clone(),
            ..NotificationConfig::default()
        };
        let database = test.open_with(&SCHEMA, Arc::clone(&clock) as _).await;
        Self {
            office: office(database, &clock, &notification, &[]),
            clock,
            secrets,
            test,
            notification,
            contacts: Vec::new(),
        }
    }

    pub(super) fn mail_server(&mut self, mode: &str) -> Peer {
        let peer = Peer::mail(&self.test.folder().join("mail"), mode, &self.secrets, None);
        self.spoken_to(mode, peer.port);
        peer
    }

    /// The mail server is there.
    pub(super) fn spoken_to(&mut self, mode: &str, port: u16) {
        let tls = match mode {
            "implicit" => SmtpTls::Implicit,
            "starttls" => SmtpTls::Starttls,
            _ => SmtpTls::Plain,
        };
        let has_account = tls != SmtpTls::Plain;
        self.notification.smtp = Some(SmtpConfig {
            host: "127.0.0.1".to_owned(),
            port,
            tls,
            user: has_account.then(|| "framme".to_owned().into()),
            password_file: has_account.then(|| self.secrets.password.clone()),
            from: "Framme <framme@example.no>".to_owned(),
        });
    }

    pub(super) fn webhook(&self, folder: &str) -> Peer {
        Peer::webhook(&self.test.folder().join(folder), "tls", &self.secrets)
    }

    pub(super) fn mailed(&mut self, contact: &str, language: Language, instead: Option<&str>) {
        let config = ContactConfig {
            email: Some(format!("{contact}@example.no").into()),
            ..plain(contact, language, instead)
        };
        self.add(config);
    }

    pub(super) fn hooked(&mut self, contact: &str, port: u16, fallback: bool) {
        let config = ContactConfig {
            webhook: Some(format!("https://127.0.0.1:{port}/hooks/framme?of=board").into()),
            secret_file: Some(self.secrets.hook.clone()),
            fallback,
            ..plain(contact, Language::Bokmal, None)
        };
        self.add(config);
    }

    fn add(&mut self, config: ContactConfig) {
        self.contacts.push(config);
        let database = self.office.database.clone();
        self.office = office(database, &self.clock, &self.notification, &self.contacts);
    }

    pub(super) async fn enqueue(&self, contact: &str, subjects: &[&str], urgency: Urgency) {
        for subject in subjects {
            let notice = NewNotice {
                contact: name(contact),
                occasion: Occasion::Waiting,
                subject: (*subject).to_owned(),
                turn: 0,
                urgency,
                until: Some(self.clock.now() + Duration::from_secs(900)),
            };
            assert!(self.office.database.change(Enqueue(notice)).await.unwrap());
        }
    }

    /// Sends what is due to a contact now.
    pub(super) async fn send(&self, contact: &str) {
        self.send_from(&self.office, contact).await;
    }

    pub(super) async fn send_from(&self, office: &Arc<Office>, contact: &str) {
        let worker = ChannelWorker::new(Arc::clone(office), name(contact));
        while worker.step().await.unwrap() == Step::Worked {}
    }

    /// Sees to it that nobody is left out.
    pub(super) async fn keep(&self) {
        let keeper = Keeper::new(Arc::clone(&self.office));
        for _ in 0..10 {
            if keeper.step().await.unwrap() != Step::Worked {
                return;
            }
        }
        panic!("the keeper does not come to an end");
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Fails so often over so long, with the time that passes each time.
    pub(super) async fn fail(&self, contact: &str, times: u32, seconds: u64) {
        for _ in 0..times {
            self.send(contact).await;
            self.pass(seconds);
        }
    }

    pub(super) async fn channel(&self, contact: &str) -> Option<Channel> {
        channels::of(self.office.database.reader(), &name(contact))
            .await
            .unwrap()
    }

    /// Contact, occasion, subject, turn and state of every notice.
    pub(super) async fn notices(&self) -> Vec<String> {
        let rows = sqlx::query(
            "SELECT contact || ' ' || occasion || ' ' || subject || ' ' || CAST(turn AS TEXT) || ' ' || state AS line
            FROM notice ORDER BY contact, occasion, subject, turn",
        )
        .fetch_all(self.office.database.reader())
        .await
        .unwrap();
        rows.iter().map(|row| row.get("line")).collect()
    }

    /// Kind and subject of every open task.
    pub(super) async fn open_tasks(&self) -> Vec<(String, String)> {
        let open = tasks::page(self.office.database.reader(), 0, false, 100).await.unwrap();
        open.into_iter().map(|task| (task.kind, task.subject)).collect()
    }

    pub(super) async fn raise(&self, kind: &'static str, desk: Desk) {
        assert!(self.office.database.change(Raise(kind, desk)).await.unwrap());
    }

    /// Kinds of the ledger's entries.
    pub(super) async fn ledger(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT kind FROM ledger ORDER BY seq")
            .fetch_all(&mut self.test.connect().await)
            .await
            .unwrap()
    }
}

fn plain(contact: &str, language: Language, instead: Option<&str>) -> ContactConfig {
    ContactConfig {
        name: name(contact),
        language,
        email: None,
        webhook: None,
        secret_file: None,
        instead: instead.map(name),
        fallback: false,
    }
}

fn office(
    database: Database,
    clock: &Arc<ManualClock>,
    notification: &NotificationConfig,
    contacts: &[ContactConfig],
) -> Arc<Office> {
    let checked = notification.checked(contacts).unwrap_or_else(|error| panic!("{error}"));
    Arc::new(Office {
        database,
        courier: Courier::new(&checked, Arc::clone(clock) as _).unwrap(),
        notification: checked,
        clock: Arc::clone(clock) as _,
        random: Arc::new(OsRandom),
        service: "sender 974761076".to_owned(),
    })
}

struct Enqueue(NewNotice);

impl Change for Enqueue {
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        notices::enqueue(tx, self.0.clone()).await
    }
}

struct Raise(&'static str, Desk);

impl Change for Raise {
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let task = NewTask {
            kind: self.0,
            subject: "a".to_owned(),
            desk: self.1,
            data: "for the test".to_owned(),
        };
        tasks::raise(tx, task).await
    }
}
