//! How answers are printed.

use std::io::Write as _;

use framme_shared::wire::pb::{
    receiver::{StaffMember, StaffRole, TransmissionSummary},
    report::{AssessmentOutcome, ChildState, RejectionReason, ReportType, Stage, Urgency},
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Prints JSON for programs, or the lines for people.
pub(super) fn print(as_json: bool, value: &Value, lines: impl FnOnce() -> Vec<String>) {
    let mut text = if as_json {
        format!("{value:#}")
    } else {
        lines().join("\n")
    };
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

/// A child's state.
pub(super) fn child(child: &ChildState) -> Value {
    let reason = RejectionReason::try_from(child.rejection_reason).unwrap_or_default();
    let outcome = AssessmentOutcome::try_from(child.assessment_outcome).unwrap_or_default();
    json!({
        "child_id": child.child_id,
        "stage": stage(child),
        "stage_time": time(child.stage_time.as_ref()),
        "assigned_staff_id": child.assigned_staff_id,
        "rejection_reason": word(reason.as_str_name(), "REJECTION_REASON_"),
        "redirected_to_organisation_number": child.redirected_to_organisation_number,
        "assessment_outcome": word(outcome.as_str_name(), "ASSESSMENT_OUTCOME_"),
        "municipality_number": child.municipality_number,
        "city_district_number": child.city_district_number,
    })
}

/// An entry of the work list.
pub(super) fn summary(entry: &TransmissionSummary) -> Value {
    json!({
        "transmission_id": entry.transmission_id,
        "report_id": entry.report_id,
        "sender_organisation_number": entry.sender_organisation_number,
        "type": word(report_type(entry.r#type), "REPORT_TYPE_"),
        "urgency": urgency(entry),
        "submitted_time": time(entry.submitted_time.as_ref()),
        "stored_time": time(entry.stored_time.as_ref()),
        "children": entry.children.iter().map(child).collect::<Vec<_>>(),
        "attachment_count": entry.attachment_count,
    })
}

fn report_type(value: i32) -> &'static str {
    ReportType::try_from(value).unwrap_or_default().as_str_name()
}

/// The word of the urgency.
pub(super) fn urgency(entry: &TransmissionSummary) -> String {
    let urgency = Urgency::try_from(entry.urgency).unwrap_or_default();
    word(urgency.as_str_name(), "URGENCY_")
}

/// An entry of the work list in lines: the transmission, and each of its children below it.
pub(super) fn summary_lines(entry: &TransmissionSummary) -> Vec<String> {
    let mut lines = vec![format!(
        "{}  {:7}  submitted {}  from {}",
        entry.transmission_id,
        urgency(entry),
        time(entry.submitted_time.as_ref()),
        entry.sender_organisation_number
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

/// A person of the register.
pub(super) fn member(member: &StaffMember) -> Value {
    json!({
        "staff_id": member.staff_id,
        "name": member.name,
        "roles": roles(member),
        "active": member.active,
        "municipalities": member.municipalities,
    })
}
