//! Certificates, trust and revocation lists change while the process runs (finding F3).

use std::{process::Command, sync::Arc, time::Duration};

use framme_demo::pki;
use framme_shared::runtime::{
    clock::{ManualClock, SystemClock},
    connect::{CallFailure, CertificateFault, classify},
    serve::ServeLimits,
    shutdown::Shutdown,
    tls::Reload,
};
use jiff::Timestamp;
use tonic::Code;

use crate::listening::{LISTED, Listening, Place, RawClient, SERVER, check, end_of, watch};

const NOON: &str = "2026-03-01T12:00:00Z";
const OURS_REFUSED: CallFailure = CallFailure::Certificate(CertificateFault::OursRefused);

#[tokio::test]
async fn a_revoked_peer_loses_its_open_connection_and_gets_no_new_one() {
    let listening = Listening::exchange().await;
    let (revoked, kept) = (listening.place.good(LISTED), listening.place.good(LISTED));
    let (revoked_channel, _) = listening.connect(&revoked);
    let (kept_channel, _) = listening.connect(&kept);
    let mut revoked_stream = watch(revoked_channel.clone()).await;
    let _kept_stream = watch(kept_channel.clone()).await;

    listening.place.revoke(&[&revoked]);
    let reload = listening.tls.reload().unwrap();

    assert_eq!(
        reload,
        Reload {
            changed: true,
            closed: 1
        }
    );
    assert_ne!(end_of(&mut revoked_stream).await, Code::Ok);
    let refused = check(revoked_channel).await.unwrap_err();
    assert_eq!(classify(&refused), OURS_REFUSED, "{refused:?}");
    assert!(check(kept_channel).await.is_ok());
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_at_the_handshake() {
    let listening = Listening::exchange().await;
    let revoked = listening.place.good(LISTED);
    listening.place.revoke(&[&revoked]);
    listening.tls.reload().unwrap();
    let refused = check(listening.connect(&revoked).0).await.unwrap_err();
    assert_eq!(classify(&refused), OURS_REFUSED, "{refused:?}");
}

#[tokio::test]
async fn a_peer_whose_authority_is_not_trusted_any_more_loses_its_open_connection() {
    let listening = Listening::exchange().await;
    let mut stream = watch(listening.listed()).await;
    let other = Place::new(Arc::new(SystemClock));
    let own = other.issue_server();
    pki::install(
        &other.pki,
        &own,
        &listening.place.path("server"),
        &listening.place.path("."),
        &[],
    )
    .unwrap();
    assert_eq!(listening.tls.reload().unwrap().closed, 1);
    assert_ne!(end_of(&mut stream).await, Code::Ok);
}

#[tokio::test]
async fn a_client_leaves_a_server_that_was_revoked() {
    let listening = Listening::exchange().await;
    let server = listening.place.issue_server();
    let (channel, store) = listening.connect(&listening.place.good(LISTED));
    std::fs::write(listening.place.path("server/certificate.pem"), &server.chain_pem).unwrap();
    std::fs::write(listening.place.path("server/key.pem"), &server.key_pem).unwrap();
    listening.tls.reload().unwrap();
    let mut stream = watch(channel.clone()).await;

    listening.place.revoke(&[&server]);
    assert_eq!(store.reload().unwrap().closed, 1);

    assert_ne!(end_of(&mut stream).await, Code::Ok);
    let refused = check(channel).await.unwrap_err();
    let fault = CallFailure::Certificate(CertificateFault::TheirsRefused);
    assert_eq!(classify(&refused), fault, "{refused:?}");
}

#[tokio::test]
async fn a_new_own_certificate_is_presented_without_a_restart() {
    let listening = Listening::exchange().await;
    let (client, renewed) = (listening.place.good(LISTED), listening.place.issue_server());
    let stays = listening.listed();
    let _open = watch(stays.clone()).await;
    listening.place.install("server", &renewed);
    listening.tls.reload().unwrap();

    let fresh = RawClient::tls(listening.socket(), &listening.place.pki, Some(&client))
        .await
        .unwrap();
    let presented = fresh.stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    assert_eq!(presented, renewed.leaf_der);
    assert!(check(stays).await.is_ok(), "who was connected before stays connected");
}

#[tokio::test]
async fn a_reload_that_fails_changes_nothing() {
    let listening = Listening::exchange().await;
    let channel = listening.listed();
    let mut stream = watch(channel.clone()).await;
    std::fs::write(listening.place.path("trust.pem"), "no certificate").unwrap();
    assert!(listening.tls.reload().is_err());
    let other = listening.place.good(LISTED);
    let fresh = RawClient::tls(listening.socket(), &listening.place.pki, Some(&other)).await;
    assert!(fresh.is_ok());
    assert!(check(channel).await.is_ok());
    let nothing = tokio::time::timeout(Duration::from_millis(1), stream.message()).await;
    assert!(nothing.is_err(), "the open stream goes on");
}

#[tokio::test]
async fn a_certificate_and_key_that_do_not_belong_together_are_not_taken() {
    let place = Place::new(Arc::new(SystemClock));
    let store = place.store("server", &place.good(SERVER));
    std::fs::write(place.path("server/key.pem"), place.good(SERVER).key_pem).unwrap();
    assert!(store.reload().is_err());
}

#[tokio::test]
async fn changed_files_are_found_by_looking_at_every_interval() {
    let clock = Arc::new(ManualClock::new(NOON.parse().unwrap()));
    let listening = Listening::exchange_with(ServeLimits::default(), clock.clone()).await;
    let client = listening.place.good(LISTED);
    let mut stream = watch(listening.connect(&client).0).await;
    let shutdown = Shutdown::new();
    let already = clock.sleeping();
    let watching = tokio::spawn(Arc::clone(&listening.tls).watch(Duration::from_secs(30), shutdown.clone()));
    clock.wait_for_sleeping(already + 1).await;

    listening.place.revoke(&[&client]);
    clock.advance(Duration::from_secs(30));

    assert_ne!(end_of(&mut stream).await, Code::Ok);
    shutdown.stop();
    watching.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_hangup_signal_reloads() {
    let clock = Arc::new(ManualClock::new(NOON.parse::<Timestamp>().unwrap()));
    let listening = Listening::exchange_with(ServeLimits::default(), clock.clone()).await;
    let client = listening.place.good(LISTED);
    let mut stream = watch(listening.connect(&client).0).await;
    let shutdown = Shutdown::new();
    let already = clock.sleeping();
    let watching = tokio::spawn(Arc::clone(&listening.tls).watch(Duration::from_secs(30), shutdown.clone()));
    clock.wait_for_sleeping(already + 1).await;

    listening.place.revoke(&[&client]);
    let sent = Command::new("kill")
        .args(["-HUP", &std::process::id().to_string()])
        .status();
    assert!(sent.unwrap().success());

    assert_ne!(end_of(&mut stream).await, Code::Ok);
    shutdown.stop();
    watching.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_certificate_that_expires_while_connected_is_found_by_looking() {
    let clock = Arc::new(ManualClock::new(NOON.parse().unwrap()));
    let limits = ServeLimits {
        connection_age: Duration::from_secs(100 * 86_400),
        ..ServeLimits::default()
    };
    let listening = Listening::exchange_with(limits, clock.clone()).await;
    let short = listening.place.issue(|request| pki::Enterprise {
        validity: pki::Validity {
            from_day: -1,
            to_day: 2,
        },
        ..request
    });
    let mut stream = watch(listening.connect(&short).0).await;
    assert_eq!(listening.tls.reload().unwrap().closed, 0);
    clock.advance(Duration::from_secs(2 * 86_400));
    assert_eq!(
        listening.tls.reload().unwrap(),
        Reload {
            changed: false,
            closed: 1
        }
    );
    assert_ne!(end_of(&mut stream).await, Code::Ok);
}
