//! What is believed, and what is not.

mod certificates;
mod jws;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{test_pki::*, *};
use crate::domain::digest::Digest;
use crate::domain::jws::{InvalidSigner, JwsError};

fn verify(pki: &TestPki, jws: &str) -> Result<ReceiptClaims, ReceiptError> {
    pki.verifier()
        .verify(jws, &pair(), signed_at())
        .map(VerifiedReceipt::into_claims)
}

/// A receipt with this header and the payload of a good one, signed by the key of the certificate.
fn with_header(signer: &TestSigner, header: &Value) -> String {
    let payload = payload_of(&signer.sign(&claims()));
    signer.forge(header.to_string().as_bytes(), payload.to_string().as_bytes())
}

fn altered(mut header: Value, member: &str, value: Value) -> Value {
    header[member] = value;
    header
}

#[test]
fn a_receipt_of_either_algorithm_says_what_was_signed() {
    let pki = TestPki::new();
    for signer in [pki.p256(RECEIVER), pki.rsa(RECEIVER)] {
        let receipt = signer.sign(&claims());
        let verified = pki.verifier().verify(receipt.as_str(), &pair(), signed_at()).unwrap();
        assert_eq!(verified.claims(), &claims());
        assert_eq!(verified.sha256(), Digest::of(receipt.as_str().as_bytes()));
        assert_eq!(verified.sha256(), receipt.sha256());
    }
}

#[test]
fn the_payload_has_the_members_of_the_protocol() {
    let receipt = TestPki::new().p256(RECEIVER).sign(&claims());
    let expected = json!({
        "ver": 1,
        "sender": SENDER,
        "receiver": RECEIVER,
        "seq": 1,
        "prev": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "time": "2026-03-01T10:15:30.123456Z",
        "level": "assigned",
        "transmission": "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20",
        "report": "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b21",
        "child": "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b22",
        "digest": Digest::of(b"content").to_string(),
        "stated_by": {"kind": "person", "role": "intake_leader", "staff": "leader-1"},
        "assigned_to": {"role": "caseworker", "staff": "caseworker-7"},
        "software": {"name": "framme-receiver", "version": "0.1.0"},
    });
    assert_eq!(payload_of(&receipt), expected);
}

#[test]
fn the_header_of_the_tests_is_the_one_that_the_signer_writes() {
    let signer = TestPki::new().p256(RECEIVER);
    let receipt = signer.sign(&claims());
    let header = URL_SAFE_NO_PAD
        .decode(receipt.as_str().split('.').next().unwrap())
        .unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&header).unwrap(),
        signer.header("ES256")
    );
}

#[test]
fn a_signature_of_another_key_is_refused() {
    let pki = TestPki::new();
    let (honest, other) = (pki.p256(RECEIVER), pki.p256(RECEIVER));
    let forged = with_header(&other, &honest.header("ES256"));
    assert_eq!(verify(&pki, &forged), Err(ReceiptError::Jws(JwsError::BadSignature)));
}

#[test]
fn a_receipt_of_another_organisation_is_refused_however_well_it_is_signed() {
    let pki = TestPki::new();
    let other = pki.p256(OTHER);
    let payload = payload_of(&pki.p256(RECEIVER).sign(&claims()));
    let forged = other.forge(
        other.header("ES256").to_string().as_bytes(),
        payload.to_string().as_bytes(),
    );
    assert_eq!(verify(&pki, &forged), Err(ReceiptError::Jws(JwsError::WrongSigner)));
}

#[test]
fn a_receipt_of_another_pair_is_refused() {
    let pki = TestPki::new();
    let receipt = pki.p256(RECEIVER).sign(&claims());
    let other = Pair {
        sender: organisation(OTHER),
        ..pair()
    };
    let verdict = pki.verifier().verify(receipt.as_str(), &other, signed_at());
    assert_eq!(verdict, Err(ReceiptError::WrongPair));
}

#[test]
fn a_receipt_that_was_verified_before_is_judged_anew_by_everything_but_its_signature() {
    let pki = TestPki::new();
    let verifier = ReceiptVerifier::new(pki.trust_with_lists(&[], 6));
    let receipt = pki.p256(RECEIVER).sign(&claims());
    let verdict = |pair: Pair, at: Timestamp| {
        verifier
            .verify(receipt.as_str(), &pair, at)
            .map(VerifiedReceipt::into_claims)
    };
    let (swapped, other_sender) = (
        Pair {
            sender: pair().receiver,
            receiver: pair().sender,
        },
        Pair {
            sender: organisation(OTHER),
            ..pair()
        },
    );
    for _ in 0..2 {
        assert_eq!(verdict(pair(), signed_at()), Ok(claims()));
        assert_eq!(
            verdict(swapped, signed_at()),
            Err(ReceiptError::Jws(JwsError::WrongSigner))
        );
        assert_eq!(verdict(other_sender, signed_at()), Err(ReceiptError::WrongPair));
        let early = signed_at() - SignedDuration::from_hours(48);
        assert_eq!(verdict(pair(), early), Err(ReceiptError::InFuture));
        let late = "2026-07-01T00:00:00Z".parse().unwrap();
        assert_eq!(
            verdict(pair(), late),
            Err(ReceiptError::Jws(JwsError::RevocationListExpired))
        );
    }
}

#[test]
fn a_receipt_from_an_absurd_future_is_refused_and_a_clock_a_little_ahead_is_not() {
    let pki = TestPki::new();
    let receipt = pki.p256(RECEIVER).sign(&claims());
    let verdict = |behind: SignedDuration| {
        pki.verifier()
            .verify(receipt.as_str(), &pair(), signed_at() - behind)
            .map(VerifiedReceipt::into_claims)
    };
    assert_eq!(verdict(SignedDuration::from_hours(24)), Ok(claims()));
    assert_eq!(
        verdict(SignedDuration::from_secs(24 * 3600 + 1)),
        Err(ReceiptError::InFuture)
    );
}

#[test]
fn header_and_claims_must_state_the_same_second() {
    let pki = TestPki::new();
    let signer = pki.p256(RECEIVER);
    let header = altered(signer.header("ES256"), "iat", json!(signed_at().as_second() + 1));
    assert_eq!(
        verify(&pki, &with_header(&signer, &header)),
        Err(ReceiptError::TimeMismatch)
    );
}

#[test]
fn certificate_and_key_of_a_signer_must_belong_together() {
    let pki = TestPki::new();
    let (one, other) = (pki.p256(RECEIVER), pki.p256(RECEIVER));
    let rsa = pki.rsa(RECEIVER);
    let mixed = |key: &TestSigner| ReceiptSigner::new(&one.certificates, &key.key_der()).err();
    assert_eq!(mixed(&one), None);
    assert_eq!(mixed(&other), Some(InvalidSigner::KeyMismatch));
    assert_eq!(mixed(&rsa), Some(InvalidSigner::Key));
    assert_eq!(ReceiptSigner::from_pem(b"", b"").err(), Some(InvalidSigner::Key));
}

#[test]
fn a_signer_speaks_for_its_own_organisation_only() {
    let signer = TestPki::new().p256(OTHER).signer().unwrap();
    assert_eq!(signer.sign(&claims()), Err(SignError::WrongOrganisation));
}
