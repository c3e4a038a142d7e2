//! How a listener stops (finding F7), and how connections grow old.

use std::{sync::Arc, time::Duration};

use framme_shared::runtime::{clock::ManualClock, serve::ServeLimits, shutdown::TaskError};
use tokio::io::AsyncWriteExt as _;
use tonic::Code;

use crate::listening::{
    AT_ONCE, LISTED, Listening, RawClient, call_held, end_of,
    raw::{GO_AWAY, RST_STREAM, open_request},
    watch,
};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2026-03-01T12:00:00Z".parse().unwrap()))
}

async fn stopped(listening: Listening) -> Result<(), TaskError> {
    let ended = tokio::time::timeout(AT_ONCE, listening.serving).await;
    ended.expect("the listener stops at once").unwrap()
}

#[tokio::test]
async fn a_call_at_hand_is_finished_before_the_listener_stops() {
    let listening = Listening::exchange().await;
    let call = tokio::spawn(call_held(listening.listed(), None));
    listening.held.begun(1).await;
    listening.shutdown.stop();
    listening.held.answer(1);
    call.await.unwrap().unwrap();
    stopped(listening).await.unwrap();
}

#[tokio::test]
async fn a_stop_with_a_stalled_peer_is_bounded() {
    let clock = clock();
    let listening = Listening::exchange_with(ServeLimits::default(), clock.clone()).await;
    let client = listening.place.good(LISTED);
    // It has said hello and then reads and writes nothing more.
    let _stalled = RawClient::http2(listening.socket(), &listening.place.pki, &client).await;
    let mut endless = watch(listening.listed()).await;

    let already = clock.sleeping();
    listening.shutdown.stop();
    clock.wait_for_sleeping(already + 1).await;
    assert!(!listening.serving.is_finished());
    clock.advance(ServeLimits::default().drain);

    assert_ne!(end_of(&mut endless).await, Code::Ok);
    stopped(listening).await.unwrap();
}

#[tokio::test]
async fn an_abort_does_not_wait_for_the_drain() {
    let listening = Listening::exchange_with(ServeLimits::default(), clock()).await;
    let _endless = watch(listening.listed()).await;
    listening.shutdown.abort();
    stopped(listening).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_too_old_is_closed() {
    let clock = clock();
    let listening = Listening::exchange_with(ServeLimits::default(), clock.clone()).await;
    let mut endless = watch(listening.listed()).await;
    clock.advance(Duration::from_secs(329));
    let goes_on = tokio::time::timeout(Duration::from_millis(1), endless.message()).await;
    assert!(goes_on.is_err());
    clock.advance(Duration::from_secs(1));
    assert_ne!(end_of(&mut endless).await, Code::Ok);
}

#[tokio::test]
async fn a_connection_of_some_age_is_asked_to_end_before_it_is_closed() {
    let limits = ServeLimits {
        connection_age: Duration::from_millis(50),
        ..ServeLimits::default()
    };
    let listening = Listening::exchange_with(limits, clock()).await;
    let client = listening.place.good(LISTED);
    let mut raw = RawClient::http2(listening.socket(), &listening.place.pki, &client).await;
    raw.stream.write_all(&open_request(1)).await.unwrap();
    loop {
        let next = tokio::time::timeout(AT_ONCE, raw.next_frame()).await.unwrap();
        match next.expect("it is asked before it is closed") {
            (GO_AWAY, _, _) => break,
            (RST_STREAM, _, _) => panic!("the call goes on"),
            _ => {}
        }
    }
}
