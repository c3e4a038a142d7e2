//! What is believed, and what is not.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use rcgen::{KeyPair, KeyUsagePurpose, date_time_ymd};
use serde_json::{Value, json};

use super::{test_pki::*, *};
use crate::domain::{certificate::CertificateError, digest::Digest};

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
    assert_eq!(verify(&pki, &forged), Err(ReceiptError::BadSignature));
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
    assert_eq!(verify(&pki, &forged), Err(ReceiptError::WrongSigner));
}

#[test]
fn the_algorithm_follows_from_the_key_and_never_from_the_header() {
    let pki = TestPki::new();
    let (p256, rsa) = (pki.p256(RECEIVER), pki.rsa(RECEIVER));
    for algorithm in ["none", "None", "HS256", "PS256", "RS256", "ES384", "EdDSA", "es256", ""] {
        let forged = with_header(&p256, &p256.header(algorithm));
        assert_eq!(verify(&pki, &forged), Err(ReceiptError::WrongAlgorithm), "{algorithm}");
    }
    for algorithm in ["ES256", "RS256", "PS384"] {
        let forged = with_header(&rsa, &rsa.header(algorithm));
        assert_eq!(verify(&pki, &forged), Err(ReceiptError::WrongAlgorithm), "{algorithm}");
    }
}

#[test]
fn an_unsigned_receipt_and_one_keyed_with_the_public_key_are_refused() {
    let pki = TestPki::new();
    let signer = pki.p256(RECEIVER);
    let payload = payload_of(&signer.sign(&claims())).to_string();
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);

    let unsigned = format!("{}.{}.", part(&signer.header("none").to_string()), part(&payload));
    assert_eq!(verify(&pki, &unsigned), Err(ReceiptError::WrongAlgorithm));

    let signed = format!("{}.{}", part(&signer.header("HS256").to_string()), part(&payload));
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, signer.key.public_key_raw());
    let tag = aws_lc_rs::hmac::sign(&secret, signed.as_bytes());
    let keyed = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
    assert_eq!(verify(&pki, &keyed), Err(ReceiptError::WrongAlgorithm));
}

#[test]
fn an_rsa_signature_with_the_older_padding_is_refused() {
    let pki = TestPki::new();
    let rsa = pki.rsa(RECEIVER);
    let payload = payload_of(&rsa.sign(&claims())).to_string();
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(rsa.header("PS256").to_string()),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let key = aws_lc_rs::signature::RsaKeyPair::from_pkcs8(rsa.key.serialized_der()).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    key.sign(
        &aws_lc_rs::signature::RSA_PKCS1_SHA256,
        &random,
        signed.as_bytes(),
        &mut signature,
    )
    .unwrap();
    let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    assert_eq!(verify(&pki, &forged), Err(ReceiptError::BadSignature));
}

#[test]
fn thumbprint_and_certificate_must_belong_together() {
    let pki = TestPki::new();
    let (signer, other) = (pki.p256(RECEIVER), pki.p256(RECEIVER));
    let swapped = altered(signer.header("ES256"), "x5c", other.header("ES256")["x5c"].clone());
    assert_eq!(
        verify(&pki, &with_header(&signer, &swapped)),
        Err(ReceiptError::CertificateMismatch)
    );
    let swapped = altered(
        signer.header("ES256"),
        "x5t#S256",
        other.header("ES256")["x5t#S256"].clone(),
    );
    assert_eq!(
        verify(&pki, &with_header(&signer, &swapped)),
        Err(ReceiptError::CertificateMismatch)
    );
}

#[test]
fn a_critical_extension_is_refused() {
    let pki = TestPki::new();
    let signer = pki.p256(RECEIVER);
    for critical in [
        json!(["exp"]),
        json!(["b64"]),
        json!(["iat"]),
        json!([]),
        json!(["alg"]),
        json!("x"),
        Value::Null,
    ] {
        let header = altered(signer.header("ES256"), "crit", critical);
        assert_eq!(
            verify(&pki, &with_header(&signer, &header)),
            Err(ReceiptError::UnknownCritical),
            "{header}"
        );
    }
    let unencoded = altered(signer.header("ES256"), "b64", json!(false));
    assert_eq!(
        verify(&pki, &with_header(&signer, &unencoded)),
        Err(ReceiptError::UnknownCritical)
    );
}

#[test]
fn an_extension_that_is_not_critical_is_passed_over() {
    let pki = TestPki::new();
    let signer = pki.p256(RECEIVER);
    let header = altered(signer.header("ES256"), "kid", json!("2026"));
    assert_eq!(verify(&pki, &with_header(&signer, &header)), Ok(claims()));
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    let pki = TestPki::new();
    let signer = pki.p256(RECEIVER);
    let header = signer.header("ES256").to_string();
    let payload = payload_of(&signer.sign(&claims())).to_string();
    for member in [r#""alg":"ES256""#, r#""typ":"framme-receipt+jws""#, r#""iat":1"#] {
        let doubled = header.replacen('{', &format!("{{{member},"), 1);
        let forged = signer.forge(doubled.as_bytes(), payload.as_bytes());
        assert_eq!(verify(&pki, &forged), Err(ReceiptError::Malformed), "{member}");
    }
    for member in [
        r#""level":"stored""#,
        r#""seq":1"#,
        r#""child":"6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b22""#,
    ] {
        let doubled = payload.replacen('{', &format!("{{{member},"), 1);
        let forged = signer.forge(header.as_bytes(), doubled.as_bytes());
        assert_eq!(verify(&pki, &forged), Err(InvalidClaims::Malformed.into()), "{member}");
    }
}

#[test]
fn a_jws_that_was_made_for_something_else_is_refused() {
    let pki = TestPki::new();
    let signer = pki.p256(RECEIVER);
    for (member, value) in [("typ", "JWT"), ("typ", "FRAMME-RECEIPT+JWS"), ("cty", "text")] {
        let header = altered(signer.header("ES256"), member, json!(value));
        assert_eq!(
            verify(&pki, &with_header(&signer, &header)),
            Err(ReceiptError::WrongType)
        );
    }
}

#[test]
fn only_the_canonical_compact_serialisation_is_read() {
    let pki = TestPki::new();
    let good = pki.p256(RECEIVER).sign(&claims()).into_string();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    for text in [
        String::new(),
        "..".to_owned(),
        format!("{good}="),
        format!("{good}=="),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}.{signature}"),
        format!("{signed}."),
        signed.to_owned(),
        good.replacen('.', "..", 1),
        json!({"payload": good.split('.').nth(1)}).to_string(),
    ] {
        let refused = verify(&pki, &text).unwrap_err();
        assert!(
            matches!(refused, ReceiptError::Malformed | ReceiptError::BadSignature),
            "{text}: {refused}"
        );
    }
    assert_eq!(
        verify(&pki, &"a".repeat(MAX_RECEIPT_BYTES + 1)),
        Err(ReceiptError::TooLarge)
    );
}

#[test]
fn bits_beyond_the_last_byte_are_refused() {
    let pki = TestPki::new();
    let good = pki.p256(RECEIVER).sign(&claims()).into_string();
    // 64 bytes are 86 letters, of which the last holds 2 bits: four letters would decode to the same signature.
    let last = good.chars().last().unwrap();
    let same_bytes = |letter: char| {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        alphabet.find(letter).unwrap() >> 4 == alphabet.find(last).unwrap() >> 4
    };
    for letter in ('A'..='Z')
        .chain('a'..='z')
        .filter(|letter| *letter != last && same_bytes(*letter))
    {
        let text = format!("{}{letter}", &good[..good.len() - 1]);
        assert_eq!(verify(&pki, &text), Err(ReceiptError::Malformed));
    }
}

#[test]
fn a_certificate_of_another_root_is_refused() {
    let (ours, theirs) = (TestPki::new(), TestPki::new());
    let receipt = theirs.p256(RECEIVER).sign(&claims());
    assert!(matches!(
        verify(&ours, receipt.as_str()),
        Err(ReceiptError::Untrusted(_))
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
        Err(ReceiptError::Untrusted(_))
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
            assert!(matches!(refused, Err(ReceiptError::Untrusted(_))), "{time}");
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
    assert_eq!(judge(&[77]), Err(ReceiptError::Revoked));
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
    assert_eq!(refused, ReceiptError::RevocationListExpired);
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
        assert_eq!(verify(&pki, &forged), Err(expected.into()));
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
    assert_eq!(verify(&pki, &forged), Err(ReceiptError::UnusableKey));

    for algorithm in [&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
        let signer = pki.issue(enterprise(RECEIVER), KeyPair::generate_for(algorithm).unwrap());
        assert_eq!(signer.signer().err(), Some(InvalidSigner::UnusableKey));
    }
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
        assert_eq!(verdict(swapped, signed_at()), Err(ReceiptError::WrongSigner));
        assert_eq!(verdict(other_sender, signed_at()), Err(ReceiptError::WrongPair));
        let early = signed_at() - SignedDuration::from_hours(48);
        assert_eq!(verdict(pair(), early), Err(ReceiptError::InFuture));
        let late = "2026-07-01T00:00:00Z".parse().unwrap();
        assert_eq!(verdict(pair(), late), Err(ReceiptError::RevocationListExpired));
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
