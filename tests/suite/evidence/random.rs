//! Packages changed at random: whatever makes them say something else is found out.
//!
//! A change does not matter exactly when the file still reads as the same package. `FRAMME_EVIDENCE_SEED` begins at
//! another seed; a failure names its own.

use std::time::Instant;

use framme_shared::domain::evidence::{FaultCode, Package, Scope};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use serde_json::{Value, json};

use super::bench::{Bench, FIRST, SECOND, now, written};

const CHANGES: u64 = 10_000;
/// Where seeds begin.
const SEED: u64 = 20_260_302;

fn first_seed() -> u64 {
    let asked = std::env::var("FRAMME_EVIDENCE_SEED").ok();
    asked.map_or(SEED, |seed| seed.parse().unwrap())
}

/// A file with what is taken from elsewhere to be put into it.
struct Subject {
    file: String,
    package: Package,
    others: Vec<Value>,
}

/// The files that are changed: of a period and of a report, with a signed text each.
fn subjects(bench: &Bench) -> Vec<Subject> {
    let holding = bench.holding(0, "2026-03-06T07:00:00Z".parse().unwrap(), true);
    let receipts = |receiver: usize| bench.receivers[receiver].receipts.iter().map(|(_, _, jws)| json!(jws));
    let others: Vec<Value> = receipts(FIRST)
        .chain(receipts(SECOND))
        .chain([json!(bench.of_report(2).seal), json!(holding)])
        .chain(bench.sent.iter().map(|part| json!(part)))
        .collect();
    [bench.of_period(), bench.of_report(1)]
        .into_iter()
        .map(|mut package| {
            package.signed.push(holding.clone());
            let file = written(&bench.sender, &package, now());
            Subject {
                package: Package::read(file.as_bytes()).unwrap(),
                file,
                others: others.clone(),
            }
        })
        .collect()
}

/// Changes the bytes of a file: bits, cuts, pieces left out, doubled or put elsewhere, white space.
fn change_bytes(subject: &Subject, rng: &mut SmallRng) -> (&'static str, Vec<u8>) {
    let mut bytes = subject.file.clone().into_bytes();
    let place = rng.random_range(0..bytes.len());
    let end = (place + rng.random_range(1..40)).min(bytes.len());
    let name = match rng.random_range(0..7) {
        0 => {
            bytes[place] ^= 1 << rng.random_range(0..8);
            "a bit flipped"
        }
        1 => {
            bytes.truncate(place);
            "cut off"
        }
        2 => {
            bytes.drain(place..end);
            "bytes left out"
        }
        3 => {
            let piece = bytes[place..end].to_vec();
            bytes.splice(place..place, piece);
            "bytes doubled"
        }
        4 => {
            let other = rng.random_range(0..bytes.len());
            bytes.swap(place, other);
            "bytes swapped"
        }
        5 => {
            bytes.insert(place, *b" \n0aA\"".get(rng.random_range(0..6)).unwrap());
            "a byte put in"
        }
        _ => {
            bytes[place] = *b"0123456789abcXYZ-_.".get(rng.random_range(0..19)).unwrap();
            "a byte replaced"
        }
    };
    (name, bytes)
}

/// Changes the entries of a file, which stays one that can be read: left out, doubled, swapped, put in another order,
/// taken from elsewhere, made up, cut off.
fn change_entries(subject: &Subject, rng: &mut SmallRng) -> (&'static str, Vec<u8>) {
    let mut file: Value = serde_json::from_str(&subject.file).unwrap();
    let other = subject.others[rng.random_range(0..subject.others.len())].clone();
    let section = ["transmissions", "receipts", "receipts", "signed"][rng.random_range(0..4)];
    let name = if rng.random_range(0..12) == 0 {
        file["seal"] = other;
        "another seal"
    } else {
        let entries = file[section].as_array_mut().unwrap();
        let (one, two) = (rng.random_range(0..entries.len()), rng.random_range(0..entries.len()));
        match rng.random_range(0..9) {
            0 => {
                entries.remove(one);
                "an entry left out"
            }
            1 => {
                entries.insert(two, entries[one].clone());
                "an entry doubled"
            }
            2 => {
                entries.swap(one, two);
                "entries swapped"
            }
            3 => {
                let moved = entries.remove(one);
                let to = rng.random_range(0..=entries.len());
                entries.insert(to, moved);
                "an entry moved"
            }
            4 => {
                entries[one] = other;
                "an entry replaced by another"
            }
            5 => {
                entries.insert(one, other);
                "an entry from elsewhere put in"
            }
            6 => {
                entries.truncate(one);
                "the last entries left out"
            }
            7 => {
                entries.reverse();
                "entries reversed"
            }
            _ => {
                alter(&mut entries[one], rng);
                "a value altered"
            }
        }
    };
    (name, file.to_string().into_bytes())
}

/// Alters a text inside of an entry.
fn alter(value: &mut Value, rng: &mut SmallRng) {
    match value {
        Value::Object(members) => {
            let place = rng.random_range(0..members.len());
            alter(members.values_mut().nth(place).unwrap(), rng);
        }
        Value::Array(values) => {
            let place = rng.random_range(0..values.len());
            alter(&mut values[place], rng);
        }
        Value::Number(number) => *value = (number.as_u64().unwrap() + rng.random_range(0..3)).into(),
        Value::String(text) => {
            let place = rng.random_range(0..text.len());
            let digit = rng.random_range(0..10);
            text.replace_range(place..=place, &digit.to_string());
        }
        _ => {}
    }
}

#[test]
fn ten_thousand_changes_at_random_are_found_out_when_they_matter_and_only_then() {
    let bench = Bench::set();
    let subjects = subjects(&bench);
    for subject in &subjects {
        assert_eq!(bench.faults(&subject.package), [""; 0]);
    }
    let (first, began) = (first_seed(), Instant::now());
    let (mut unreadable, mut found, mut the_same) = (0, 0, 0);
    for seed in first..first + CHANGES {
        let mut rng = SmallRng::seed_from_u64(seed);
        let subject = &subjects[rng.random_range(0..subjects.len())];
        let (name, bytes) = if rng.random_range(0..3) == 0 {
            change_bytes(subject, &mut rng)
        } else {
            change_entries(subject, &mut rng)
        };
        let Ok(package) = Package::read(&bytes) else {
            unreadable += 1;
            continue;
        };
        let holds = bench.verify(&package).holds();
        assert_eq!(holds, package == subject.package, "seed {seed}: {name}");
        if holds {
            the_same += 1;
        } else {
            found += 1;
        }
    }
    println!(
        "{found} found out, {unreadable} unreadable, {the_same} the same, in {:?}",
        began.elapsed()
    );
    assert!(
        found > 4_000 && unreadable > 1_000 && the_same > 100,
        "{found} {unreadable} {the_same}"
    );
}

/// An exporter who seals what he has changed: what the receiver has signed still stands against him.
#[test]
fn an_exporter_who_changes_the_receipts_of_a_period_before_sealing_is_found_out() {
    let bench = Bench::set();
    let honest = bench.of_period();
    let count = honest.receipts.len();
    let first = first_seed();
    let mut by_code = std::collections::BTreeMap::<FaultCode, u32>::new();
    for seed in first..first + 1_000 {
        let mut rng = SmallRng::seed_from_u64(seed);
        let mut package = honest.clone();
        let (one, two) = (rng.random_range(0..count), rng.random_range(0..count));
        match rng.random_range(0..5) {
            0 => drop(package.receipts.remove(one)),
            1 => package.receipts.swap(one, two),
            2 => package.receipts.insert(two, honest.receipts[one].clone()),
            3 => {
                let others = &bench.receivers[SECOND].receipts;
                package.receipts[one] = others[rng.random_range(0..others.len())].2.clone();
            }
            _ => {
                // He also names another end of the chain.
                package.receipts.truncate(one.max(2));
                if let Scope::Period(period) = &mut package.scope {
                    period.chain.last = one.max(2) as u64;
                }
            }
        }
        let changed = package.receipts != honest.receipts;
        let verdict = bench.verify(&bench.sealed(package));
        for fault in &verdict.faults {
            *by_code.entry(fault.code).or_default() += 1;
            assert_ne!(
                fault.code,
                FaultCode::EntryChanged,
                "seed {seed}: the seal is over what is there"
            );
        }
        // The first two are of before the period: what was left out of those, the chain does not show.
        let is_earlier = one < 2;
        assert!(!verdict.holds() || !changed || is_earlier, "seed {seed}");
    }
    assert!(by_code.len() >= 4, "{by_code:?}");
}
