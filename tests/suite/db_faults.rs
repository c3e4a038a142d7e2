//! What the writer does when the database fails under it: nothing acknowledged is lost, nothing is made twice.

mod proxy;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use framme_shared::db::{Change, Database, Dialect, Migration, Schema, StoreError, Tx};
use framme_shared::runtime::clock::SystemClock;
use framme_tests::database::TestDatabase;
use framme_tests::on_both_databases;

use crate::db_change::{AddNote, NoteError, SCHEMA, ledger_subjects, notes};
use proxy::{Fault, Proxy};

on_both_databases!(
    a_commit_that_fails_costs_only_the_change_that_made_it_fail,
    more_callers_than_the_queue_holds_are_all_answered,
    replicas_that_write_at_once_make_one_chain,
);

fn is_unavailable<T>(result: &Result<T, NoteError>) -> bool {
    matches!(result, Err(NoteError::Store(StoreError::Unavailable(_))))
}

/// A database behind a proxy. The proxy's fault is for the writer: nothing else commits.
async fn open_through_proxy(test: &TestDatabase) -> (Database, Proxy) {
    test.open(&SCHEMA).await.close().await;
    let (proxy, url) = Proxy::before(&test.config().url).await;
    let mut config = test.config().clone();
    config.url = url;
    (
        Database::open(&config, &SCHEMA, Arc::new(SystemClock)).await.unwrap(),
        proxy,
    )
}

async fn change_under(fault: Fault) {
    let test = TestDatabase::new(Dialect::Postgres).await;
    let (database, proxy) = open_through_proxy(&test).await;
    for round in 0..5 {
        proxy.set(fault);
        let ids = (round * 10)..(round * 10 + 10);
        let adding: Vec<_> = ids
            .map(|id| {
                let database = database.clone();
                tokio::spawn(async move { database.change(AddNote::well(id)).await })
            })
            .collect();
        for added in adding {
            added.await.unwrap().unwrap();
        }
        assert_eq!(proxy.fault(), Fault::None, "the fault did not happen");
    }
    assert_eq!(notes(&database).await, (0..50).collect::<Vec<_>>());
    assert_eq!(ledger_subjects(&database).await, (0..50).collect::<Vec<_>>());
    database.close().await;
    test.open(&SCHEMA).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_found_and_not_made_again() {
    change_under(Fault::LoseAnswer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_arrived_is_made_on_a_new_connection() {
    change_under(Fault::LoseCommit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_changes_are_refused_until_it_is_back() {
    let test = TestDatabase::new(Dialect::Postgres).await;
    let (database, proxy) = open_through_proxy(&test).await;
    database.change(AddNote::well(1)).await.unwrap();
    proxy.set(Fault::Unreachable);
    assert!(is_unavailable(&database.change(AddNote::well(2)).await));
    proxy.set(Fault::None);
    database.change(AddNote::well(3)).await.unwrap();
    assert_eq!(notes(&database).await, [1, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_the_server_ends_costs_nothing() {
    let test = TestDatabase::new(Dialect::Postgres).await;
    let database = test.open(&SCHEMA).await;
    let mut other = test.connect().await;
    for id in 0..5 {
        sqlx::raw_sql(
            "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .execute(&mut other)
        .await
        .unwrap();
        database.change(AddNote::well(id)).await.unwrap();
        assert_eq!(notes(&database).await.len() as i64, id + 1);
    }
}

/// Fails with this SQLSTATE in its first runs.
struct Contended {
    sqlstate: &'static str,
    failures: u32,
    runs: AtomicU32,
}

impl Change for Contended {
    type Outcome = u32;
    type Error = NoteError;

    async fn apply(&self, tx: &mut Tx) -> Result<u32, NoteError> {
        let run = self.runs.fetch_add(1, Ordering::Relaxed) + 1;
        if run <= self.failures {
            let sql = format!("DO $$ BEGIN RAISE SQLSTATE '{}'; END $$", self.sqlstate);
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(tx.conn()).await?;
        }
        Ok(run)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_or_a_serialization_failure_is_tried_again() {
    let test = TestDatabase::new(Dialect::Postgres).await;
    let database = test.open(&SCHEMA).await;
    for sqlstate in ["40P01", "40001"] {
        let contended = Contended {
            sqlstate,
            failures: 2,
            runs: AtomicU32::new(0),
        };
        let (contended, other) = tokio::join!(database.change(contended), database.change(AddNote::well(1)));
        assert_eq!(contended.unwrap(), 3, "{sqlstate}");
        assert!(other.is_ok() || sqlstate == "40001", "{other:?}");
        let stubborn = Contended {
            sqlstate,
            failures: 100,
            runs: AtomicU32::new(0),
        };
        assert!(matches!(
            database.change(stubborn).await,
            Err(NoteError::Store(StoreError::Unavailable(_)))
        ));
    }
}

/// Adds a note to an embedded database on a disk that holds 100 pages, and no more.
struct AddNoteToFullDisk(AddNote);

impl Change for AddNoteToFullDisk {
    type Outcome = i64;
    type Error = NoteError;

    async fn apply(&self, tx: &mut Tx) -> Result<i64, NoteError> {
        sqlx::raw_sql("PRAGMA max_page_count = 100").execute(tx.conn()).await?;
        self.0.apply(tx).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_acknowledges_nothing() {
    let test = TestDatabase::new(Dialect::Sqlite).await;
    let database = test.open(&SCHEMA).await;
    let adding: Vec<_> = (0..2000)
        .map(|id| {
            let database = database.clone();
            tokio::spawn(async move { database.change(AddNoteToFullDisk(AddNote::well(id))).await })
        })
        .collect();
    let mut kept = Vec::new();
    for (id, added) in (0..).zip(adding) {
        match added.await.unwrap() {
            Ok(_) => kept.push(id),
            refused => assert!(is_unavailable(&refused), "{refused:?}"),
        }
    }
    assert!((100..2000).contains(&kept.len()), "{} kept", kept.len());
    assert_eq!(notes(&database).await, kept);

    // Room was made.
    database.change(AddNote::well(9_999)).await.unwrap();
    kept.push(9_999);
    database.close().await;
    assert_eq!(ledger_subjects(&test.open(&SCHEMA).await).await, kept);
}

static DEFERRED: Schema = Schema {
    name: "deferred",
    migrations: &[Migration {
        number: 1,
        name: "parent and child",
        sql: "CREATE TABLE parent (id BIGINT NOT NULL PRIMARY KEY);
            CREATE TABLE child (
                id     BIGINT NOT NULL PRIMARY KEY,
                parent BIGINT NOT NULL REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED
            );",
    }],
};

/// A row whose missing parent is noticed at the commit only.
struct AddChild {
    id: i64,
    with_parent: bool,
}

impl Change for AddChild {
    type Outcome = ();
    type Error = NoteError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), NoteError> {
        sqlx::query("INSERT INTO child (id, parent) VALUES ($1, $1)")
            .bind(self.id)
            .execute(tx.conn())
            .await?;
        if self.with_parent {
            sqlx::query("INSERT INTO parent (id) VALUES ($1)")
                .bind(self.id)
                .execute(tx.conn())
                .await?;
        }
        Ok(())
    }
}

async fn a_commit_that_fails_costs_only_the_change_that_made_it_fail(test: TestDatabase) {
    let database = test.open(&DEFERRED).await;
    let adding: Vec<_> = (0..40)
        .map(|id| {
            let database = database.clone();
            tokio::spawn(async move {
                database
                    .change(AddChild {
                        id,
                        with_parent: id != 17,
                    })
                    .await
            })
        })
        .collect();
    for (id, added) in adding.into_iter().enumerate() {
        assert_eq!(added.await.unwrap().is_ok(), id != 17, "{id}");
    }
    let count = sqlx::query("SELECT id FROM child")
        .fetch_all(database.reader())
        .await
        .unwrap()
        .len();
    assert_eq!(count, 39);
}

async fn more_callers_than_the_queue_holds_are_all_answered(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let mut adding = tokio::task::JoinSet::new();
    for id in 0..3000 {
        let database = database.clone();
        adding.spawn(async move { database.change(AddNote::well(id)).await });
    }
    assert!(adding.join_all().await.iter().all(Result::is_ok));
    assert_eq!(notes(&database).await.len(), 3000);
}

async fn replicas_that_write_at_once_make_one_chain(test: TestDatabase) {
    let first = test.open(&SCHEMA).await;
    let mut config = test.config().clone();
    config.high_water_mark = Some(test.folder().join("other-mark"));
    let second = Database::open(&config, &SCHEMA, Arc::new(SystemClock)).await.unwrap();
    let mut adding = tokio::task::JoinSet::new();
    for id in 0..400 {
        let database = if id % 2 == 0 { first.clone() } else { second.clone() };
        adding.spawn(async move { database.change(AddNote::well(id)).await });
    }
    assert!(adding.join_all().await.iter().all(Result::is_ok));
    first.close().await;
    second.close().await;

    let database = test.open(&SCHEMA).await;
    assert_eq!(ledger_subjects(&database).await, (0..400).collect::<Vec<_>>());
    Database::open(&config, &SCHEMA, Arc::new(SystemClock)).await.unwrap();
}
