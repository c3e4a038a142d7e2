//! Lines of tables, the same for people and as CSV.

use framme_shared::domain::figures::{Counts, TimeToAssigned};

use crate::cli::outcome::CommandError;

/// The columns, as CSV names them.
const HEADER: [&str; 15] = [
    "group",
    "name",
    "reports",
    "children",
    "delivered",
    "delivered_late",
    "not_delivered",
    "children_not_delivered",
    "closed",
    "by_letter",
    "median_seconds_to_assigned",
    "p90_seconds_to_assigned",
    "children_answered_for",
    "children_not_known",
    "receivers_without_answer",
];

/// A line: a district, the sum, a type or an urgency.
#[derive(Default)]
pub(super) struct Line {
    /// district, sum, type or urgency.
    pub(super) group: &'static str,
    /// Which one.
    pub(super) name: String,
    /// Reports and children.
    pub(super) counts: Counts,
    /// What only districts and the sum have.
    pub(super) more: Option<More>,
}

/// What only districts and the sum have.
#[derive(Default)]
pub(super) struct More {
    pub(super) late: u64,
    pub(super) by_letter: u64,
    pub(super) to_assigned: Option<TimeToAssigned>,
    pub(super) answered: u64,
    pub(super) not_known: u64,
    pub(super) receivers_without_answer: u64,
}

impl Line {
    /// The fields in the order of the header; what a line does not have is empty.
    fn fields(&self) -> [String; 15] {
        let counts = &self.counts;
        let more = |number: fn(&More) -> u64| {
            self.more
                .as_ref()
                .map(number)
                .map_or_else(String::new, |n| n.to_string())
        };
        let time = |number: fn(TimeToAssigned) -> u64| {
            let times = self.more.as_ref().and_then(|more| more.to_assigned);
            times.map(number).map_or_else(String::new, |n| n.to_string())
        };
        [
            self.group.to_owned(),
            self.name.clone(),
            counts.reports.to_string(),
            counts.children.to_string(),
            counts.delivered.to_string(),
            more(|more| more.late),
            counts.not_delivered.to_string(),
            counts.children_not_delivered.to_string(),
            counts.closed.to_string(),
            more(|more| more.by_letter),
            time(|times| times.median),
            time(|times| times.p90),
            more(|more| more.answered),
            more(|more| more.not_known),
            more(|more| more.receivers_without_answer),
        ]
    }
}

/// Prints lines as CSV (RFC 4180) with a header.
pub(super) fn print_csv(lines: &[Line]) -> Result<(), CommandError> {
    let failed = |error: csv::Error| CommandError::Failed(error.to_string());
    let mut writer = csv::Writer::from_writer(std::io::stdout());
    writer.write_record(HEADER).map_err(failed)?;
    for line in lines {
        writer.write_record(line.fields()).map_err(failed)?;
    }
    writer.flush().map_err(|error| CommandError::Failed(error.to_string()))
}

/// Prints lines for people.
pub(super) fn print_text(lines: &[Line]) {
    println!(
        "{:<22} {:>7} {:>8} {:>9} {:>5} {:>13} {:>15} {:>6} {:>9} {:>9} {:>9} {:>12} {:>17}",
        "",
        "reports",
        "children",
        "delivered",
        "late",
        "not delivered",
        "children in it",
        "closed",
        "by letter",
        "median",
        "90 %",
        "not known",
        "without answer"
    );
    for line in lines {
        let [
            _,
            name,
            reports,
            children,
            delivered,
            late,
            open,
            in_it,
            closed,
            letter,
            ..,
        ] = line.fields();
        let [.., median, p90, answered, not_known, without_answer] = line.fields();
        let not_known = match line.more {
            Some(_) => format!("{not_known} of {answered}"),
            None => String::new(),
        };
        println!(
            "{name:<22} {reports:>7} {children:>8} {delivered:>9} {late:>5} {open:>13} {in_it:>15} {closed:>6} \
             {letter:>9} {:>9} {:>9} {not_known:>12} {without_answer:>17}",
            duration(&median),
            duration(&p90)
        );
    }
}

/// Seconds as hours and minutes, or days and hours.
fn duration(seconds: &str) -> String {
    let Ok(seconds) = seconds.parse::<u64>() else {
        return String::new();
    };
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    if hours < 48 {
        format!("{hours}:{:02}", minutes % 60)
    } else {
        format!("{} d {} h", hours / 24, hours % 24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_say_them() {
        for (seconds, told) in [("59", "0:00"), ("3660", "1:01"), ("172800", "2 d 0 h"), ("", "")] {
            assert_eq!(duration(seconds), told);
        }
    }
}
