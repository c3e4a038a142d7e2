//! Its form: header, algorithm, serialisation.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{super::test_pki::*, super::*, altered, verify, with_header};
use crate::domain::jws::{JwsError, Kind};

#[test]
fn the_algorithm_follows_from_the_key_and_never_from_the_header() {
    let pki = TestPki::new();
    let (p256, rsa) = (pki.p256(RECEIVER), pki.rsa(RECEIVER));
    for algorithm in ["none", "None", "HS256", "PS256", "RS256", "ES384", "EdDSA", "es256", ""] {
        let forged = with_header(&p256, &p256.header(algorithm));
        assert_eq!(
            verify(&pki, &forged),
            Err(ReceiptError::Jws(JwsError::WrongAlgorithm)),
            "{algorithm}"
        );
    }
    for algorithm in ["ES256", "RS256", "PS384"] {
        let forged = with_header(&rsa, &rsa.header(algorithm));
        assert_eq!(
            verify(&pki, &forged),
            Err(ReceiptError::Jws(JwsError::WrongAlgorithm)),
            "{algorithm}"
        );
    }
}

#[test]
fn an_unsigned_receipt_and_one_keyed_with_the_public_key_are_refused() {
    let pki = TestPki::new();
    let signer = pki.p256(RECEIVER);
    let payload = payload_of(&signer.sign(&claims())).to_string();
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);

    let unsigned = format!("{}.{}.", part(&signer.header("none").to_string()), part(&payload));
    assert_eq!(
        verify(&pki, &unsigned),
        Err(ReceiptError::Jws(JwsError::WrongAlgorithm))
    );

    let signed = format!("{}.{}", part(&signer.header("HS256").to_string()), part(&payload));
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, signer.key.public_key_raw());
    let tag = aws_lc_rs::hmac::sign(&secret, signed.as_bytes());
    let keyed = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
    assert_eq!(verify(&pki, &keyed), Err(ReceiptError::Jws(JwsError::WrongAlgorithm)));
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
    assert_eq!(verify(&pki, &forged), Err(ReceiptError::Jws(JwsError::BadSignature)));
}

#[test]
fn thumbprint_and_certificate_must_belong_together() {
    let pki = TestPki::new();
    let (signer, other) = (pki.p256(RECEIVER), pki.p256(RECEIVER));
    let swapped = altered(signer.header("ES256"), "x5c", other.header("ES256")["x5c"].clone());
    assert_eq!(
        verify(&pki, &with_header(&signer, &swapped)),
        Err(ReceiptError::Jws(JwsError::CertificateMismatch))
    );
    let swapped = altered(
        signer.header("ES256"),
        "x5t#S256",
        other.header("ES256")["x5t#S256"].clone(),
    );
    assert_eq!(
        verify(&pki, &with_header(&signer, &swapped)),
        Err(ReceiptError::Jws(JwsError::CertificateMismatch))
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
            Err(ReceiptError::Jws(JwsError::UnknownCritical)),
            "{header}"
        );
    }
    let unencoded = altered(signer.header("ES256"), "b64", json!(false));
    assert_eq!(
        verify(&pki, &with_header(&signer, &unencoded)),
        Err(ReceiptError::Jws(JwsError::UnknownCritical))
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
        assert_eq!(
            verify(&pki, &forged),
            Err(ReceiptError::Jws(JwsError::Malformed)),
            "{member}"
        );
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
            Err(ReceiptError::Jws(JwsError::WrongType))
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
            matches!(
                refused,
                ReceiptError::Jws(JwsError::Malformed) | ReceiptError::Jws(JwsError::BadSignature)
            ),
            "{text}: {refused}"
        );
    }
    assert_eq!(
        verify(&pki, &"a".repeat(Kind::Receipt.most_bytes() + 1)),
        Err(ReceiptError::Jws(JwsError::TooLarge))
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
        assert_eq!(verify(&pki, &text), Err(ReceiptError::Jws(JwsError::Malformed)));
    }
}

#[test]
fn a_text_of_another_kind_is_no_receipt_however_well_it_is_signed() {
    let pki = TestPki::new();
    let signer = pki.p256(RECEIVER);
    let payload = payload_of(&signer.sign(&claims())).to_string();
    let second = signed_at().as_second();
    let sign = |kind| signer.signer().unwrap().jws().sign(kind, second, payload.as_bytes());
    assert!(verify(&pki, &sign(Kind::Receipt).unwrap()).is_ok());
    assert_eq!(
        verify(&pki, &sign(Kind::Statement).unwrap()),
        Err(ReceiptError::Jws(JwsError::WrongType))
    );
}
