//! A side that was restored from a backup gets back what was told since.

use framme_demo::pki::synthetic_organisation;
use framme_shared::wire::pb::report::{AssessmentOutcome, ReportType};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::ToSpan as _;
use sqlx::{AnyConnection, Row as _};

use super::pair::{Child, Pair};
use crate::exchange::{POLICE, RECEIVER};

on_both_databases!(
    a_receiver_that_lost_receipts_of_what_it_told_gets_them_back,
    a_receiver_that_lost_the_transmission_states_anew_what_was_told,
    a_sender_that_lost_receipts_of_what_was_told_gets_them_back_and_tells_nobody_twice,
);

/// A child about whom everything was told, and the number of the last receipt before that.
async fn told(pair: &Pair) -> (Child, i64) {
    let child = pair.assessed(ReportType::Notice, AssessmentOutcome::FollowedUp).await;
    pair.confirmed().await;
    let before = pair.receiver.stated().await.len() as i64;
    pair.confirm(&child, true).await;
    pair.conclude(&child, pair.now() - 24.hours()).await;
    pair.confirmed().await;
    (child, before)
}

async fn execute(connection: &mut AnyConnection, sql: &str, values: &[&str]) {
    let query = values
        .iter()
        .fold(sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())), |query, value| {
            query.bind((*value).to_owned())
        });
    query.execute(connection).await.unwrap();
}

const UNTOLD: &str =
    "UPDATE child SET confirmed_time = NULL, investigation_opened = NULL, investigation_ended_time = NULL,
    concluded_time = NULL, conclusion = NULL";

/// The chain of the receiver ends with this receipt.
async fn end_chain_of_receiver(pair: &Pair, last: i64) {
    let mut connection = pair.receiver.database.connect().await;
    execute(
        &mut connection,
        &format!("DELETE FROM receipt WHERE sequence > {last}"),
        &[],
    )
    .await;
    let police = synthetic_organisation(POLICE).to_string();
    let sql = format!(
        "UPDATE peer SET last_receipt_sequence = {last}, confirmed_sequence = {last},
            last_receipt_sha256 = (SELECT sha256 FROM receipt WHERE sender = $1 AND sequence = {last})
        WHERE organisation = $1"
    );
    execute(&mut connection, &sql, &[&police]).await;
}

async fn is_told_at_receiver(pair: &Pair) -> bool {
    let reader = pair.receiver.receiver.core().db.reader();
    let row = sqlx::query("SELECT COUNT(*) FROM child WHERE investigation_opened = 1 AND conclusion IS NOT NULL")
        .fetch_one(reader)
        .await
        .unwrap();
    row.get::<i64, _>(0) == 1
}

async fn a_receiver_that_lost_receipts_of_what_it_told_gets_them_back(database: TestDatabase) {
    let pair = Pair::new(database).await;
    let (_, before) = told(&pair).await;
    let receipts = pair.receiver.receipts_for(POLICE).await;
    pair.part();
    let mut connection = pair.receiver.database.connect().await;
    execute(&mut connection, UNTOLD, &[]).await;
    end_chain_of_receiver(&pair, before).await;
    assert!(!is_told_at_receiver(&pair).await);
    pair.meet();
    pair.until("the receiver knows again", || is_told_at_receiver(&pair))
        .await;
    pair.assert_both_lists_are_right().await;
    assert!(pair.owed_at_receiver().await.is_empty());
    assert_eq!(pair.receiver.receipts_for(POLICE).await, receipts, "none was made anew");
    let reader = pair.receiver.receiver.core().db.reader();
    let marked: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM receipt WHERE feedback IS NOT NULL")
        .fetch_one(reader)
        .await
        .unwrap();
    assert_eq!(marked, 2);
}

async fn a_receiver_that_lost_the_transmission_states_anew_what_was_told(database: TestDatabase) {
    let pair = Pair::new(database).await;
    pair.stored(ReportType::Notice, 1).await;
    pair.confirmed().await;
    let (child, _) = told(&pair).await;
    pair.part();
    let mut connection = pair.receiver.database.connect().await;
    for sql in [
        "DELETE FROM child WHERE transmission_id = $1",
        "DELETE FROM transmission_content WHERE transmission_id = $1",
        "DELETE FROM event_fingerprint WHERE transmission_id = $1",
        "DELETE FROM transmission WHERE transmission_id = $1",
    ] {
        execute(&mut connection, sql, &[&child.transmission]).await;
    }
    end_chain_of_receiver(&pair, 1).await;
    pair.meet();
    pair.until("the receiver knows again", || is_told_at_receiver(&pair))
        .await;
    pair.assert_both_lists_are_right().await;
    assert!(pair.shown(&child.report).await.concluded_time.is_some());
    assert!(pair.sender.view(&child.report).await.standing() == framme_shared::domain::lifecycle::Standing::Delivered);
}

async fn a_sender_that_lost_receipts_of_what_was_told_gets_them_back_and_tells_nobody_twice(database: TestDatabase) {
    let pair = Pair::new(database).await;
    let (child, before) = told(&pair).await;
    assert_eq!(pair.notices().await, 2);
    pair.part();
    let mut connection = pair.sender.database.connect().await;
    execute(&mut connection, UNTOLD, &[]).await;
    execute(
        &mut connection,
        &format!("DELETE FROM receipt WHERE sequence > {before}"),
        &[],
    )
    .await;
    let receiver = synthetic_organisation(RECEIVER).to_string();
    let sql = format!(
        "UPDATE receiver SET last_receipt = {before}, confirmed_receipt = {before},
            last_receipt_sha256 = (SELECT sha256 FROM receipt WHERE receiver = $1 AND sequence = {before})
        WHERE organisation = $1"
    );
    execute(&mut connection, &sql, &[&receiver]).await;
    pair.meet();
    pair.until("the sender knows again", || async {
        pair.shown(&child.report).await.concluded_time.is_some()
    })
    .await;
    pair.assert_both_lists_are_right().await;
    assert_eq!(pair.notices().await, 2);
}
