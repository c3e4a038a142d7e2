//! Handshakes that go wrong, on purpose or not.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use framme_shared::runtime::{
    clock::{ManualClock, SystemClock},
    serve::ServeLimits,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::listening::{AT_ONCE, LISTED, Listening, RawClient, check, client_config};

async fn ends(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(AT_ONCE, stream.read_to_end(&mut rest)).await;
    // A reset is an end, too.
    drop(ended.expect("the connection ends at once"));
}

async fn silent_connections(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut silent = Vec::new();
    for _ in 0..count {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    silent
}

#[tokio::test]
async fn half_open_handshakes_are_bounded_and_do_not_keep_others_out() {
    let clock = Arc::new(ManualClock::new("2026-03-01T12:00:00Z".parse().unwrap()));
    let limits = ServeLimits {
        handshakes: 8,
        ..ServeLimits::default()
    };
    let listening = Listening::exchange_with(limits, clock).await;
    let mut silent = silent_connections(listening.socket(), 40).await;
    // Time stands still, so no handshake has timed out.
    assert!(check(listening.listed()).await.is_ok());
    ends(&mut silent[0]).await;
}

#[tokio::test]
async fn a_handshake_may_take_two_seconds() {
    let clock = Arc::new(ManualClock::new("2026-03-01T12:00:00Z".parse().unwrap()));
    let listening = Listening::exchange_with(ServeLimits::default(), clock.clone()).await;
    let mut silent = silent_connections(listening.socket(), 1).await;
    clock.wait_for_sleeping(1).await;
    clock.advance(Duration::from_secs(2));
    ends(&mut silent[0]).await;
}

#[tokio::test]
async fn junk_on_the_port_ends_that_connection_only() {
    let listening = Listening::exchange().await;
    let channel = listening.listed();
    check(channel.clone()).await.unwrap();
    for junk in [
        b"GET / HTTP/1.1\r\n\r\n".as_slice(),
        &[0xFF; 4096],
        &[0x16, 3, 1, 0xFF, 0xFF],
    ] {
        let mut stream = TcpStream::connect(listening.socket()).await.unwrap();
        stream.write_all(junk).await.unwrap();
        stream.shutdown().await.unwrap();
        ends(&mut stream).await;
    }
    assert!(check(channel).await.is_ok());
    assert!(check(listening.listed()).await.is_ok());
}

#[tokio::test]
async fn junk_inside_tls_ends_that_connection_only() {
    let listening = Listening::exchange().await;
    let client = listening.place.good(LISTED);
    let mut raw = RawClient::tls(listening.socket(), &listening.place.pki, Some(&client))
        .await
        .unwrap();
    raw.stream.write_all(&[0xFF; 4096]).await.unwrap();
    while tokio::time::timeout(AT_ONCE, raw.next_frame()).await.unwrap().is_some() {}
    assert!(check(listening.listed()).await.is_ok());
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let listening = Listening::exchange().await;
    let client = listening.place.good(LISTED);
    let old = client_config(&listening.place.pki, Some(&client), &[&rustls::version::TLS12]);
    assert!(RawClient::tls_with(listening.socket(), old).await.is_err());
}

#[tokio::test]
async fn no_session_tickets_are_given() {
    let listening = Listening::exchange().await;
    let client = listening.place.good(LISTED);
    let mut raw = RawClient::http2(listening.socket(), &listening.place.pki, &client).await;
    raw.next_frame()
        .await
        .expect("the server's settings, sent after the tickets would have been");
    assert_eq!(raw.stream.get_ref().1.tls13_tickets_received(), 0);
}

#[tokio::test]
async fn without_a_certificate_there_is_no_connection() {
    let listening = Listening::exchange().await;
    let mut raw = RawClient::tls(listening.socket(), &listening.place.pki, None)
        .await
        .unwrap();
    // With TLS 1.3 the client learns it when it reads.
    assert!(tokio::time::timeout(AT_ONCE, raw.next_frame()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_connection_over_the_limit_waits_until_another_ends() {
    let limits = ServeLimits {
        connections: 1,
        ..ServeLimits::default()
    };
    let listening = Listening::exchange_with(limits, Arc::new(SystemClock)).await;
    let first = listening.listed();
    check(first.clone()).await.unwrap();
    let second = tokio::spawn(check(listening.listed()));
    drop(first);
    assert!(second.await.unwrap().is_ok());
}
