//! Whose certificate signs: its authority, its validity, its organisation, its key.

use jiff::Timestamp;
use rcgen::{KeyPair, KeyUsagePurpose, date_time_ymd};

use super::{super::test_pki::*, super::*, verify};
use crate::domain::certificate::CertificateError;
use crate::domain::jws::{InvalidSigner, JwsError};

#[test]
fn a_certificate_of_another_root_is_refused() {
    let (ours, theirs) = (TestPki::new(), TestPki::new());
    let receipt = theirs.p256(RECEIVER).sign(&claims());
    assert!(matches!(
        verify(&ours, receipt.as_str()),
        Err(ReceiptError::Jws(JwsError::Untrusted(_)))
    ));
}

#[test]
fn a_path_with_a_certificate_missing_is_refused() {
    let pki = TestPki::new();
    let mut signer = pki.p256(RECEIVER);
    signer.certificates.truncate(1);
    let receipt = signer.sign(&claims());
    assert!(matches!(
        verify(&pki, receipt.as_str()),
        Err(ReceiptError::Jws(JwsError::Untrusted(_)))
    ));
}

#[test]
fn a_certificate_must_be_valid_when_the_receipt_is_made() {
    let pki = TestPki::new();
    let signer = pki.p256(RECEIVER);
    let verifier = pki.verifier();
    let mut outside = claims();
    for time in ["2025-12-31T23:59:59.999999Z", "2027-01-01T00:00:01.000000Z"] {
        outside.time = time.parse().unwrap();
        let receipt = signer.sign(&outside);
        let at = "2027-06-01T00:00:00Z".parse().unwrap();
        // The second round meets a verifier that has accepted the certificate for another time.
        for _ in 0..2 {
            let refused = verifier.verify(receipt.as_str(), &pair(), at);
            assert!(
                matches!(refused, Err(ReceiptError::Jws(JwsError::Untrusted(_)))),
                "{time}"
            );
            assert!(verifier.verify(signer.sign(&claims()).as_str(), &pair(), at).is_ok());
        }
    }
}

#[test]
fn a_renewed_certificate_leaves_the_receipts_of_the_old_one_good() {
    let pki = TestPki::new();
    let mut renewed = enterprise(RECEIVER);
    renewed.not_before = date_time_ymd(2026, 12, 1);
    renewed.not_after = date_time_ymd(2027, 12, 31);
    let (old, new) = (pki.p256(RECEIVER), pki.issue(renewed, KeyPair::generate().unwrap()));

    let first = old.sign(&claims());
    let second = new.sign(&ReceiptClaims {
        sequence: 2,
        previous: first.sha256(),
        time: "2027-02-01T00:00:00Z".parse().unwrap(),
        ..claims()
    });
    let at: Timestamp = "2027-02-02T00:00:00Z".parse().unwrap();
    let verifier = pki.verifier();
    let head = [first, second].iter().try_fold(ChainHead::START, |head, receipt| {
        head.follow(&verifier.verify(receipt.as_str(), &pair(), at).unwrap())
    });
    assert_eq!(head.map(|head| head.sequence()), Ok(2));
}

#[test]
fn a_revoked_certificate_is_refused_and_another_of_the_issuer_is_not() {
    let pki = TestPki::new();
    let receipt = pki.p256(RECEIVER).sign(&claims());
    let judge = |revoked: &[u64]| {
        let verifier = ReceiptVerifier::new(pki.trust_with_lists(revoked, 6));
        verifier
            .verify(receipt.as_str(), &pair(), signed_at())
            .map(VerifiedReceipt::into_claims)
    };
    assert_eq!(judge(&[77]), Err(ReceiptError::Jws(JwsError::Revoked)));
    assert_eq!(judge(&[78]), Ok(claims()));
}

#[test]
fn a_revocation_list_out_of_date_is_our_fault_and_judges_nobody() {
    let pki = TestPki::new();
    let receipt = pki.p256(RECEIVER).sign(&claims());
    let verifier = ReceiptVerifier::new(pki.trust_with_lists(&[], 6));
    assert!(verifier.verify(receipt.as_str(), &pair(), signed_at()).is_ok());
    let later = "2026-07-01T00:00:00Z".parse().unwrap();
    let refused = verifier.verify(receipt.as_str(), &pair(), later).unwrap_err();
    assert_eq!(refused, ReceiptError::Jws(JwsError::RevocationListExpired));
    assert!(refused.is_ours());
}

#[test]
fn a_certificate_that_names_no_organisation_or_two_is_refused() {
    let pki = TestPki::new();
    let mut nobody = enterprise(RECEIVER);
    nobody
        .distinguished_name
        .remove(rcgen::DnType::from_oid(&[2, 5, 4, 97]));
    let mut two = enterprise(RECEIVER);
    two.distinguished_name
        .push(rcgen::DnType::from_oid(&[2, 5, 4, 5]), OTHER);
    for (params, expected) in [
        (nobody, CertificateError::NoOrganisation),
        (two, CertificateError::Disagreement),
    ] {
        let signer = pki.issue(params, KeyPair::generate().unwrap());
        let payload = payload_of(&pki.p256(RECEIVER).sign(&claims())).to_string();
        let forged = signer.forge(signer.header("ES256").to_string().as_bytes(), payload.as_bytes());
        assert_eq!(verify(&pki, &forged), Err(JwsError::from(expected).into()));
        assert_eq!(signer.signer().err(), Some(expected.into()));
    }
}

#[test]
fn a_key_that_may_not_sign_or_of_another_kind_signs_no_receipts() {
    let pki = TestPki::new();
    let mut encryption = enterprise(RECEIVER);
    encryption.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    let signer = pki.issue(encryption, KeyPair::generate().unwrap());
    assert_eq!(signer.signer().err(), Some(InvalidSigner::UnusableKey));
    let payload = payload_of(&pki.p256(RECEIVER).sign(&claims())).to_string();
    let forged = signer.forge(signer.header("ES256").to_string().as_bytes(), payload.as_bytes());
    assert_eq!(verify(&pki, &forged), Err(ReceiptError::Jws(JwsError::UnusableKey)));

    for algorithm in [&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
        let signer = pki.issue(enterprise(RECEIVER), KeyPair::generate_for(algorithm).unwrap());
        assert_eq!(signer.signer().err(), Some(InvalidSigner::UnusableKey));
    }
}
