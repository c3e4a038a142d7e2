//! The national table as it is printed.

use framme_shared::{
    domain::figures::{Check, Counts, DistrictRow, Duplicate, National},
    runtime::exit::Exit,
};
use serde_json::{Value, json};

use super::{
    export::part,
    lines::{Line, More, print_csv, print_text},
};
use crate::cli::outcome::CommandError;

/// Ends with a fault when a check does not hold.
pub(super) fn print(as_json: bool, as_csv: bool, national: &National) -> Result<Exit, CommandError> {
    if as_json {
        println!("{}", value(national));
    } else if as_csv {
        print_csv(&lines(national))?;
    } else {
        print_for_people(national);
    }
    if national.is_consistent() {
        Ok(Exit::Ok)
    } else {
        let broken = national.checks.iter().filter(|check| !check.holds);
        broken.for_each(|check| eprintln!("a check does not hold: {}: {}", check.what, check.numbers));
        Ok(Exit::Fault)
    }
}

fn print_for_people(national: &National) {
    println!("All districts, {}. Every event is counted once.", national.period);
    print_text(&lines(national));
    println!(
        "\nLate, by letter, times, types and urgencies are of everything that was sent, each event as often as it was."
    );
    println!("\nSigned by:");
    for row in &national.districts {
        if let (Some(signer), Some(made)) = (row.signer, row.made) {
            println!("  {:<20} {signer}, made {made}", row.district);
        }
    }
    println!(
        "\nReports that do not count, because another district sent one about the same event first: {}",
        national.duplicates.len()
    );
    for duplicate in &national.duplicates {
        println!(
            "  {}, sent {}, {} children, {}: counts for {}, sent {} (event {})",
            duplicate.district,
            duplicate.sent,
            duplicate.children,
            duplicate.standing,
            duplicate.counts_for,
            duplicate.sent_first,
            duplicate.key
        );
    }
    println!("\nChecks:");
    for check in &national.checks {
        let verdict = if check.holds { "ok   " } else { "FAULT" };
        println!("  {verdict} {}: {}", check.what, check.numbers);
    }
}

fn lines(national: &National) -> Vec<Line> {
    let districts = national.districts.iter().map(|row| line("district", row));
    let types = national.types.iter().map(|(of, counts)| part("type", of, counts));
    let urgencies = national
        .urgencies
        .iter()
        .map(|(of, counts)| part("urgency", of, counts));
    districts
        .chain([line("sum", &national.sum)])
        .chain(types)
        .chain(urgencies)
        .collect()
}

fn line(group: &'static str, row: &DistrictRow) -> Line {
    Line {
        group,
        name: row.district.clone(),
        counts: row.counted,
        more: Some(More {
            late: row.late,
            by_letter: row.by_letter,
            to_assigned: row.to_assigned,
            answered: row.answered,
            not_known: row.not_known,
            receivers_without_answer: row.receivers_without_answer,
        }),
    }
}

fn value(national: &National) -> Value {
    let parts = |key: &str, parts: Vec<(String, Counts)>| -> Vec<Value> {
        let entry = |(of, counts): (String, Counts)| json!({ key: of, "counts": counts });
        parts.into_iter().map(entry).collect()
    };
    json!({
        "from": national.period.from().to_string(),
        "until": national.period.until().to_string(),
        "districts": national.districts.iter().map(row_value).collect::<Vec<_>>(),
        "sum": row_value(&national.sum),
        "types": parts("type", national.types.iter().map(|(of, counts)| (of.to_string(), *counts)).collect()),
        "urgencies": parts("urgency", national.urgencies.iter().map(|(of, counts)| (of.to_string(), *counts)).collect()),
        "signers": national.signers,
        "duplicates": national.duplicates.iter().map(duplicate_value).collect::<Vec<_>>(),
        "checks": national.checks.iter().map(check_value).collect::<Vec<_>>(),
    })
}

fn row_value(row: &DistrictRow) -> Value {
    json!({
        "district": row.district,
        "signer": row.signer,
        "made": row.made.map(|made| made.to_string()),
        "counted": row.counted,
        "sent": row.sent,
        "late": row.late,
        "by_letter": row.by_letter,
        "seconds_to_assigned": row.to_assigned,
        "children_answered_for": row.answered,
        "children_not_known": row.not_known,
        "receivers_without_answer": row.receivers_without_answer,
    })
}

fn duplicate_value(duplicate: &Duplicate) -> Value {
    json!({
        "key": duplicate.key,
        "district": duplicate.district,
        "sent": duplicate.sent.to_string(),
        "children": duplicate.children,
        "standing": duplicate.standing,
        "counts_for": duplicate.counts_for,
        "sent_first": duplicate.sent_first.to_string(),
    })
}

fn check_value(check: &Check) -> Value {
    json!({ "what": check.what, "holds": check.holds, "numbers": check.numbers })
}
