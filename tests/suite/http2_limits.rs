//! What one client may do to a listener (finding F2).

use std::{sync::Arc, time::Duration};

use framme_shared::runtime::{
    clock::{ManualClock, SystemClock},
    serve::ServeLimits,
};
use tokio::io::AsyncWriteExt as _;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::listening::{
    AT_ONCE, LISTED, Listening, RawClient, call_held, check,
    raw::{GO_AWAY, PING, RST_STREAM, malformed_request, open_request, ping, reset, whole_request},
    upload_held,
};

const STREAMS: u32 = 2_000;

/// What came of many frames.
#[derive(Debug, Default)]
struct Outcome {
    resets: u32,
    told_to_go: bool,
    answers_ping: bool,
}

/// Sends frames for so many streams in bursts of 50, and a ping; reads until the connection ends or it is `over`.
async fn attack(limits: ServeLimits, frames: impl Fn(u32) -> Vec<u8>, over: impl Fn(&Outcome) -> bool) -> Outcome {
    let listening = Listening::exchange_with(limits, Arc::new(SystemClock)).await;
    let client = listening.place.good(LISTED);
    let mut raw = RawClient::http2(listening.socket(), &listening.place.pki, &client).await;
    let mut outcome = Outcome::default();
    for burst in 0..STREAMS / 50 {
        let bytes: Vec<u8> = (0..50).flat_map(|n| frames((burst * 50 + n) * 2 + 1)).collect();
        if raw.stream.write_all(&bytes).await.is_err() || raw.stream.flush().await.is_err() {
            break;
        }
    }
    // An error means that the connection has ended already.
    let _ = raw.stream.write_all(&ping()).await;
    while !over(&outcome) {
        match tokio::time::timeout(AT_ONCE, raw.next_frame())
            .await
            .expect("frames come at once")
        {
            Some((RST_STREAM, _, _)) => outcome.resets += 1,
            Some((GO_AWAY, _, _)) => outcome.told_to_go = true,
            Some((PING, _, _)) => outcome.answers_ping = true,
            Some(_) => {}
            None => break,
        }
    }
    assert!(
        check(listening.listed()).await.is_ok(),
        "others are served all the same"
    );
    outcome
}

fn rapid_reset(stream: u32) -> Vec<u8> {
    [whole_request(stream), reset(stream)].concat()
}

#[tokio::test]
async fn a_flood_of_provoked_resets_ends_the_connection() {
    let outcome = attack(ServeLimits::default(), malformed_request, |_| false).await;
    assert!(outcome.told_to_go, "{outcome:?}");
    assert!(outcome.resets <= 64, "{outcome:?}");
}

#[tokio::test]
async fn a_flood_of_provoked_resets_would_be_answered_in_full_without_the_limit() {
    let limits = ServeLimits {
        error_resets: usize::MAX,
        ..ServeLimits::default()
    };
    let outcome = attack(limits, malformed_request, |outcome| outcome.resets == STREAMS).await;
    assert_eq!(outcome.resets, STREAMS, "the attack is real: {outcome:?}");
}

#[tokio::test]
async fn a_flood_of_rapid_resets_ends_the_connection() {
    let outcome = attack(ServeLimits::default(), rapid_reset, |_| false).await;
    assert!(outcome.told_to_go, "{outcome:?}");
}

#[tokio::test]
async fn a_flood_of_rapid_resets_would_be_borne_without_the_limit() {
    let limits = ServeLimits {
        pending_resets: usize::MAX,
        ..ServeLimits::default()
    };
    let outcome = attack(limits, rapid_reset, |outcome| outcome.answers_ping).await;
    assert!(
        outcome.answers_ping && !outcome.told_to_go,
        "the attack is real: {outcome:?}"
    );
}

#[tokio::test]
async fn streams_over_the_limit_are_refused_and_the_others_go_on() {
    let listening = Listening::exchange().await;
    let client = listening.place.good(LISTED);
    let mut raw = RawClient::http2(listening.socket(), &listening.place.pki, &client).await;
    for n in 0..65 {
        raw.stream.write_all(&open_request(n * 2 + 1)).await.unwrap();
    }
    raw.stream.flush().await.unwrap();
    let refused = loop {
        match tokio::time::timeout(AT_ONCE, raw.next_frame()).await.unwrap().unwrap() {
            (RST_STREAM, stream, reason) => break (stream, reason),
            (GO_AWAY, _, _) => panic!("the connection must go on"),
            _ => {}
        }
    };
    let refused_stream = 7_u32.to_be_bytes().to_vec();
    assert_eq!(refused, (64 * 2 + 1, refused_stream));
}

#[tokio::test]
async fn requests_over_the_limit_of_a_connection_are_refused_at_once() {
    let limits = ServeLimits {
        requests_per_connection: 4,
        ..ServeLimits::default()
    };
    let listening = Listening::exchange_with(limits, Arc::new(SystemClock)).await;
    let channel = listening.listed();
    let waiting: Vec<_> = (0..4).map(|_| tokio::spawn(call_held(channel.clone(), None))).collect();
    listening.held.begun(4).await;

    let refused = call_held(channel.clone(), None).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(
        check(listening.listed()).await.is_ok(),
        "another connection has its own limit"
    );

    listening.held.answer(4);
    for call in waiting {
        call.await.unwrap().unwrap();
    }
    listening.held.answer(1);
    call_held(channel, None).await.unwrap();
}

#[tokio::test]
async fn headers_over_the_limit_are_refused() {
    let listening = Listening::exchange().await;
    let mut request = tonic::Request::new(HealthCheckRequest::default());
    request
        .metadata_mut()
        .insert("x-long", "x".repeat(17 * 1024).parse().unwrap());
    let refused = HealthClient::new(listening.listed()).check(request).await;
    assert!(refused.is_err());
    assert!(check(listening.listed()).await.is_ok());
}

#[tokio::test]
async fn a_unary_call_may_take_thirty_seconds() {
    let clock = Arc::new(ManualClock::new("2026-03-01T12:00:00Z".parse().unwrap()));
    let listening = Listening::exchange_with(ServeLimits::default(), clock.clone()).await;
    let call = tokio::spawn(call_held(listening.listed(), None));
    listening.held.begun(1).await;
    clock.advance(Duration::from_secs(29));
    assert!(!call.is_finished());
    clock.advance(Duration::from_secs(1));
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn an_upload_may_take_longer_but_not_pause_for_thirty_seconds() {
    let clock = Arc::new(ManualClock::new("2026-03-01T12:00:00Z".parse().unwrap()));
    let listening = Listening::exchange_with(ServeLimits::default(), clock.clone()).await;
    let (chunks, stream) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(stream);
    let call = tokio::spawn(upload_held(listening.listed(), stream));
    let already = |listening: &Listening| listening.held.calls.borrow().begun;
    for count in 1..=4 {
        chunks.send(HealthCheckRequest::default()).await.unwrap();
        listening.held.begun(count).await;
        clock.advance(Duration::from_secs(20));
    }
    assert_eq!(already(&listening), 4, "80 seconds have passed");
    assert!(!call.is_finished());
    clock.advance(Duration::from_secs(30));
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
}
