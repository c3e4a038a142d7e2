//! What a statement can say, and how it is written.

use jiff::civil::date;
use serde_json::{Value, json};

use super::{
    claims::{InvalidStatement, Numbers, Receipts, StatementClaims, Transmissions, View},
    compare::{Chain, Look, Verdict, compare},
    entry::{Tally, TallyOfDay},
    json,
};
use crate::domain::{
    digest::Digest,
    organisation::OrganisationNumber,
    receipt::{Pair, Software},
};

fn tally(count: u64, of: &str) -> Tally {
    Tally {
        count,
        digest: Digest::of(of.as_bytes()),
    }
}

fn nothing() -> Tally {
    TallyOfDay::default().finish()
}

fn sender() -> StatementClaims {
    StatementClaims {
        pair: Pair {
            sender: OrganisationNumber::parse("974761076").unwrap(),
            receiver: OrganisationNumber::parse("123456785").unwrap(),
        },
        day: date(2026, 11, 24),
        time: "2026-11-25T02:00:00.000001Z".parse().unwrap(),
        transmissions: Transmissions {
            tally: tally(3, "three"),
            last: 18,
        },
        view: View::Sender {
            receipted: tally(2, "two"),
        },
        receipts: Receipts {
            last: 40,
            head: Digest::of(b"receipt 40"),
        },
        software: Software {
            name: "framme-sender".to_owned(),
            version: "0.1.0".to_owned(),
        },
    }
}

fn receiver(lacks: &[(u64, u64)]) -> StatementClaims {
    let range = |(first, last): &(u64, u64)| Numbers {
        first: *first,
        last: *last,
    };
    StatementClaims {
        transmissions: Transmissions {
            tally: tally(2, "two"),
            last: 18,
        },
        view: View::Receiver {
            lacks: lacks.iter().map(range).collect(),
        },
        ..sender()
    }
}

fn members(claims: &StatementClaims) -> Value {
    serde_json::from_slice(&json::write(claims).unwrap()).unwrap()
}

fn read(members: &Value) -> Result<StatementClaims, InvalidStatement> {
    json::read(members.to_string().as_bytes())
}

#[test]
fn claims_are_written_as_the_protocol_says_and_read_back() {
    let written = members(&sender());
    assert_eq!(written["day"], "2026-11-24");
    assert_eq!(written["from"], "2026-11-23T23:00:00.000000Z");
    assert_eq!(written["until"], "2026-11-24T23:00:00.000000Z");
    assert_eq!(written["side"], "sender");
    assert_eq!(written["receipts"]["last"], 40);
    assert!(written.get("lacks").is_none());
    let other = members(&receiver(&[(1, 1), (17, 17)]));
    assert_eq!(other["lacks"], json!([[1, 1], [17, 17]]));
    assert!(other.get("receipted").is_none());
    for claims in [sender(), receiver(&[]), receiver(&[(1, 1), (17, 17)])] {
        assert_eq!(read(&members(&claims)).unwrap(), claims);
    }
}

#[test]
fn a_day_of_nothing_is_stated_with_the_digest_of_nothing() {
    let mut claims = sender();
    claims.transmissions = Transmissions {
        tally: nothing(),
        last: 0,
    };
    claims.view = View::Sender { receipted: nothing() };
    claims.receipts = Receipts {
        last: 0,
        head: Digest::ZERO,
    };
    let written = members(&claims);
    assert_eq!(written["transmissions"]["digest"], Digest::of(b"").to_string());
    assert_eq!(read(&written).unwrap(), claims);
}

#[test]
fn what_no_statement_can_say_is_refused() {
    let with = |path: &[&str], value: Value| {
        let mut members = members(&sender());
        let place = path.iter().fold(&mut members, |at, member| &mut at[*member]);
        *place = value;
        read(&members)
    };
    let zero = Digest::ZERO.to_string();
    for (path, value, error) in [
        (&["ver"][..], json!(2), InvalidStatement::Version),
        (&["day"], json!("2026-11-25"), InvalidStatement::Day),
        (&["day"], json!("20261124"), InvalidStatement::Day),
        (&["until"], json!("2026-11-25T00:00:00.000000Z"), InvalidStatement::Day),
        (&["from"], json!("2026-11-23T23:00:00Z"), InvalidStatement::Time),
        (&["time"], json!("2026-11-24T22:59:59.999999Z"), InvalidStatement::Time),
        (&["side"], json!("receiver"), InvalidStatement::Side),
        (&["lacks"], json!([]), InvalidStatement::Side),
        (&["lacks"], json!(null), InvalidStatement::Malformed),
        (&["transmissions", "count"], json!(19), InvalidStatement::Number),
        (&["transmissions", "count"], json!(0), InvalidStatement::Digest),
        (&["transmissions", "count"], json!(1), InvalidStatement::Receipted),
        (&["receipted", "count"], json!(3), InvalidStatement::Receipted),
        (&["receipts", "head"], json!(zero), InvalidStatement::Digest),
        (&["software", "name"], json!("æ"), InvalidStatement::Software),
    ] {
        assert_eq!(with(path, value.clone()), Err(error), "{path:?} {value}");
    }
}

#[test]
fn ranges_of_lacking_numbers_are_apart_in_order_and_below_the_last() {
    for lacks in [
        &[(0, 1)][..],
        &[(2, 1)],
        &[(1, 2), (3, 3)],
        &[(5, 5), (2, 2)],
        &[(17, 18)],
    ] {
        assert_eq!(json::write(&receiver(lacks)), Err(InvalidStatement::Lacks), "{lacks:?}");
    }
    let many: Vec<(u64, u64)> = (0..101).map(|index| (2 * index + 1, 2 * index + 1)).collect();
    let mut claims = receiver(&many);
    claims.transmissions.last = 1_000;
    assert_eq!(json::write(&claims), Err(InvalidStatement::Lacks));
    let mut claims = receiver(&many[..100]);
    claims.transmissions.last = 1_000;
    assert!(json::write(&claims).is_ok());
}

fn look(chain: Chain, all: Tally, proven: Tally) -> Look {
    Look { chain, all, proven }
}

#[test]
fn what_the_receipts_prove_must_be_what_the_receiver_holds() {
    let (three, two) = (tally(3, "three"), tally(2, "two"));
    let stated = receiver(&[]);
    let by = |look| compare(&look, &stated);
    assert_eq!(by(look(Chain::Same, two, two)), Verdict::Agrees);
    assert_eq!(by(look(Chain::Same, three, two)), Verdict::OnTheWay);
    assert_eq!(by(look(Chain::Same, three, three)), Verdict::Differs);
    assert_eq!(by(look(Chain::Same, three, tally(2, "another two"))), Verdict::Differs);
    assert_eq!(by(look(Chain::Other, two, two)), Verdict::Differs);
    assert_eq!(by(look(Chain::Beyond, three, two)), Verdict::NotYet);
}

#[test]
fn what_the_sender_believes_proven_must_be_what_the_receiver_has_receipted() {
    let two = tally(2, "two");
    let by = |look| compare(&look, &sender());
    assert_eq!(by(look(Chain::Same, two, two)), Verdict::OnTheWay);
    assert_eq!(by(look(Chain::Same, two, tally(1, "one"))), Verdict::Differs);
    // A sender that names receipts which the receiver never made knows more than the receiver: it was set back.
    assert_eq!(by(look(Chain::Beyond, two, two)), Verdict::Differs);
    let mut all = sender();
    all.transmissions.tally = two;
    assert_eq!(compare(&look(Chain::Same, two, two), &all), Verdict::Agrees);
}
