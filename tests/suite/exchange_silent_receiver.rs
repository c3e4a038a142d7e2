//! A receiver that accepts connections and never says a word, for an hour of simulated time.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    domain::lifecycle::{Stage, Standing},
    runtime::clock::ManualClock,
};
use framme_tests::{database::TestDatabase, on_both_databases};
use tokio::net::TcpListener;

use crate::exchange::{
    HARSTAD, OTHER_RECEIVER, RECEIVER, TROMSO,
    authorities::Authorities,
    receiver::RealReceiver,
    sender::{Known, RealSender},
    until,
};

on_both_databases!(a_receiver_that_is_silent_for_an_hour_delays_reports_to_the_others_by_nothing);

async fn a_receiver_that_is_silent_for_an_hour_delays_reports_to_the_others_by_nothing(database: TestDatabase) {
    let clock = Arc::new(ManualClock::new("2026-03-02T08:00:00Z".parse().unwrap()));
    let authorities = Authorities::new(clock.clone());
    let of_the_sender = TestDatabase::new(database.config().dialect().unwrap()).await;
    let healthy = RealReceiver::start(&authorities, database).await;
    let silent = accept_and_say_nothing().await;
    let receivers = [
        Known {
            organisation: RECEIVER,
            address: healthy.address(),
            municipality: TROMSO,
        },
        Known {
            organisation: OTHER_RECEIVER,
            address: &silent,
            municipality: HARSTAD,
        },
    ];
    let sender = RealSender::start(&authorities, of_the_sender, &receivers).await;

    let mut waiting = Vec::new();
    for minute in 1..=60 {
        waiting.push(sender.submit(HARSTAD).await);
        let report = sender.submit(TROMSO).await;
        // The clock stands still while this waits: not a microsecond passes between submitted and stored.
        until("the healthy receiver has stored it, and the sender knows", || async {
            healthy.ledger("transmission_stored").await == minute
                && sender.view(&report).await.transmissions[0].next_attempt_at.is_none()
        })
        .await;
        clock.advance(Duration::from_secs(60));
    }

    for report in &waiting {
        let view = sender.view(report).await;
        assert_eq!(view.standing(), Standing::Open);
        assert_eq!(sender.stage(report).await, Stage::Queued);
        assert!(
            view.transmissions[0].next_attempt_at.is_some(),
            "it is still to be delivered"
        );
    }
    assert_eq!(healthy.stated().await.len(), 60);
}

/// The address of somebody who accepts every connection and keeps it.
async fn accept_and_say_nothing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            kept.push(connection);
        }
    });
    address
}
