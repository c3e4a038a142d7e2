//! Who may connect, and as whom.

use framme_demo::pki::{Enterprise, Pki, Validity, synthetic_organisation};
use framme_shared::runtime::connect::{CallFailure, CertificateFault, classify};
use tonic::Code;

use crate::listening::{LISTED, Listening, UNLISTED, call_held, check};

const OURS_REFUSED: CallFailure = CallFailure::Certificate(CertificateFault::OursRefused);

#[tokio::test]
async fn an_organisation_on_the_list_is_served_and_known_by_its_number() {
    let listening = Listening::exchange().await;
    listening.held.answer(1);
    call_held(listening.listed(), None).await.unwrap();
    let peer = listening.held.begun(1).await.peer.unwrap();
    assert_eq!(peer.organisation, synthetic_organisation(LISTED));
    assert!(peer.issuer.contains("Framme test issuing"), "{}", peer.issuer);
}

#[tokio::test]
async fn another_organisation_is_denied_whatever_it_asks_for() {
    let listening = Listening::exchange().await;
    let (channel, _) = listening.connect(&listening.place.good(UNLISTED));
    let health = check(channel.clone()).await.unwrap_err();
    let held = call_held(channel.clone(), None).await.unwrap_err();
    assert_eq!(
        (health.code(), held.code()),
        (Code::PermissionDenied, Code::PermissionDenied)
    );
    assert_eq!(health.message(), held.message());
    assert_eq!(classify(&health), CallFailure::Answered(Code::PermissionDenied));
    assert_eq!(listening.held.calls.borrow().begun, 0);
}

#[tokio::test]
async fn an_older_certificate_is_known_by_its_serial_number() {
    let listening = Listening::exchange().await;
    let older = listening.place.issue(|request| Enterprise {
        organisation: None,
        serial_number: request.organisation,
        ..request
    });
    assert!(check(listening.connect(&older).0).await.is_ok());
}

#[tokio::test]
async fn a_certificate_whose_fields_disagree_is_refused_at_the_handshake() {
    let listening = Listening::exchange().await;
    let disagreeing = listening.place.issue(|request| Enterprise {
        serial_number: Some(synthetic_organisation(UNLISTED)),
        ..request
    });
    let refused = check(listening.connect(&disagreeing).0).await.unwrap_err();
    assert_eq!(classify(&refused), OURS_REFUSED, "{refused:?}");
}

#[tokio::test]
async fn a_certificate_without_an_organisation_number_is_refused() {
    let listening = Listening::exchange().await;
    let nobody = listening.place.issue(|request| Enterprise {
        organisation: None,
        ..request
    });
    let refused = check(listening.connect(&nobody).0).await.unwrap_err();
    assert_eq!(classify(&refused), OURS_REFUSED, "{refused:?}");
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let listening = Listening::exchange().await;
    let expired = listening.place.issue(|request| Enterprise {
        validity: Validity::EXPIRED,
        ..request
    });
    let refused = check(listening.connect(&expired).0).await.unwrap_err();
    assert_eq!(classify(&refused), OURS_REFUSED, "{refused:?}");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let listening = Listening::exchange().await;
    let elsewhere = Pki::new(listening.place.clock.now()).unwrap();
    let stranger = elsewhere.enterprise(synthetic_organisation(LISTED)).unwrap();
    let refused = check(listening.connect(&stranger).0).await.unwrap_err();
    assert_eq!(classify(&refused), OURS_REFUSED, "{refused:?}");
}

#[tokio::test]
async fn a_server_of_another_organisation_gets_nothing() {
    let listening = Listening::exchange().await;
    let (channel, _) = listening.connect_expecting(&listening.place.good(LISTED), UNLISTED);
    let refused = call_held(channel, None).await.unwrap_err();
    let fault = CallFailure::Certificate(CertificateFault::WrongOrganisation);
    assert_eq!(classify(&refused), fault, "{refused:?}");
    assert_eq!(listening.held.calls.borrow().begun, 0);
}

#[tokio::test]
async fn nobody_there_is_told_from_a_refused_certificate() {
    let listening = Listening::exchange().await;
    let channel = listening.listed();
    listening.shutdown.stop();
    listening.serving.await.unwrap().unwrap();
    let failed = check(channel).await.unwrap_err();
    assert_eq!(classify(&failed), CallFailure::Unavailable, "{failed:?}");
}
