//! Many rows in few statements, alike on both databases.

use framme_shared::db::rows::ManyRows;
use framme_shared::db::{Change, StoreError, Tx};
use framme_tests::database::TestDatabase;
use framme_tests::on_both_databases;
use sqlx::Row as _;

use crate::db_change::SCHEMA;

on_both_databases!(
    any_number_of_rows_is_inserted,
    rows_are_updated_from_a_list_of_values,
    rows_are_chosen_by_a_list_of_keys,
);

const INSERT: ManyRows = ManyRows {
    head: "-- insert\nINSERT INTO note (id, body, revision) VALUES",
    columns: 3,
    tail: "",
};
const UPDATE: ManyRows = ManyRows {
    head: "-- update\nUPDATE note SET revision = new.column2 FROM (VALUES",
    columns: 2,
    tail: ") AS new WHERE note.id = new.column1",
};
const SELECT: ManyRows = ManyRows {
    head: "-- select\nSELECT id FROM note WHERE id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// Adds so many notes with revision 0.
struct AddMany(i64);

impl Change for AddMany {
    type Outcome = u64;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let ids: Vec<i64> = (0..self.0).collect();
        INSERT
            .execute(tx.conn(), &ids, |row, id| row.bind(id).bind(vec![1_u8]).bind(0_i64))
            .await
    }
}

/// Gives each of these notes this revision.
struct ReviseMany(Vec<(i64, i64)>);

impl Change for ReviseMany {
    type Outcome = u64;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        UPDATE
            .execute(tx.conn(), &self.0, |row, (id, revision)| row.bind(id).bind(revision))
            .await
    }
}

async fn any_number_of_rows_is_inserted(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    assert_eq!(database.change(AddMany(1237)).await.unwrap(), 1237);
    let count = sqlx::query("SELECT COUNT(*) FROM note")
        .fetch_one(database.reader())
        .await
        .unwrap();
    assert_eq!(count.get::<i64, _>(0), 1237);
}

async fn rows_are_updated_from_a_list_of_values(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    database.change(AddMany(10)).await.unwrap();
    assert_eq!(
        database
            .change(ReviseMany(vec![(2, 20), (5, 50), (7, 70), (99, 1)]))
            .await
            .unwrap(),
        3
    );
    let rows = sqlx::query("SELECT revision FROM note ORDER BY id")
        .fetch_all(database.reader())
        .await
        .unwrap();
    let revisions: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(revisions, [0, 0, 20, 0, 0, 50, 0, 70, 0, 0]);
}

async fn rows_are_chosen_by_a_list_of_keys(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    database.change(AddMany(10)).await.unwrap();
    let mut connection = database.reader().acquire().await.unwrap();
    let rows = SELECT
        .fetch_all(&mut connection, &[3_i64, 8, 99], |row, id| row.bind(id))
        .await
        .unwrap();
    let mut found: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    found.sort_unstable();
    assert_eq!(found, [3, 8]);
}
