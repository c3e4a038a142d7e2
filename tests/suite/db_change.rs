//! What a caller of `Database::change` may rely on.

use std::sync::Arc;
use std::time::Duration;

use framme_shared::db::{Change, Database, Dialect, LedgerEntry, Migration, Schema, StoreError, Tx, exactly_one};
use framme_shared::runtime::clock::ManualClock;
use framme_tests::database::TestDatabase;
use framme_tests::on_both_databases;
use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

pub(crate) static SCHEMA: Schema = Schema {
    name: "test",
    migrations: &[Migration {
        number: 1,
        name: "note",
        sql: "CREATE TABLE note (id BIGINT NOT NULL PRIMARY KEY, body BLOB NOT NULL, revision BIGINT NOT NULL)",
    }],
};

on_both_databases!(
    what_was_answered_is_there_after_opening_again,
    a_refused_change_leaves_nothing_and_takes_no_other_with_it,
    a_panic_costs_only_the_change_that_panicked,
    a_change_of_a_row_that_is_not_there_is_refused,
    a_closed_database_makes_what_waits_and_refuses_what_comes,
    giving_up_the_answer_does_not_give_up_the_change,
    a_reader_cannot_write,
    the_time_of_a_change_is_the_clocks,
);

/// Adds a note, or fails in the given way after adding it.
pub(crate) struct AddNote {
    pub(crate) id: i64,
    pub(crate) end: End,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    Well,
    Refused,
    Panic,
}

impl AddNote {
    pub(crate) fn well(id: i64) -> Self {
        Self { id, end: End::Well }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NoteError {
    #[error("refused")]
    Refused,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for NoteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Change for AddNote {
    type Outcome = i64;
    type Error = NoteError;

    async fn apply(&self, tx: &mut Tx) -> Result<i64, NoteError> {
        let insert = sqlx::query("-- add_note\nINSERT INTO note (id, body, revision) VALUES ($1, $2, 1)")
            .bind(self.id)
            .bind(vec![7_u8; 100]);
        exactly_one(insert.execute(tx.conn())).await?;
        tx.record(LedgerEntry {
            kind: "note_added",
            subject: self.id.to_string(),
            actor: "test".to_owned(),
            data: String::new(),
        });
        match self.end {
            End::Well => Ok(self.id),
            End::Refused => Err(NoteError::Refused),
            End::Panic => panic!("on purpose"),
        }
    }
}

/// Changes a note that must exist.
struct ReviseNote(i64);

impl Change for ReviseNote {
    type Outcome = ();
    type Error = NoteError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), NoteError> {
        let update = sqlx::query("-- revise_note\nUPDATE note SET revision = revision + 1 WHERE id = $1").bind(self.0);
        Ok(exactly_one(update.execute(tx.conn())).await?)
    }
}

pub(crate) async fn notes(database: &Database) -> Vec<i64> {
    let rows = sqlx::query("SELECT id FROM note ORDER BY id")
        .fetch_all(database.reader())
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

pub(crate) async fn ledger_subjects(database: &Database) -> Vec<i64> {
    let rows = sqlx::query("SELECT subject FROM ledger ORDER BY seq")
        .fetch_all(database.reader())
        .await
        .unwrap();
    let mut subjects: Vec<i64> = rows
        .iter()
        .map(|row| row.get::<String, _>(0).parse().unwrap())
        .collect();
    subjects.sort_unstable();
    subjects
}

async fn what_was_answered_is_there_after_opening_again(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let adding = (0..200).map(|id| {
        let database = database.clone();
        tokio::spawn(async move { database.change(AddNote::well(id)).await })
    });
    for (id, added) in adding.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(added.await.unwrap().unwrap(), id as i64);
    }
    database.close().await;

    let database = test.open(&SCHEMA).await;
    assert_eq!(notes(&database).await, (0..200).collect::<Vec<_>>());
    assert_eq!(ledger_subjects(&database).await, (0..200).collect::<Vec<_>>());
}

async fn a_refused_change_leaves_nothing_and_takes_no_other_with_it(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let end = |id| if id % 7 == 3 { End::Refused } else { End::Well };
    let adding = (0..100).map(|id| {
        let database = database.clone();
        tokio::spawn(async move { database.change(AddNote { id, end: end(id) }).await })
    });
    for (id, added) in adding.collect::<Vec<_>>().into_iter().enumerate() {
        match added.await.unwrap() {
            Ok(_) => assert!(end(id as i64) == End::Well),
            Err(error) => assert!(
                matches!(error, NoteError::Refused) && end(id as i64) == End::Refused,
                "{error:?}"
            ),
        }
    }
    let kept: Vec<i64> = (0..100).filter(|id| end(*id) == End::Well).collect();
    assert_eq!(notes(&database).await, kept);
    assert_eq!(ledger_subjects(&database).await, kept);
    let doubled = database.change(AddNote::well(0)).await.unwrap_err();
    assert!(
        matches!(doubled, NoteError::Store(StoreError::Constraint(_))),
        "{doubled:?}"
    );
}

async fn a_panic_costs_only_the_change_that_panicked(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let (before, panicked, after) = tokio::join!(
        database.change(AddNote::well(1)),
        database.change(AddNote { id: 2, end: End::Panic }),
        database.change(AddNote::well(3)),
    );
    assert!(
        matches!(panicked, Err(NoteError::Store(StoreError::Panicked))),
        "{panicked:?}"
    );
    assert_eq!((before.unwrap(), after.unwrap()), (1, 3));
    assert_eq!(notes(&database).await, [1, 3]);
}

async fn a_change_of_a_row_that_is_not_there_is_refused(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let refused = database.change(ReviseNote(9)).await;
    assert!(
        matches!(
            refused,
            Err(NoteError::Store(StoreError::ConcurrentChange { touched: 0 }))
        ),
        "{refused:?}"
    );
    database.change(AddNote::well(9)).await.unwrap();
    database.change(ReviseNote(9)).await.unwrap();
}

async fn a_closed_database_makes_what_waits_and_refuses_what_comes(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let other = database.clone();
    let mut waiting = tokio::task::JoinSet::new();
    for id in 0..50 {
        let database = database.clone();
        waiting.spawn(async move { (id, database.change(AddNote::well(id)).await.is_ok()) });
    }
    tokio::task::yield_now().await;
    database.close().await;
    assert!(matches!(
        other.change(AddNote::well(99)).await,
        Err(NoteError::Store(StoreError::Closing))
    ));

    let answered = waiting.join_all().await;
    let database = test.open(&SCHEMA).await;
    let kept = notes(&database).await;
    for (id, made) in answered {
        assert_eq!(kept.contains(&id), made, "note {id}");
    }
}

async fn giving_up_the_answer_does_not_give_up_the_change(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    for id in 0..20 {
        let mut change = Box::pin(database.change(AddNote::well(id)));
        assert!(futures::poll!(&mut change).is_pending());
        drop(change);
    }
    database.change(AddNote::well(20)).await.unwrap();
    assert_eq!(notes(&database).await, (0..=20).collect::<Vec<_>>());
}

async fn a_reader_cannot_write(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let written = sqlx::query("INSERT INTO note (id, body, revision) VALUES (1, $1, 1)")
        .bind(vec![1_u8])
        .execute(database.reader())
        .await;
    assert!(written.is_err(), "{written:?}");
    assert!(notes(&database).await.is_empty());
}

/// Answers with the time that the change was given.
struct WhatTime;

impl Change for WhatTime {
    type Outcome = Timestamp;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Timestamp, StoreError> {
        Ok(tx.at())
    }
}

async fn the_time_of_a_change_is_the_clocks(test: TestDatabase) {
    let noon = "2026-03-01T12:00:00.000001Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(noon));
    let database = test.open_with(&SCHEMA, clock.clone()).await;
    assert_eq!(database.change(WhatTime).await.unwrap(), noon);
    clock.advance(Duration::from_secs(1));
    assert_eq!(
        database.change(WhatTime).await.unwrap().to_string(),
        "2026-03-01T12:00:01.000001Z"
    );
}

/// Answers with the writer's settings.
struct WriterSettings;

impl Change for WriterSettings {
    type Outcome = Vec<String>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Vec<String>, StoreError> {
        settings(tx.conn()).await
    }
}

async fn settings(connection: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT p.journal_mode || ' ' || s.synchronous || ' ' || f.foreign_keys
        FROM pragma_journal_mode AS p, pragma_synchronous AS s, pragma_foreign_keys AS f";
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// SQLite with another journal, or without an fsync at each commit, loses acknowledged changes in a power cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connection_to_sqlite_flushes_each_commit() {
    let test = TestDatabase::new(Dialect::Sqlite).await;
    let database = test.open(&SCHEMA).await;
    assert_eq!(database.change(WriterSettings).await.unwrap(), ["wal 2 1"]);
    let mut readers = Vec::new();
    for _ in 0..test.config().readers {
        let mut reader = database.reader().acquire().await.unwrap();
        assert_eq!(settings(&mut reader).await.unwrap(), ["wal 2 1"]);
        readers.push(reader);
    }
}
