//! What the exporter says was sent: whether it agrees with itself and with the scope.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    fault::{Fault, FaultCode, Section},
    package::{Period, Scope, SentPart},
};

/// Checks the transmissions of a package.
pub(super) fn check(scope: &Scope, transmissions: &[SentPart], faults: &mut Vec<Fault>) {
    let (mut ids, mut numbers) = (HashSet::new(), HashSet::new());
    for (index, part) in transmissions.iter().enumerate() {
        let mut fault = |code| {
            let fault = Fault::at(code, Section::Transmissions, index);
            faults.push(
                fault
                    .with("number", part.sequence)
                    .with("transmission", part.transmission.to_string()),
            );
        };
        if !ids.insert(part.transmission) {
            fault(FaultCode::TransmissionRepeated);
        }
        if !numbers.insert((part.receiver, part.sequence)) {
            fault(FaultCode::TransmissionNumberRepeated);
        }
        if !is_in_scope(scope, part) {
            fault(FaultCode::TransmissionOutOfScope);
        }
        let distinct: HashSet<_> = part.children.iter().collect();
        if part.children.is_empty() || distinct.len() != part.children.len() {
            fault(FaultCode::TransmissionChildren);
        }
    }
    match scope {
        Scope::Report(report) => {
            let sent: HashSet<_> = transmissions.iter().map(|part| part.receiver).collect();
            let without = report.receivers.iter().filter(|receiver| !sent.contains(receiver));
            faults.extend(
                without.map(|receiver| Fault::new(FaultCode::TransmissionMissing).with("organisation", *receiver)),
            );
        }
        Scope::Period(period) => check_numbers(period, transmissions, faults),
    }
}

fn is_in_scope(scope: &Scope, part: &SentPart) -> bool {
    scope.receivers().contains(&part.receiver)
        && match scope {
            Scope::Report(report) => part.report == report.report,
            Scope::Period(_) => true,
        }
}

/// Between the numbers of what was submitted in the period there must be all.
fn check_numbers(period: &Period, transmissions: &[SentPart], faults: &mut Vec<Fault>) {
    let all: BTreeMap<u64, &SentPart> = transmissions.iter().map(|part| (part.sequence, part)).collect();
    let in_period = |part: &&&SentPart| (period.from..period.until).contains(&part.submitted);
    let of_period: BTreeSet<u64> = all.values().filter(in_period).map(|part| part.sequence).collect();
    let (Some(first), Some(last)) = (of_period.first(), of_period.last()) else {
        return;
    };
    let mut expected = *first;
    for number in all.range(first..=last).map(|(number, _)| *number) {
        if number > expected {
            let fault = Fault::new(FaultCode::TransmissionsMissing).with("organisation", period.receiver);
            faults.push(fault.with("first", expected).with("last", number - 1));
        }
        expected = number.saturating_add(1);
    }
}
