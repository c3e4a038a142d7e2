//! What the police organisation signs.

use framme_demo::pki;
use framme_sender::signing::{Signing, SigningError};
use framme_shared::domain::{
    jws::{JwsVerifier, Kind, TrustedIssuers},
    organisation::OrganisationNumber,
};
use framme_tests::database::TestDatabase;
use jiff::Timestamp;

use super::stage::Stage;

framme_tests::on_both_databases! {
    a_renewed_certificate_signs_what_comes_after_and_what_was_signed_stays_valid,
}

async fn a_renewed_certificate_signs_what_comes_after_and_what_was_signed_stays_valid(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let now = stage.context.clock.now();
    let trust = TrustedIssuers::from_pem(stage.pki.trust_pem().as_bytes(), b"").unwrap();
    let verifier = JwsVerifier::new(trust);
    let signing = &stage.context.signing;
    let sign = |text: &[u8]| signing.sign(Kind::Figures, now.as_second(), text).unwrap();

    let before = sign(b"before");
    assert!(!signing.reload().unwrap());
    renew(&stage, pki::POLICE_DISTRICT.number());
    assert!(signing.reload().unwrap());
    let after = sign(b"after");

    assert_ne!(header(&before), header(&after));
    for text in [before, after] {
        assert_eq!(signer(&verifier, &text, now), stage.context.organisation);
    }
}

/// No database: what the files say is all that counts.
#[tokio::test]
async fn a_certificate_of_another_organisation_does_not_sign_for_this_one() {
    let pki = pki::Pki::new("2026-03-02T08:00:00Z".parse().unwrap()).unwrap();
    let folder = framme_tests::database::Folder::new("signing");
    let issued = pki.enterprise(pki::RECEIVERS[0].number()).unwrap();
    let files = pki::install(&pki, &issued, folder.path(), folder.path(), &[]).unwrap();
    let loaded = Signing::load(files.certificate, files.key, pki::POLICE_DISTRICT.number());
    assert!(matches!(loaded, Err(SigningError::Organisation { .. })));
}

fn renew(stage: &Stage, organisation: OrganisationNumber) {
    let issued = stage.pki.enterprise(organisation).unwrap();
    let folder = stage.tls.certificate.parent().unwrap();
    pki::install(&stage.pki, &issued, folder, stage.tls.trust.parent().unwrap(), &[]).unwrap();
}

fn header(text: &str) -> &str {
    text.split('.').next().unwrap()
}

fn signer(verifier: &JwsVerifier, text: &str, at: Timestamp) -> OrganisationNumber {
    verifier.verify(text, Kind::Figures, None, at).unwrap().signer
}
