//! How answers are printed.

use std::io::Write as _;

use framme_shared::wire::{
    json,
    pb::{
        receiver::{StaffMember, StaffRole, TransmissionSummary},
        report::{ChildState, Stage, Urgency},
    },
};
use jiff::Timestamp;
use prost::Message;
use serde_json::Value;

/// Prints a message of the contract as JSON for programs, or the lines for people. `name` is its full name.
pub(super) fn message(as_json: bool, name: &str, message: &impl Message, lines: impl FnOnce() -> Vec<String>) {
    print_either(as_json, || json::write(name, message), lines);
}

/// The same for what the contract does not know.
pub(super) fn print(as_json: bool, value: &Value, lines: impl FnOnce() -> Vec<String>) {
    print_either(as_json, || value.to_string(), lines);
}

fn print_either(as_json: bool, json: impl FnOnce() -> String, lines: impl FnOnce() -> Vec<String>) {
    let mut text = if as_json { json() } else { lines().join("\n") };
    text.push('\n');
    write(text.as_bytes());
}

/// Writes to standard output. Whoever closed the pipe wants no more, and that is no fault.
pub(super) fn write(bytes: &[u8]) {
    let _ = std::io::stdout().lock().write_all(bytes);
}

/// The word of an enum value: its name without its prefix, in lower case; empty when unspecified.
pub(super) fn word(name: &str, prefix: &str) -> String {
    let word = name.trim_start_matches(prefix).to_lowercase();
    if word == "unspecified" { String::new() } else { word }
}

/// An instant as RFC 3339.
pub(super) fn time(at: Option<&prost_types::Timestamp>) -> String {
    at.and_then(|at| Timestamp::new(at.seconds, at.nanos).ok())
        .map(|at| at.to_string())
        .unwrap_or_default()
}

/// The word of a stage.
pub(super) fn stage(child: &ChildState) -> String {
    word(stage_name(child), "STAGE_")
}

fn stage_name(child: &ChildState) -> &'static str {
    Stage::try_from(child.stage).unwrap_or_default().as_str_name()
}

/// The word of the urgency.
pub(super) fn urgency(entry: &TransmissionSummary) -> String {
    let urgency = Urgency::try_from(entry.urgency).unwrap_or_default();
    word(urgency.as_str_name(), "URGENCY_")
}

/// An entry of the work list in lines: the transmission, and each of its children below it.
pub(super) fn summary_lines(entry: &TransmissionSummary) -> Vec<String> {
    let mut lines = vec![format!(
        "{}  {:7}  submitted {}  from {}{}",
        entry.transmission_id,
        urgency(entry),
        time(entry.submitted_time.as_ref()),
        entry.sender_organisation_number,
        if entry.drill { "  DRILL" } else { "" }
    )];
    lines.extend(entry.children.iter().map(|child| {
        let area = match child.city_district_number.as_str() {
            "" => child.municipality_number.clone(),
            district => format!("{}/{district}", child.municipality_number),
        };
        let caseworker = match child.assigned_staff_id.as_str() {
            "" => String::new(),
            staff => format!("  {staff}"),
        };
        format!("    {}  {:10}  {area}{caseworker}", child.child_id, stage(child))
    }));
    lines
}

/// The words of somebody's roles.
pub(super) fn roles(member: &StaffMember) -> Vec<String> {
    let names = member
        .roles
        .iter()
        .map(|role| StaffRole::try_from(*role).unwrap_or_default().as_str_name());
    names.map(|name| word(name, "STAFF_ROLE_")).collect()
}
