//! Schemas go forward only, and a program opens exactly the schema that it knows.

use std::sync::Arc;

use framme_shared::db::{Database, Migration, OpenError, Schema};
use framme_shared::runtime::clock::{Clock, SystemClock};
use framme_tests::database::TestDatabase;
use framme_tests::on_both_databases;
use sqlx::Row as _;

on_both_databases!(
    a_database_is_migrated_once_and_step_by_step,
    a_database_behind_the_program_is_not_opened,
    a_database_ahead_of_the_program_is_not_opened,
    an_edited_migration_is_noticed,
    a_failing_migration_leaves_those_before_it_and_nothing_of_itself,
    two_programs_may_migrate_at_once,
    an_empty_database_says_what_to_do,
);

const FIRST: Migration = Migration {
    number: 1,
    name: "first",
    sql: "CREATE TABLE first (id BIGINT NOT NULL PRIMARY KEY, sealed BLOB)",
};
const SECOND: Migration = Migration {
    number: 2,
    name: "second",
    sql: "CREATE TABLE second (id TEXT NOT NULL PRIMARY KEY); CREATE INDEX second_by_id ON second (id);",
};
const EDITED: Migration = Migration {
    number: 1,
    name: "first",
    sql: "CREATE TABLE first (id BIGINT NOT NULL)",
};
const FAILING: Migration = Migration {
    number: 2,
    name: "failing",
    sql: "CREATE TABLE half (id BIGINT NOT NULL PRIMARY KEY); INSERT INTO nowhere (id) VALUES (1);",
};

static ONE: Schema = Schema {
    name: "test",
    migrations: &[FIRST],
};
static TWO: Schema = Schema {
    name: "test",
    migrations: &[FIRST, SECOND],
};
static OTHER: Schema = Schema {
    name: "test",
    migrations: &[EDITED],
};
static BROKEN: Schema = Schema {
    name: "test",
    migrations: &[FIRST, FAILING],
};

async fn migrate(test: &TestDatabase, schema: &'static Schema) -> Result<Vec<i64>, OpenError> {
    let report = Database::migrate(test.config(), schema, SystemClock.now()).await?;
    Ok(report.applied.into_iter().map(|(number, _)| number).collect())
}

async fn open(test: &TestDatabase, schema: &'static Schema) -> Result<Database, OpenError> {
    Database::open(test.config(), schema, Arc::new(SystemClock)).await
}

async fn a_database_is_migrated_once_and_step_by_step(test: TestDatabase) {
    assert_eq!(migrate(&test, &ONE).await.unwrap(), [1]);
    assert_eq!(migrate(&test, &TWO).await.unwrap(), [2]);
    assert!(migrate(&test, &TWO).await.unwrap().is_empty());
    open(&test, &TWO).await.unwrap();
}

async fn a_database_behind_the_program_is_not_opened(test: TestDatabase) {
    migrate(&test, &ONE).await.unwrap();
    let refusal = open(&test, &TWO).await.unwrap_err();
    assert!(
        matches!(
            refusal,
            OpenError::SchemaBehind {
                found: 1,
                wanted: 2,
                ..
            }
        ),
        "{refusal:?}"
    );
}

async fn a_database_ahead_of_the_program_is_not_opened(test: TestDatabase) {
    migrate(&test, &TWO).await.unwrap();
    for refusal in [
        open(&test, &ONE).await.unwrap_err(),
        migrate(&test, &ONE).await.unwrap_err(),
    ] {
        assert!(
            matches!(
                refusal,
                OpenError::SchemaAhead {
                    found: 2,
                    wanted: 1,
                    ..
                }
            ),
            "{refusal:?}"
        );
    }
}

async fn an_edited_migration_is_noticed(test: TestDatabase) {
    migrate(&test, &ONE).await.unwrap();
    for refusal in [
        open(&test, &OTHER).await.unwrap_err(),
        migrate(&test, &OTHER).await.unwrap_err(),
    ] {
        assert!(
            matches!(refusal, OpenError::SchemaChanged { number: 1, .. }),
            "{refusal:?}"
        );
    }
}

async fn a_failing_migration_leaves_those_before_it_and_nothing_of_itself(test: TestDatabase) {
    let failure = migrate(&test, &BROKEN).await.unwrap_err();
    assert!(matches!(failure, OpenError::Migration { number: 2, .. }), "{failure:?}");
    let database = open(&test, &ONE).await.unwrap();
    assert!(
        sqlx::query("SELECT id FROM half")
            .fetch_optional(database.reader())
            .await
            .is_err()
    );
    database.close().await;
    assert_eq!(migrate(&test, &TWO).await.unwrap(), [2]);
}

async fn two_programs_may_migrate_at_once(test: TestDatabase) {
    let all = futures::future::join_all((0..4).map(|_| migrate(&test, &TWO))).await;
    let applied: usize = all.into_iter().map(|applied| applied.unwrap().len()).sum();
    assert_eq!(applied, 2);
    let database = open(&test, &TWO).await.unwrap();
    let count = sqlx::query("SELECT COUNT(*) FROM schema_migration WHERE module = 'test'");
    assert_eq!(count.fetch_one(database.reader()).await.unwrap().get::<i64, _>(0), 2);
}

async fn an_empty_database_says_what_to_do(test: TestDatabase) {
    let refusal = open(&test, &ONE).await.unwrap_err();
    assert!(refusal.to_string().contains("run the migrate command"), "{refusal}");
}
