//! Receipts against `jose`, a JOSE library in another language: it believes ours, and ours believes its.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use framme_demo::pki::{Enterprise, Issued, KeyKind, Pki, synthetic_organisation};
use framme_shared::domain::{
    digest::Digest,
    ids::{ChildId, ReportId, TransmissionId},
    jws::TrustedIssuers,
    receipt::{Pair, ReceiptClaims, ReceiptSigner, ReceiptVerifier, SignedReceipt, Software, StatedBy, Statement},
    staff_id::StaffId,
    staff_role::{StaffReference, StaffRole},
};
use jiff::Timestamp;
use serde_json::{Value, json};

fn time() -> Timestamp {
    "2026-03-01T10:15:30.123456Z".parse().unwrap()
}

fn pair() -> Pair {
    Pair {
        sender: synthetic_organisation(0),
        receiver: synthetic_organisation(1),
    }
}

fn staff(role: StaffRole, id: &str) -> StaffReference {
    StaffReference {
        role,
        staff: StaffId::parse(id).unwrap(),
    }
}

fn claims() -> ReceiptClaims {
    ReceiptClaims {
        pair: pair(),
        sequence: 1,
        previous: Digest::ZERO,
        time: time(),
        transmission: TransmissionId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap(),
        report: ReportId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b21").unwrap(),
        child: Some(ChildId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b22").unwrap()),
        digest: Digest::of(b"content"),
        stated_by: StatedBy::Person(staff(StaffRole::IntakeLeader, "leader-1")),
        statement: Statement::Assigned(staff(StaffRole::Caseworker, "caseworker-7")),
        software: Software {
            name: "framme-receiver".to_owned(),
            version: "0.1.0".to_owned(),
        },
    }
}

/// A receiver's certificate per algorithm, and the trust that accepts both.
fn receivers() -> (Vec<(&'static str, Issued)>, ReceiptVerifier) {
    let pki = Pki::new(time()).unwrap();
    let issue = |key| {
        let request = Enterprise {
            key,
            ..Enterprise::new("Example child welfare service", pair().receiver)
        };
        pki.issue(&request).unwrap()
    };
    let issued = vec![("ES256", issue(KeyKind::EcdsaP256)), ("PS256", issue(KeyKind::Rsa3072))];
    let trust = TrustedIssuers::from_pem(pki.trust_pem().as_bytes(), b"").unwrap();
    (issued, ReceiptVerifier::new(trust))
}

fn signed_by(issued: &Issued) -> SignedReceipt {
    let signer = ReceiptSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes()).unwrap();
    signer.sign(&claims()).unwrap()
}

/// What `tests/node/receipts.mjs` answers.
fn node(asked: &Value) -> Value {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let packages = tests.join("../target/tests/node");
    assert!(
        packages.join("node_modules/jose").is_dir(),
        "the node packages are missing: tests/run installs them"
    );
    let mut child = Command::new("node")
        .args([tests.join("node/receipts.mjs"), packages])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is missing: tests/run installs it");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(asked.to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "receipts.mjs failed; its message stands above");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (question, its_answer) in [("verify", "verified"), ("sign", "signed")] {
        assert_eq!(
            answer[its_answer].as_array().map(Vec::len),
            asked[question].as_array().map(Vec::len)
        );
    }
    answer
}

#[test]
fn jose_believes_our_receipts_and_reads_the_same_claims() {
    let (issued, _) = receivers();
    let receipts: Vec<_> = issued
        .iter()
        .map(|(_, issued)| signed_by(issued).into_string())
        .collect();
    let answer = node(&json!({"verify": receipts, "sign": []}));
    for ((algorithm, _), verified) in issued.iter().zip(answer["verified"].as_array().unwrap()) {
        assert_eq!(verified["header"]["alg"], *algorithm);
        assert_eq!(verified["header"]["typ"], "framme-receipt+jws");
        assert_eq!(verified["header"]["iat"], time().as_second());
        assert_eq!(verified["payload"]["level"], "assigned");
        assert_eq!(verified["payload"]["receiver"], pair().receiver.as_str());
        assert_eq!(
            verified["payload"]["assigned_to"],
            json!({"role": "caseworker", "staff": "caseworker-7"})
        );
        assert_eq!(verified["payload"]["digest"], Digest::of(b"content").to_string());
    }
}

#[test]
fn jose_refuses_our_receipt_once_a_claim_is_changed() {
    let (issued, _) = receivers();
    let altered: Vec<_> = issued
        .iter()
        .map(|(_, issued)| {
            let receipt = signed_by(issued).into_string();
            let (header, rest) = receipt.split_once('.').unwrap();
            let (payload, signature) = rest.split_once('.').unwrap();
            let other = if payload.ends_with('Q') { 'R' } else { 'Q' };
            format!("{header}.{}{other}.{signature}", &payload[..payload.len() - 1])
        })
        .collect();
    let answer = node(&json!({"verify": altered, "sign": []}));
    for verified in answer["verified"].as_array().unwrap() {
        assert_eq!(verified["error"], "ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
    }
}

#[test]
fn we_believe_a_receipt_that_jose_has_signed() {
    let (issued, verifier) = receivers();
    let asked: Vec<_> = issued
        .iter()
        .map(|(algorithm, issued)| {
            json!({"header": header(algorithm, issued), "payload": payload(), "key": issued.key_pem})
        })
        .collect();
    let answer = node(&json!({"verify": [], "sign": asked}));
    for receipt in answer["signed"].as_array().unwrap() {
        let verified = verifier.verify(receipt.as_str().unwrap(), &pair(), time()).unwrap();
        assert_eq!(verified.claims(), &claims());
    }
}

/// The header that `docs/protocol.md` asks of a receiver.
fn header(algorithm: &str, issued: &Issued) -> Value {
    let certificates = issued.chain_pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    let base64 = |pem: &str| {
        pem.split("-----END")
            .next()
            .unwrap()
            .split_whitespace()
            .collect::<String>()
    };
    json!({
        "alg": algorithm,
        "typ": "framme-receipt+jws",
        "cty": "json",
        "x5t#S256": Digest::of(&issued.leaf_der).to_string(),
        "x5c": certificates.map(base64).collect::<Vec<_>>(),
        "iat": time().as_second(),
    })
}

/// The claims of [`claims`], as somebody else would write them: in another order, with a member of their own.
fn payload() -> Value {
    json!({
        "example_extension": true,
        "level": "assigned",
        "assigned_to": {"staff": "caseworker-7", "role": "caseworker"},
        "stated_by": {"kind": "person", "role": "intake_leader", "staff": "leader-1"},
        "child": "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b22",
        "report": "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b21",
        "transmission": "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20",
        "digest": Digest::of(b"content"),
        "prev": Digest::ZERO,
        "seq": 1,
        "time": "2026-03-01T10:15:30.123456Z",
        "sender": pair().sender,
        "receiver": pair().receiver,
        "software": {"name": "framme-receiver", "version": "0.1.0"},
        "ver": 1,
    })
}
