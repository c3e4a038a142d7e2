//! The rules of holdings, for whoever writes and for whoever reads.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{claims::*, json as payload};
use crate::domain::{
    digest::Digest,
    ids::{AttachmentId, ChildId, TransmissionId},
    lifecycle::Stage,
    organisation::OrganisationNumber,
    receipt::{Pair, Software},
    staff_id::StaffId,
};

const ONE: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20";
const OTHER: &str = "76b7cf28-8bc9-59f4-9134-0894e0d7d8b7";

fn held() -> Held {
    Held {
        digest: Digest::of(b"content"),
        receipts: 2,
        last: Some(LastReceipt {
            sequence: 9,
            sha256: Digest::of(b"receipt"),
        }),
        children: vec![HeldChild {
            child: ChildId::parse(ONE).unwrap(),
            stage: Some(Stage::Assigned),
            staff: Some(StaffId::parse("caseworker-7").unwrap()),
        }],
        files: Some(vec![HeldFile {
            attachment: AttachmentId::parse(ONE).unwrap(),
            digest: Digest::of(b"file"),
        }]),
    }
}

fn holding() -> Holding {
    let found = |id, presence| Found {
        transmission: TransmissionId::parse(id).unwrap(),
        presence,
    };
    Holding {
        pair: Pair {
            sender: OrganisationNumber::parse("974761076").unwrap(),
            receiver: OrganisationNumber::parse("123456785").unwrap(),
        },
        time: "2026-03-01T10:15:30.123456Z".parse::<Timestamp>().unwrap(),
        nonce: Digest::of(b"nonce"),
        software: Software {
            name: "framme-receiver".to_owned(),
            version: "0.1.0".to_owned(),
        },
        found: vec![
            found(ONE, Presence::Held(held())),
            found(OTHER, Presence::Missing),
            found("0c9e4d0e-6c1f-4a56-8f0e-2f6f3a7f4b10", Presence::Damaged),
        ],
    }
}

fn written() -> Value {
    serde_json::from_slice(&payload::write(&holding()).unwrap()).unwrap()
}

fn read(members: &Value) -> Result<Holding, InvalidHolding> {
    payload::read(members.to_string().as_bytes())
}

/// Reads a holding whose first entry has this member instead.
fn altered(member: &str, value: Value) -> Result<Holding, InvalidHolding> {
    let mut members = written();
    members["found"][0][member] = value;
    read(&members)
}

#[test]
fn a_holding_reads_as_it_was_written() {
    assert_eq!(read(&written()), Ok(holding()));
}

#[test]
fn members_of_a_later_version_are_passed_over() {
    let mut members = written();
    members["news"] = json!([1, 2]);
    members["found"][1]["news"] = json!({"a": null});
    assert_eq!(read(&members), Ok(holding()));
}

#[test]
fn a_word_that_is_not_known_is_not_held() {
    let read = altered("is", json!("half")).unwrap();
    assert_eq!(read.found[0].presence, Presence::Unknown);
    assert_eq!(payload::write(&read), Err(InvalidHolding::Unknown));
}

#[test]
fn a_stage_that_is_not_known_is_kept_as_unknown() {
    let mut members = written();
    members["found"][0]["children"][0]["stage"] = json!("feedback_given");
    let read = read(&members).unwrap();
    let Presence::Held(held) = &read.found[0].presence else {
        panic!("it is held");
    };
    assert_eq!(held.children[0].stage, None);
}

#[test]
fn what_is_missing_carries_nothing_and_what_is_held_everything() {
    assert_eq!(altered("is", json!("missing")), Err(InvalidHolding::Members));
    for member in ["digest", "receipts", "children"] {
        let mut members = written();
        members["found"][0].as_object_mut().unwrap().remove(member);
        assert_eq!(read(&members), Err(InvalidHolding::Members), "{member}");
    }
    for member in ["digest", "last", "files"] {
        assert_eq!(altered(member, Value::Null), Err(InvalidHolding::Malformed), "{member}");
    }
}

#[test]
fn number_and_last_of_the_receipts_agree() {
    for receipts in [json!(0), json!(10)] {
        assert_eq!(altered("receipts", receipts), Err(InvalidHolding::Receipts));
    }
    let mut without = holding();
    without.found[0].presence = Presence::Held(Held { last: None, ..held() });
    assert_eq!(payload::write(&without), Err(InvalidHolding::Receipts));
}

#[test]
fn nothing_is_stated_twice() {
    let mut twice = holding();
    twice.found.push(twice.found[1].clone());
    assert_eq!(payload::write(&twice), Err(InvalidHolding::Twice));
    let mut twice = holding();
    let mut same = held();
    same.children.push(same.children[0].clone());
    twice.found[0].presence = Presence::Held(same);
    assert_eq!(payload::write(&twice), Err(InvalidHolding::Twice));
    let text = written().to_string().replacen("{\"", "{\"ver\":1,\"", 1);
    assert_eq!(payload::read(text.as_bytes()), Err(InvalidHolding::Malformed));
}

#[test]
fn another_version_or_form_of_time_is_refused() {
    let mut members = written();
    members["ver"] = json!(2);
    assert_eq!(read(&members), Err(InvalidHolding::Version));
    let mut members = written();
    members["time"] = json!("2026-03-01T10:15:30Z");
    assert_eq!(read(&members), Err(InvalidHolding::Time));
}
