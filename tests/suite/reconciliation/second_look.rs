//! What moves while it is compared is no difference.

use std::{fmt, sync::Arc, time::Duration};

use framme_shared::runtime::clock::{Clock, SystemClock};
use framme_tests::{database::TestDatabase, on_both_databases};
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::pair::{Pair, told};
use crate::exchange::soon;

on_both_databases!(
    what_differed_at_the_first_look_and_not_at_the_second_is_no_difference,
    what_differs_otherwise_at_the_second_look_is_still_moving,
);

/// Between the two looks, and nowhere else.
const PAUSE: u64 = 13;

/// The machine's clock, on which the pause between the two looks lasts until the test lets it end.
struct Pausing {
    reached: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

impl fmt::Debug for Pausing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pausing")
    }
}

impl Clock for Pausing {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration != Duration::from_secs(PAUSE) {
            return SystemClock.sleep(duration);
        }
        let (reached, go_on) = (Arc::clone(&self.reached), Arc::clone(&self.go_on));
        Box::pin(async move {
            reached.add_permits(1);
            go_on.acquire().await.unwrap().forget();
        })
    }
}

/// Compares, and does something between the two looks.
async fn differences(database: TestDatabase, before: &'static str, between: &'static str) -> Vec<(u64, String)> {
    let (reached, go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let clock = Pausing {
        reached: Arc::clone(&reached),
        go_on: Arc::clone(&go_on),
    };
    let mut pair = Pair::with_second_look(database, Arc::new(clock), PAUSE).await;
    pair.stored(3).await;
    pair.at_receiver(before).await;
    let sql = between;
    let id = pair.ask().await;
    // The pair itself is busy with the comparison.
    let url = pair.receiver_url().to_owned();
    let meddling = async {
        soon("the first look was over", reached.acquire())
            .await
            .unwrap()
            .forget();
        super::pair::execute(&url, sql.to_owned()).await;
        go_on.add_permits(1);
    };
    let (result, ()) = tokio::join!(pair.carry_out(&id), meddling);
    told(&result)
        .into_iter()
        .map(|(number, class, _)| (number, class.to_owned()))
        .collect()
}

async fn what_differed_at_the_first_look_and_not_at_the_second_is_no_difference(database: TestDatabase) {
    let found = differences(
        database,
        "UPDATE child SET stage = 'opened', opened = 1",
        "UPDATE child SET stage = 'stored', opened = 0
        WHERE transmission_id IN (SELECT transmission_id FROM transmission WHERE sequence <> 2)",
    );
    assert_eq!(found.await, [(2, "different_stage".to_owned())]);
}

async fn what_differs_otherwise_at_the_second_look_is_still_moving(database: TestDatabase) {
    let found = differences(
        database,
        "UPDATE child SET stage = 'opened', opened = 1",
        "UPDATE child SET stage = 'registered', registered = 1",
    );
    assert_eq!(found.await, []);
}
