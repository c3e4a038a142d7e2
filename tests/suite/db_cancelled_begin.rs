//! A caller that goes away while a transaction begins must not cost the next one its write.
//!
//! sqlx leaves a PostgreSQL connection in a transaction when a `begin()` is dropped while BEGIN is on its way. Nothing
//! of ours calls `begin()` on a pool; should something do so one day, the guard closes such a connection.

use framme_shared::db::{Dialect, guarded};
use framme_tests::database::TestDatabase;
use framme_tests::on_both_databases;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, Connection as _, Row as _};

on_both_databases!(a_guarded_pool_loses_no_write_to_a_dropped_begin);

async fn a_guarded_pool_loses_no_write_to_a_dropped_begin(test: TestDatabase) {
    let dialect = test.config().dialect().unwrap();
    let lost = writes_lost(&test, guarded(AnyPoolOptions::new(), dialect)).await;
    assert_eq!(lost, 0);
}

/// The test above proves something only while this holds. When it fails, sqlx has been mended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unguarded_pool_loses_acknowledged_writes() {
    // Whether BEGIN is on its way when it is let go is a matter of time: a busy machine may need several tries.
    for _ in 0..20 {
        let test = TestDatabase::new(Dialect::Postgres).await;
        if writes_lost(&test, AnyPoolOptions::new()).await > 0 {
            return;
        }
    }
    panic!("the planted fault was not found");
}

/// Drops one `begin()` before each of many acknowledged inserts, and counts the inserts that are gone afterwards.
async fn writes_lost(test: &TestDatabase, pool: AnyPoolOptions) -> i64 {
    let mut control = connect_creating(test).await;
    sqlx::raw_sql("CREATE TABLE kept (id BIGINT NOT NULL PRIMARY KEY)")
        .execute(&mut control)
        .await
        .unwrap();
    let options: AnyConnectOptions = test.config().url.parse().unwrap();
    let pool = pool.max_connections(2).connect_with(options).await.unwrap();

    let mut acknowledged = 0;
    for round in 0..200 {
        drop_a_begin(&pool, round % 6).await;
        let insert = sqlx::query("INSERT INTO kept (id) VALUES ($1)").bind(round);
        acknowledged += i64::from(insert.execute(&pool).await.is_ok());
    }
    pool.close().await;

    assert!(acknowledged > 0);
    let kept: i64 = sqlx::query("SELECT COUNT(*) FROM kept")
        .fetch_one(&mut control)
        .await
        .unwrap()
        .get(0);
    acknowledged - kept
}

/// Polls a `begin()` so many times and lets go of it.
#[expect(clippy::disallowed_methods, reason = "shows why it is disallowed")]
async fn drop_a_begin(pool: &AnyPool, polls: i64) {
    let mut begin = Box::pin(pool.begin());
    for _ in 0..polls {
        if futures::poll!(&mut begin).is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn connect_creating(test: &TestDatabase) -> sqlx::AnyConnection {
    let separator = if test.config().sqlite_path().is_some() {
        "?mode=rwc"
    } else {
        ""
    };
    sqlx::AnyConnection::connect(&format!("{}{separator}", test.config().url))
        .await
        .unwrap()
}
