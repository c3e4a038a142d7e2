//! What receivers found in their storage later, against what the package shows: nothing else tells that receipts about one
//! report are missing at the end.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{
    fault::{Fault, FaultCode, Section, Value},
    package::{Package, Scope, SentPart},
    signed::{Found, ShownHolding},
    verify::Proven,
};
use crate::domain::ids::TransmissionId;

/// What holdings tell about the transmissions of a package.
#[derive(Default)]
pub(super) struct Held {
    /// When a transmission was last found with the content that was sent, and with exactly the receipts that are shown up
    /// to then.
    pub(super) complete: HashMap<TransmissionId, Timestamp>,
    /// When a transmission was last found missing, damaged, or with other content.
    pub(super) lost: HashMap<TransmissionId, Timestamp>,
}

/// Compares every holding of a package with its receipts.
pub(super) fn check(package: &Package, holdings: &[ShownHolding], proven: &[Proven], faults: &mut Vec<Fault>) -> Held {
    let mut held = Held::default();
    if holdings.is_empty() {
        return held;
    }
    let sent: HashMap<TransmissionId, &SentPart> = package
        .transmissions
        .iter()
        .map(|part| (part.transmission, part))
        .collect();
    let mut about: HashMap<TransmissionId, Vec<&Proven>> = HashMap::new();
    for receipt in proven {
        about
            .entry(receipt.receipt.claims().transmission)
            .or_default()
            .push(receipt);
    }
    for holding in holdings {
        for found in &holding.found {
            // A holding answers for many transmissions, and the package need not be about all of them.
            let Some(part) = sent
                .get(&found.transmission)
                .filter(|part| part.receiver == holding.receiver)
            else {
                continue;
            };
            let receipts = about.get(&found.transmission).map_or(&[][..], Vec::as_slice);
            match compare(&package.scope, holding, found, part, receipts) {
                Compared::Complete => latest(&mut held.complete, part, holding.time),
                Compared::Lost => latest(&mut held.lost, part, holding.time),
                Compared::Beyond => {}
                Compared::Disagrees(fault) => faults.push(fault),
            }
        }
    }
    held
}

enum Compared {
    Complete,
    Lost,
    /// It tells of receipts from after the period.
    Beyond,
    Disagrees(Fault),
}

fn compare(scope: &Scope, holding: &ShownHolding, found: &Found, part: &SentPart, receipts: &[&Proven]) -> Compared {
    let Some(stated) = found.receipts_when_held(&part.sha256) else {
        return Compared::Lost;
    };
    let last = found.last.as_ref().map_or(0, |last| last.seq);
    if let Scope::Period(period) = scope
        && holding.time >= period.until
        && last > period.chain.last
    {
        return Compared::Beyond;
    }
    let up_to_last: Vec<_> = receipts.iter().filter(|receipt| receipt.sequence() <= last).collect();
    // A receiver that was restored from a backup has forgotten what it had stated before.
    let forgotten = |receipt: &&Proven| receipt.sequence() > last && receipt.receipt.claims().time < holding.time;
    let forgets = receipts.iter().any(forgotten);
    let ends_so = match (&found.last, up_to_last.last()) {
        (Some(stated), Some(shown)) => stated.seq == shown.sequence() && stated.sha256 == shown.receipt.sha256(),
        (None, None) => true,
        _ => false,
    };
    if ends_so && !forgets && up_to_last.len() as u64 == stated {
        return Compared::Complete;
    }
    let fault = Fault::at(FaultCode::HoldingDisagrees, Section::Signed, holding.place)
        .with("time", Value::Time(holding.time))
        .with("transmission", part.transmission.to_string())
        .with("stated", stated)
        .with("number", last)
        .with("shown", receipts.len() as u64);
    Compared::Disagrees(fault)
}

fn latest(times: &mut HashMap<TransmissionId, Timestamp>, part: &SentPart, time: Timestamp) {
    let known = times.entry(part.transmission).or_insert(time);
    *known = time.max(*known);
}
