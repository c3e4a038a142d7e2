//! Damage that the database itself does not notice is found when it is opened, or when content is read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use framme_shared::db::sealing::{Place, SealError};
use framme_shared::db::{
    Change, Database, DatabaseConfig, Dialect, LedgerFault, MarkError, OpenError, Schema, StoreError, Tx,
};
use framme_shared::runtime::clock::SystemClock;
use framme_tests::database::{Folder, TestDatabase};
use framme_tests::on_both_databases;
use sqlx::{AssertSqlSafe, Row as _};

use crate::db_change::{AddNote, SCHEMA};

on_both_databases!(
    a_changed_entry_is_found,
    a_missing_entry_is_found,
    an_added_entry_is_found,
    a_lost_end_is_found_when_the_head_went_with_it,
    another_database_is_not_taken_for_this_one,
    a_head_that_is_gone_is_found,
);

async fn open(config: &DatabaseConfig, schema: &'static Schema) -> Result<Database, OpenError> {
    Database::open(config, schema, Arc::new(SystemClock)).await
}

/// A database with ten notes, closed.
async fn ten_notes(test: &TestDatabase) {
    let database = test.open(&SCHEMA).await;
    for id in 1..=10 {
        database.change(AddNote::well(id)).await.unwrap();
    }
    database.close().await;
}

/// The error after somebody with access to the database ran this.
async fn refusal_after(test: &TestDatabase, sql: &'static str) -> OpenError {
    ten_notes(test).await;
    let mut connection = test.connect().await;
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    drop(connection);
    open(test.config(), &SCHEMA).await.unwrap_err()
}

async fn a_changed_entry_is_found(test: TestDatabase) {
    let refusal = refusal_after(&test, "UPDATE ledger SET actor = 'nobody' WHERE seq = 4").await;
    assert!(
        matches!(refusal, OpenError::Ledger(LedgerFault::Changed { seq: 4 })),
        "{refusal:?}"
    );
}

async fn a_missing_entry_is_found(test: TestDatabase) {
    let refusal = refusal_after(&test, "DELETE FROM ledger WHERE seq = 4").await;
    assert!(
        matches!(refusal, OpenError::Ledger(LedgerFault::Gap { seq: 4 })),
        "{refusal:?}"
    );
}

async fn an_added_entry_is_found(test: TestDatabase) {
    let sql = "INSERT INTO ledger (seq, at, kind, subject, actor, data, hash)
        SELECT 11, at, kind, subject, actor, data, hash FROM ledger WHERE seq = 10";
    let refusal = refusal_after(&test, sql).await;
    assert!(
        matches!(refusal, OpenError::Ledger(LedgerFault::Changed { seq: 11 })),
        "{refusal:?}"
    );
}

async fn a_head_that_is_gone_is_found(test: TestDatabase) {
    let refusal = refusal_after(&test, "DELETE FROM ledger_head").await;
    assert!(
        matches!(refusal, OpenError::Ledger(LedgerFault::Unreadable(StoreError::Missing))),
        "{refusal:?}"
    );
}

async fn a_lost_end_is_found_when_the_head_went_with_it(test: TestDatabase) {
    let refusal = refusal_after(
        &test,
        "UPDATE ledger_head SET seq = 8, hash = (SELECT hash FROM ledger WHERE seq = 8);
        DELETE FROM ledger WHERE seq > 8;",
    )
    .await;
    assert!(
        matches!(refusal, OpenError::Mark(MarkError::Behind { ledger: 8, mark: 10 })),
        "{refusal:?}"
    );

    let mut without_mark = test.config().clone();
    without_mark.high_water_mark = None;
    assert!(
        open(&without_mark, &SCHEMA).await.is_ok(),
        "nothing but the mark can know"
    );
}

async fn another_database_is_not_taken_for_this_one(test: TestDatabase) {
    ten_notes(&test).await;
    let other = TestDatabase::new(test.config().dialect().unwrap()).await;
    ten_notes(&other).await;
    let mut config = test.config().clone();
    config.url.clone_from(&other.config().url);
    let refusal = open(&config, &SCHEMA).await.unwrap_err();
    assert!(
        matches!(refusal, OpenError::Mark(MarkError::Differs { seq: 10 })),
        "{refusal:?}"
    );
}

/// An embedded database as it lies on disk while it is in use: the file, its WAL, and the mark.
struct Copy {
    folder: Folder,
    config: DatabaseConfig,
}

impl Copy {
    fn of(test: &TestDatabase) -> Self {
        let folder = Folder::new("copy");
        let database = test.config().sqlite_path().unwrap();
        for (from, to) in [(database.clone(), "a.db"), (wal_of(&database), "a.db-wal")] {
            std::fs::copy(from, folder.path().join(to)).unwrap();
        }
        let mut config = DatabaseConfig::sqlite(&folder.path().join("a.db"));
        let mark = folder.path().join("mark");
        std::fs::copy(test.config().high_water_mark.as_ref().unwrap(), &mark).unwrap();
        config.high_water_mark = Some(mark);
        Self { folder, config }
    }

    fn wal(&self) -> PathBuf {
        self.folder.path().join("a.db-wal")
    }
}

fn wal_of(database: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", database.display()))
}

/// Each change in a commit of its own, left in the WAL.
async fn notes_in_wal(test: &TestDatabase) -> Database {
    let database = test.open(&SCHEMA).await;
    for id in 1..=50 {
        database.change(AddNote::well(id)).await.unwrap();
    }
    database
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_taken_while_it_was_written_opens() {
    let test = TestDatabase::new(Dialect::Sqlite).await;
    let database = notes_in_wal(&test).await;
    assert!(open(&Copy::of(&test).config, &SCHEMA).await.is_ok());
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_dropped_by_one_flipped_bit_in_the_wal_are_found() {
    let test = TestDatabase::new(Dialect::Sqlite).await;
    let database = notes_in_wal(&test).await;
    let copy = Copy::of(&test);
    let mut bytes = std::fs::read(copy.wal()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(copy.wal(), bytes).unwrap();
    let refusal = open(&copy.config, &SCHEMA).await.unwrap_err();
    assert!(
        matches!(refusal, OpenError::Mark(MarkError::Behind { mark: 50, .. })),
        "{refusal:?}"
    );
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wal_that_lost_its_tail_is_found() {
    let test = TestDatabase::new(Dialect::Sqlite).await;
    let database = notes_in_wal(&test).await;
    let copy = Copy::of(&test);
    let wal = std::fs::OpenOptions::new().write(true).open(copy.wal()).unwrap();
    wal.set_len(wal.metadata().unwrap().len() - 4096).unwrap();
    let refusal = open(&copy.config, &SCHEMA).await.unwrap_err();
    assert!(
        matches!(refusal, OpenError::Mark(MarkError::Behind { ledger: 49, mark: 50 })),
        "{refusal:?}"
    );
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_put_back_is_found() {
    let test = TestDatabase::new(Dialect::Sqlite).await;
    ten_notes(&test).await;
    let path = test.config().sqlite_path().unwrap();
    let older = std::fs::read(&path).unwrap();
    let database = test.open(&SCHEMA).await;
    database.change(AddNote::well(11)).await.unwrap();
    database.close().await;
    std::fs::write(&path, older).unwrap();
    let refusal = open(test.config(), &SCHEMA).await.unwrap_err();
    assert!(
        matches!(refusal, OpenError::Mark(MarkError::Behind { ledger: 10, mark: 11 })),
        "{refusal:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_a_page_of_the_ledger_is_found() {
    let test = TestDatabase::new(Dialect::Sqlite).await;
    ten_notes(&test).await;
    flip_a_bit_of(&test, b"note_added");
    let refusal = open(test.config(), &SCHEMA).await.unwrap_err();
    assert!(
        matches!(refusal, OpenError::Ledger(LedgerFault::Changed { .. })),
        "{refusal:?}"
    );
}

/// Stores bytes as they are.
struct StoreSealed(Vec<u8>);

impl Change for StoreSealed {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let insert = sqlx::query("INSERT INTO note (id, body, revision) VALUES (1, $1, 1)").bind(self.0.as_slice());
        framme_shared::db::exactly_one(insert.execute(tx.conn())).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_sealed_content_is_found_when_it_is_opened() {
    const PLACE: Place<'static> = Place::new("note", "body", "1");
    let test = TestDatabase::new(Dialect::Sqlite).await;
    let (key, _) = test.master_keys().new_data_key();
    let sealed = key.seal(&PLACE, &[5; 2000]);
    let database = test.open(&SCHEMA).await;
    database.change(StoreSealed(sealed.clone())).await.unwrap();
    assert_eq!(key.open(&PLACE, &body(&database).await).unwrap(), [5; 2000]);
    database.close().await;

    flip_a_bit_of(&test, &sealed[100..140]);
    let damaged = body(&test.open(&SCHEMA).await).await;
    assert_eq!(damaged.len(), sealed.len(), "the database noticed nothing");
    assert_eq!(key.open(&PLACE, &damaged), Err(SealError::Damaged));
}

async fn body(database: &Database) -> Vec<u8> {
    sqlx::query("SELECT body FROM note WHERE id = 1")
        .fetch_one(database.reader())
        .await
        .unwrap()
        .get(0)
}

fn flip_a_bit_of(test: &TestDatabase, part: &[u8]) {
    let path = test.config().sqlite_path().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let position = bytes.windows(part.len()).position(|window| window == part).unwrap();
    bytes[position + part.len() / 2] ^= 1;
    std::fs::write(&path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_flush_its_commits_is_refused() {
    let test = TestDatabase::new(Dialect::Postgres).await;
    test.open(&SCHEMA).await.close().await;
    for (setting, accepted) in [
        ("off", false),
        ("local", false),
        ("remote_write", false),
        ("remote_apply", true),
    ] {
        let mut connection = test.connect().await;
        let name: String = sqlx::query("SELECT current_database()::text")
            .fetch_one(&mut connection)
            .await
            .unwrap()
            .get(0);
        let alter = format!("ALTER DATABASE {name} SET synchronous_commit = {setting}");
        sqlx::raw_sql(AssertSqlSafe(alter))
            .execute(&mut connection)
            .await
            .unwrap();
        match open(test.config(), &SCHEMA).await {
            Ok(_) => assert!(accepted, "{setting}"),
            Err(OpenError::Setting {
                name: "synchronous_commit",
                found,
                ..
            }) => {
                assert!(!accepted && found == setting, "{setting}");
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}
