//! The local listener: a unix socket, or TLS where a certificate is optional.

use std::{os::unix::fs::PermissionsExt as _, sync::Arc};

use framme_demo::pki::synthetic_organisation;
use framme_shared::{
    domain::digest::Digest,
    runtime::{
        caller::Presented,
        clock::SystemClock,
        connect::{CallFailure, CertificateFault, classify, local_channel},
        serve::Listener,
        tls::TrustFiles,
    },
};
use tokio::net::UnixListener;
use tonic::transport::Channel;

use crate::listening::{LISTED, Listening, Place, SERVER, UNLISTED, call_held, check};

const SOCKET: &str = "unix:FOLDER/local.sock";
const LOOPBACK: &str = "127.0.0.1:0";

fn trust(place: &Place) -> TrustFiles {
    TrustFiles {
        trust: place.path("trust.pem"),
        crls: vec![place.path("crls.pem")],
    }
}

fn channel(listening: &Listening, server: u32) -> Channel {
    let trust = trust(&listening.place);
    let expected = Some(synthetic_organisation(server));
    local_channel(&listening.address, Some(&trust), expected, Arc::new(SystemClock)).unwrap()
}

async fn presented(listening: &Listening, channel: Channel, token: Option<&str>) -> Presented {
    listening.held.answer(1);
    call_held(channel, token).await.unwrap();
    listening.held.begun(1).await.presented.unwrap()
}

#[tokio::test]
async fn a_unix_socket_serves_without_tls() {
    let listening = Listening::local(SOCKET).await;
    let channel = channel(&listening, SERVER);
    assert!(check(channel.clone()).await.is_ok());
    let token = presented(&listening, channel, Some("secret")).await;
    assert_eq!(token, Presented::Token(Digest::of(b"secret")));
}

#[tokio::test]
async fn a_unix_socket_is_for_owner_and_group_and_goes_with_the_listener() {
    let listening = Listening::local(SOCKET).await;
    let path = listening.place.path("local.sock");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    listening.shutdown.stop();
    listening.serving.await.unwrap().unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn a_socket_left_by_a_killed_process_is_replaced() {
    let place = Place::new(Arc::new(SystemClock));
    let path = place.path("local.sock");
    drop(UnixListener::bind(&path).unwrap());
    let address = format!("unix:{}", path.display()).parse().unwrap();
    let tls = place.store("server", &place.good(SERVER));
    assert!(Listener::local(&address, tls).await.is_ok());
}

#[tokio::test]
async fn a_socket_that_somebody_listens_on_is_not_replaced() {
    let place = Place::new(Arc::new(SystemClock));
    let path = place.path("local.sock");
    let _other = UnixListener::bind(&path).unwrap();
    let address = format!("unix:{}", path.display()).parse().unwrap();
    let tls = place.store("server", &place.good(SERVER));
    let taken = Listener::local(&address, tls).await.unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn over_tcp_a_token_needs_no_certificate() {
    let listening = Listening::local(LOOPBACK).await;
    let token = presented(&listening, channel(&listening, SERVER), Some("secret")).await;
    assert_eq!(token, Presented::Token(Digest::of(b"secret")));
}

#[tokio::test]
async fn over_tcp_a_client_certificate_proves_by_its_digest() {
    let listening = Listening::local(LOOPBACK).await;
    let client = listening.place.good(LISTED);
    let certificate = presented(&listening, listening.connect(&client).0, None).await;
    assert_eq!(certificate, Presented::Certificate(Digest::of(&client.leaf_der)));
}

#[tokio::test]
async fn over_tcp_a_revoked_client_certificate_is_refused() {
    let listening = Listening::local(LOOPBACK).await;
    let client = listening.place.good(LISTED);
    listening.place.revoke(&[&client]);
    listening.tls.reload().unwrap();
    let refused = check(listening.connect(&client).0).await.unwrap_err();
    let fault = CallFailure::Certificate(CertificateFault::OursRefused);
    assert_eq!(classify(&refused), fault, "{refused:?}");
}

#[tokio::test]
async fn who_presents_nothing_is_nobody() {
    let listening = Listening::local(SOCKET).await;
    let nobody = presented(&listening, channel(&listening, SERVER), None).await;
    assert_eq!(nobody, Presented::None);
}

#[tokio::test]
async fn a_token_is_not_sent_to_another_organisation() {
    let listening = Listening::local(LOOPBACK).await;
    let refused = call_held(channel(&listening, UNLISTED), Some("secret"))
        .await
        .unwrap_err();
    let fault = CallFailure::Certificate(CertificateFault::WrongOrganisation);
    assert_eq!(classify(&refused), fault, "{refused:?}");
    assert_eq!(listening.held.calls.borrow().begun, 0);
}

#[tokio::test]
async fn a_missing_socket_is_unavailable() {
    let place = Place::new(Arc::new(SystemClock));
    let address = format!("unix:{}", place.path("none.sock").display()).parse().unwrap();
    let channel = local_channel(&address, None, None, Arc::new(SystemClock)).unwrap();
    let failed = check(channel).await.unwrap_err();
    assert_eq!(classify(&failed), CallFailure::Unavailable, "{failed:?}");
}
