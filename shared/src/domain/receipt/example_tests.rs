//! The examples of `docs/protocol.md` are true. They also stand for every receipt that was ever made: they were signed
//! once, and no later version may stop believing them.

use jiff::Timestamp;
use serde_json::Value;

use super::{test_pki::organisation, *};
use crate::domain::jws::{Algorithm, TrustedIssuers};
use crate::domain::{digest::Digest, lifecycle::Stage, staff_role::StaffRole};

const PROTOCOL: &str = include_str!("../../../../docs/protocol.md");
const ROOT: &[u8] = include_bytes!("../../../../docs/examples/root.pem");
const STORED: &str = include_str!("../../../../docs/examples/receipt-1-stored.jws");
const ASSIGNED: &str = include_str!("../../../../docs/examples/receipt-2-assigned.jws");

fn verified(jws: &str) -> VerifiedReceipt {
    let verifier = ReceiptVerifier::new(TrustedIssuers::from_pem(ROOT, b"").unwrap());
    let pair = Pair {
        sender: organisation("310000000"),
        receiver: organisation("310000019"),
    };
    let years_later: Timestamp = "2040-01-01T00:00:00Z".parse().unwrap();
    verifier.verify(jws, &pair, years_later).unwrap()
}

fn decoded(jws: &str, part: usize) -> Value {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(jws.split('.').nth(part).unwrap());
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

/// Every block of JSON in the page that is one object.
fn printed() -> impl Iterator<Item = Value> {
    let blocks = PROTOCOL
        .split("```json\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    blocks.filter_map(|block| serde_json::from_str(block).ok())
}

#[test]
fn the_examples_verify_and_follow_each_other() {
    let (stored, assigned) = (verified(STORED), verified(ASSIGNED));
    let head = ChainHead::START
        .follow(&stored)
        .and_then(|head| head.follow(&assigned))
        .unwrap();
    assert_eq!(head.sequence(), 2);
    assert_eq!(stored.claims().statement, Statement::Stored);
    assert_eq!(stored.claims().digest, Digest::of(b"a synthetic report"));
    assert!(matches!(&assigned.claims().statement, Statement::Assigned(to) if to.role == StaffRole::Caseworker));
}

#[test]
fn the_protocol_prints_the_claims_and_the_header_of_the_examples() {
    let printed: Vec<_> = printed().collect();
    assert!(printed.contains(&decoded(ASSIGNED, 1)));
    let mut header = decoded(STORED, 0);
    for certificate in header["x5c"].as_array_mut().unwrap() {
        *certificate = format!("{}…", &certificate.as_str().unwrap()[..24]).into();
    }
    assert!(printed.contains(&header));
}

#[test]
fn the_protocol_names_every_word_that_a_receipt_can_have() {
    use crate::domain::lifecycle::{AssessmentOutcome, Conclusion, FeedbackKind, ProsecutionAnswer, RejectionReason};
    let levels = Level::ALL.iter().map(|word| word.as_str());
    let reasons = RejectionReason::ALL.iter().map(|word| word.as_str());
    let outcomes = AssessmentOutcome::ALL.iter().map(|word| word.as_str());
    let roles = StaffRole::ALL.iter().map(|word| word.as_str());
    let algorithms = Algorithm::ALL.iter().map(|word| word.as_str());
    let kinds = FeedbackKind::ALL.iter().map(|word| word.as_str());
    let conclusions = Conclusion::ALL.iter().map(|word| word.as_str());
    let answers = ProsecutionAnswer::ALL.iter().map(|word| word.as_str());
    let told = kinds.chain(conclusions).chain(answers);
    let levels = levels.chain(told);
    for word in levels.chain(reasons).chain(outcomes).chain(roles).chain(algorithms) {
        assert!(PROTOCOL.contains(&format!("`{word}`")), "{word}");
    }
    for stage in Stage::ALL {
        let row = |name: &str| PROTOCOL.contains(&format!("\n| {name} |"));
        assert!(row(stage.as_str()) || row(&format!("**{stage}**")), "{stage}");
    }
}

#[test]
fn the_protocol_names_every_reason_that_a_call_of_the_exchange_can_fail_with() {
    let reasons = include_str!("../../../../proto/framme/exchange/v1/exchange_service.proto");
    let known = include_str!("../../../../proto/framme/report/v1/error_reason.proto");
    let words = known
        .lines()
        .filter_map(|line| line.trim().strip_prefix("ERROR_REASON_")?.split(' ').next());
    let mut checked = 0;
    for word in words.filter(|word| reasons.contains(*word)) {
        assert!(PROTOCOL.contains(word), "{word}");
        checked += 1;
    }
    assert!(checked > 8);
}
