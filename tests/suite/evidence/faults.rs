//! What is found out, and how it is named.

use framme_shared::domain::{
    digest::Digest,
    evidence::{FaultCode, ListExpired, Package, Scope, verify},
    jws::{Kind, TrustedIssuers},
    receipt::{ReceiptVerifier, Statement},
};
use serde_json::json;

use super::bench::{Bench, FIRST, SECOND, at, caseworker, later, now, written};

fn codes(bench: &Bench, package: &Package) -> Vec<FaultCode> {
    bench.verify(package).faults.iter().map(|fault| fault.code).collect()
}

/// The package of the period after this was done to it.
fn changed(bench: &Bench, change: impl FnOnce(&mut Package)) -> Package {
    let mut package = bench.of_period();
    change(&mut package);
    package
}

#[test]
fn a_receipt_that_was_taken_out_is_named_with_its_number() {
    let bench = Bench::set();
    let package = changed(&bench, |package| drop(package.receipts.remove(5)));
    assert_eq!(
        bench.faults(&package),
        ["entry_removed at receipts 6", "receipts_missing"]
    );
    let verdict = bench.verify(&package);
    let missing = &verdict.faults[1];
    assert!(missing.about.contains(&("first", 6.into())) && missing.about.contains(&("last", 6.into())));
}

#[test]
fn a_package_without_its_last_receipt_the_revocation_is_found_out() {
    let bench = Bench::set();
    // Of the period: by the seal, and without it by the chain.
    let cut = |package: &mut Package| drop(package.receipts.drain(8..));
    let package = changed(&bench, cut);
    assert!(codes(&bench, &package).contains(&FaultCode::EntryRemoved));
    assert_eq!(bench.faults(&bench.sealed(package)), ["receipts_missing"]);
    // Of the report: by the seal,
    let mut package = bench.of_report(1);
    package.receipts.pop();
    assert_eq!(bench.faults(&package), ["entry_removed at receipts 5"]);
    // and when the exporter left it out itself, by what the receiver found in its storage later.
    package.signed.push(bench.holding(0, at("6T07:00"), true));
    let package = bench.sealed(package);
    assert_eq!(bench.faults(&package), ["holding_disagrees at signed 1"]);
    // With nothing later from the receiver it is not claimed that nothing came later.
    let mut package = bench.of_report(1);
    package.receipts.pop();
    let verdict = bench.verify(&bench.sealed(package));
    assert!(verdict.completeness[0].until < Some(at("4T09:00")));
}

#[test]
fn what_was_put_in_another_order_repeated_or_made_up_is_named() {
    let bench = Bench::set();
    let package = changed(&bench, |package| package.receipts.swap(4, 5));
    assert_eq!(
        bench.faults(&package),
        [
            "entries_reordered at receipts 5",
            "receipts_missing",
            "receipt_number_repeated at receipts 6",
            "receipts_missing"
        ]
    );
    let package = changed(&bench, |package| {
        package.receipts.insert(5, package.receipts[4].clone())
    });
    assert_eq!(
        bench.faults(&package),
        ["entry_repeated at receipts 6", "receipt_number_repeated at receipts 6"]
    );
    let package = changed(&bench, |package| package.receipts.push("a.b.c".to_owned()));
    assert_eq!(
        bench.faults(&package),
        ["entry_invented at receipts 11", "receipt_invalid at receipts 11"]
    );
    let package = changed(&bench, |package| package.transmissions.swap(0, 1));
    assert_eq!(bench.faults(&package), ["entries_reordered at transmissions 1"]);
}

#[test]
fn what_the_sender_says_was_sent_cannot_be_changed_afterwards() {
    let bench = Bench::set();
    let changes: [fn(&mut Package); 5] = [
        |package| package.transmissions[0].submitted = later(package.transmissions[0].submitted),
        |package| package.transmissions[0].sha256 = Digest::of(b"other"),
        |package| package.transmissions[0].children.truncate(1),
        |package| package.transmissions[0].sequence = 99,
        |package| package.transmissions[0].report = package.transmissions[1].report,
    ];
    for change in changes {
        let package = changed(&bench, change);
        assert_eq!(bench.faults(&package)[..1], ["entry_changed at transmissions 1"]);
    }
}

#[test]
fn what_a_package_is_about_cannot_be_changed_afterwards() {
    let bench = Bench::set();
    let package = changed(&bench, |package| {
        if let Scope::Period(period) = &mut package.scope {
            period.until = later(period.until);
        }
    });
    assert_eq!(codes(&bench, &package), [FaultCode::ScopeChanged]);
    let other = bench.of_report(1);
    let package = changed(&bench, |package| package.seal = other.seal);
    assert_eq!(codes(&bench, &package)[0], FaultCode::ScopeChanged);
}

#[test]
fn a_receipt_of_another_pair_is_named_as_that() {
    let bench = Bench::set();
    let other = bench.receivers[SECOND].receipts[0].2.clone();
    let package = changed(&bench, |package| package.receipts[4] = other);
    let codes = codes(&bench, &package);
    assert!(codes.contains(&FaultCode::EntryChanged) && codes.contains(&FaultCode::ReceiptOfOtherPair));
}

#[test]
fn a_sender_cannot_say_that_it_sent_something_else_than_was_receipted() {
    let bench = Bench::set();
    let package = changed(&bench, |package| package.transmissions[1].sha256 = Digest::of(b"other"));
    let found = bench.faults(&bench.sealed(package));
    assert_eq!(found[0], "receipt_digest_differs at receipts 4");
    assert_eq!(found.len(), 3, "each receipt about it: {found:?}");
    let package = changed(&bench, |package| drop(package.transmissions.remove(1)));
    let found = codes(&bench, &bench.sealed(package));
    assert!(found.contains(&FaultCode::ReceiptUnknownTransmission));
    let package = changed(&bench, |package| {
        package.transmissions[0].children[0] = package.transmissions[1].children[0]
    });
    let found = codes(&bench, &bench.sealed(package));
    assert!(found.contains(&FaultCode::ReceiptUnknownChild));
}

#[test]
fn a_transmission_that_the_sender_leaves_out_between_others_is_missing() {
    let bench = Bench::set();
    // Nobody has stated anything about it: only its number tells.
    let package = changed(&bench, |package| package.transmissions[3].sequence = 5);
    assert_eq!(bench.faults(&bench.sealed(package)), ["transmissions_missing"]);
    let mut package = bench.of_report(3);
    package.transmissions.pop();
    let found = codes(&bench, &bench.sealed(package));
    assert!(found.contains(&FaultCode::TransmissionMissing));
}

#[test]
fn a_transmission_that_contradicts_another_or_the_scope_is_named() {
    let bench = Bench::set();
    let again = changed(&bench, |package| {
        package.transmissions.push(package.transmissions[0].clone())
    });
    let found = codes(&bench, &bench.sealed(again));
    assert_eq!(
        found,
        [FaultCode::TransmissionRepeated, FaultCode::TransmissionNumberRepeated]
    );
    let childless = changed(&bench, |package| package.transmissions[3].children.clear());
    assert_eq!(
        codes(&bench, &bench.sealed(childless)),
        [FaultCode::TransmissionChildren]
    );
    let elsewhere = bench.sent[3].clone();
    let elsewhere = changed(&bench, |package| package.transmissions.push(elsewhere));
    assert_eq!(
        codes(&bench, &bench.sealed(elsewhere)),
        [FaultCode::TransmissionOutOfScope]
    );
}

#[test]
fn two_stories_of_one_receiver_do_not_link() {
    let bench = Bench::set();
    // As after a restored backup: another receipt 9, well signed, that follows another receipt 8.
    let mut claims = bench.claims(0, Some(0), Statement::Revoked, at("4T09:00"));
    (claims.sequence, claims.previous) = (9, Digest::of(b"another story"));
    let forked = bench.sign(FIRST, &claims);
    let package = changed(&bench, |package| package.receipts[8] = forked);
    assert_eq!(
        bench.faults(&bench.sealed(package)),
        [
            "receipt_chain_broken at receipts 9",
            "receipt_chain_broken at receipts 10"
        ]
    );
}

#[test]
fn what_cannot_have_happened_is_named_with_the_child() {
    let mut bench = Bench::set();
    bench.state(3, Some(0), Statement::Assigned(caseworker()), at("5T09:00"));
    let mut package = bench.of_report(3);
    // The receiver of the second part never opened it by what is shown, which is possible; never stored it is not.
    let second = package.receipts.len() - 3;
    package.receipts.remove(second);
    let verdict = bench.verify(&bench.sealed(package));
    let impossible: Vec<_> = verdict.faults.iter().map(|fault| fault.code).collect();
    assert!(impossible.contains(&FaultCode::ReceiptImpossibleMove), "{impossible:?}");
    assert!(verdict.faults[0].about.iter().any(|(name, _)| *name == "child"));
}

#[test]
fn an_exporter_who_begins_or_ends_the_chain_elsewhere_than_the_scope_says_is_found_out() {
    let bench = Bench::set();
    let with_chain = |change: fn(&mut framme_shared::domain::evidence::Chain)| {
        let package = changed(&bench, |package| {
            if let Scope::Period(period) = &mut package.scope {
                change(&mut period.chain);
            }
        });
        codes(&bench, &bench.sealed(package))
    };
    assert_eq!(
        with_chain(|chain| chain.digest = Digest::of(b"other")),
        [FaultCode::ChainEndDiffers]
    );
    assert_eq!(with_chain(|chain| chain.last = 9), [FaultCode::ReceiptOutOfScope]);
    assert_eq!(with_chain(|chain| chain.last = 11), [FaultCode::ReceiptsMissing]);
    assert_eq!(
        with_chain(|chain| chain.prev = Digest::of(b"other"))[0],
        FaultCode::ReceiptChainBroken
    );
    assert_eq!(with_chain(|chain| chain.after = 0)[0], FaultCode::ScopeInvalid);
    let digest = |number: usize| Digest::of(bench.receivers[FIRST].receipts[number - 1].2.as_bytes());
    let late = changed(&bench, |package| {
        package.receipts.retain(|jws| Digest::of(jws.as_bytes()) != digest(4));
        if let Scope::Period(period) = &mut package.scope {
            (period.chain.after, period.chain.prev) = (4, digest(4));
        }
    });
    assert!(codes(&bench, &bench.sealed(late)).contains(&FaultCode::ChainBeginsLate));
}

#[test]
fn a_seal_by_somebody_else_a_broken_one_and_none_are_found_out() {
    let bench = Bench::set();
    let by_stranger = bench.sealed_by(&bench.stranger, bench.of_period());
    assert_eq!(codes(&bench, &by_stranger), [FaultCode::SealByStranger]);
    let package = changed(&bench, |package| package.seal.truncate(package.seal.len() - 1));
    assert_eq!(codes(&bench, &package), [FaultCode::SealInvalid]);
    let package = changed(&bench, |package| package.seal = package.receipts[0].clone());
    assert_eq!(codes(&bench, &package), [FaultCode::SealInvalid]);
    let ahead = written(&bench.sender, &bench.of_period(), later(now()));
    let ahead = Package::read(ahead.as_bytes()).unwrap();
    assert_eq!(codes(&bench, &ahead), [FaultCode::SealInFuture]);
    let empty = bench.sender.sign(Kind::Evidence, now().as_second(), b"{}").unwrap();
    let package = changed(&bench, |package| package.seal = empty);
    assert_eq!(codes(&bench, &package), [FaultCode::SealUnreadable]);
}

#[test]
fn signed_texts_that_do_not_belong_are_named() {
    let bench = Bench::set();
    let with = |text| {
        let mut package = bench.of_report(1);
        package.signed.push(text);
        codes(&bench, &bench.sealed(package))
    };
    let statement = |signer| bench.signed(Kind::Statement, signer, at("6T07:00"), json!({}));
    assert_eq!(with(statement(&bench.sender)), []);
    assert_eq!(with(statement(&bench.stranger)), [FaultCode::SignedOfOtherPair]);
    let mut figures = statement(&bench.sender);
    figures.kind = Kind::Figures.to_string();
    assert_eq!(with(figures), [FaultCode::SignedKindUnknown]);
    let mut other = statement(&bench.sender);
    other.kind = Kind::Reconciliation.to_string();
    assert_eq!(with(other), [FaultCode::SignedInvalid]);
    // Only a receiver can say what it holds.
    let by_sender = bench.signed(Kind::Holding, &bench.sender, at("6T07:00"), json!({ "found": [] }));
    assert_eq!(with(by_sender), [FaultCode::SignedInvalid]);
}

#[test]
fn a_receiver_that_holds_less_than_it_stated_contradicts_the_package() {
    let bench = Bench::set();
    let mut package = bench.of_report(1);
    // It answers on the 6th as if it had been restored to the 2nd.
    let mut holding = bench.holding(0, at("2T11:00"), true);
    let claims: serde_json::Value = {
        use base64::Engine as _;
        let part = holding.jws.split('.').nth(1).unwrap();
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    let issued = &bench.receivers[FIRST].issued;
    let signer =
        framme_shared::domain::jws::JwsSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes());
    holding = bench.signed(Kind::Holding, &signer.unwrap(), at("6T07:00"), claims);
    package.signed.push(holding);
    assert_eq!(bench.faults(&bench.sealed(package)), ["holding_disagrees at signed 1"]);
}

#[test]
fn a_revoked_certificate_is_found_out_with_lists_and_an_old_list_judges_nothing() {
    let bench = Bench::set();
    let package = bench.of_report(1);
    let with_lists = |revoked: &[&framme_demo::pki::Issued]| {
        let lists = bench.pki.crls_pem(revoked).unwrap();
        ReceiptVerifier::new(TrustedIssuers::from_pem(bench.pki.trust_pem().as_bytes(), lists.as_bytes()).unwrap())
    };
    assert!(verify(&package, &with_lists(&[]), now()).unwrap().holds());
    let verdict = verify(&package, &with_lists(&[&bench.receivers[FIRST].issued]), now()).unwrap();
    assert!(
        verdict
            .faults
            .iter()
            .all(|fault| fault.code == FaultCode::ReceiptInvalid)
    );
    assert_eq!(verdict.receipts, 0);
    let years_later = "2040-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(verify(&package, &with_lists(&[]), years_later), Err(ListExpired));
}

#[test]
fn issuers_whom_the_reader_does_not_trust_prove_nothing() {
    let (bench, other) = (Bench::set(), Bench::empty());
    let verdict = verify(&bench.of_report(1), &other.verifier, now()).unwrap();
    assert!(!verdict.holds());
    assert_eq!((verdict.receipts, verdict.sealed), (0, None));
}
