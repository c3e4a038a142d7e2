//! Reports between contract and domain: nothing gets in that breaks a rule of the contract, and everything that does is
//! named at once.

mod attachments;
mod calls;
mod children;
mod disclosure;
mod narrow;
mod people;
mod write;

use jiff::{Timestamp, ToSpan as _};
use prost::Message as _;

pub use narrow::narrow;
pub use write::to_pb;

use super::{decoding, pb::report as pb, scope::Scope, status::Failure, time, violations::FieldViolations};
use crate::domain::{
    identity_number::TestNumbers,
    ids::{ChildId, ReportId},
    report::{Account, Outline, Parts, PhoneCall, Report, limits},
    text::{Line, Text},
};

/// How large a serialised report may be, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The earliest time that a report may speak of as its own: 2010-01-01.
const EARLIEST: Timestamp = Timestamp::constant(1_262_304_000, 0);

/// What a report is measured by.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The time that "future" and "too long ago" are relative to. At the sender its clock; at the receiver the
    /// transmission's submitted_time, so that what was right when it was accepted is right however late it arrives.
    pub now: Timestamp,
    /// Whether identity numbers that belong to nobody are taken.
    pub test_numbers: TestNumbers,
    /// The largest attachment, in bytes.
    pub max_attachment_bytes: u64,
}

/// Gives every child without an id the one that its place gives it. The same report gets the same ids every time.
/// Without a valid report_id nothing is filled: such a report is refused anyway.
pub fn fill_child_ids(report: &mut pb::Report) {
    let Ok(id) = ReportId::parse(&report.report_id) else {
        return;
    };
    for (index, child) in report.children.iter_mut().enumerate() {
        if child.child_id.is_empty() {
            child.child_id = ChildId::of_index(&id, index).to_string();
        }
    }
}

/// Reads a serialised report of at most [`MAX_BYTES`]. Bytes that are none, or text that is not UTF-8, are
/// `INVALID_FIELD`, not a fault of ours.
pub fn decode_report(content: &[u8]) -> Result<pb::Report, Failure> {
    if content.len() > MAX_BYTES {
        return Err(Failure::TooLarge {
            what: "a serialised report",
            limit: format!("{MAX_BYTES} bytes"),
        });
    }
    pb::Report::decode(content).map_err(|error| decoding::violation_of(&error.to_string()).into())
}

/// Checks a message against all rules of the contract, and makes it a report. Every child must have its id.
pub fn parse(report: &pb::Report, rules: &Rules) -> Result<Report, FieldViolations> {
    let mut found = FieldViolations::new();
    match read(&mut Scope::root(&mut found), report, rules) {
        Some(parts) if found.is_empty() => Report::new(parts).map_err(|broken| {
            for rule in broken {
                found.add(rule.field, rule.rule);
            }
            found
        }),
        _ => Err(found),
    }
}

/// Checks one call by the rules of those in a report; `field` is its place in the message that holds it.
pub fn parse_call(field: &str, call: Option<&pb::PhoneCall>, rules: &Rules) -> Result<PhoneCall, FieldViolations> {
    let mut found = FieldViolations::new();
    let mut scope = Scope::root(&mut found);
    let read = scope
        .present(field, call)
        .and_then(|call| calls::read(&mut scope.inside(field), call, rules));
    match read {
        Some(call) if found.is_empty() => Ok(call),
        _ => Err(found),
    }
}

fn read(scope: &mut Scope<'_>, report: &pb::Report, rules: &Rules) -> Option<Parts> {
    let id = scope.required("report_id", &report.report_id, ReportId::parse);
    let report_type = scope.enum_value::<pb::ReportType, _>("type", report.r#type);
    let urgency = scope.enum_value::<pb::Urgency, _>("urgency", report.urgency);
    let disclosure = scope.present("disclosure", report.disclosure.as_ref());
    let disclosure = disclosure.and_then(|it| disclosure::read(&mut scope.inside("disclosure"), it));
    let account = scope.present("account", report.account.as_ref());
    let account = account.and_then(|it| read_account(&mut scope.inside("account"), it));
    let children = children::read_all(scope, report, rules);
    let carers = people::read_carers(scope, &report.carers, rules);
    let interpreter_need = scope.optional("interpreter_need", &report.interpreter_need, Text::parse);
    let other_services = scope.optional("other_services", &report.other_services, Text::parse);
    let reporter = scope.present("reporter", report.reporter.as_ref());
    let reporter = reporter.and_then(|it| people::read_reporter(&mut scope.inside("reporter"), it));
    let references = &report.police_case_references;
    let references = scope.lines(
        "police_case_references",
        references,
        limits::POLICE_CASE_REFERENCES,
        Line::parse,
    );
    let phone_calls = calls::read_all(scope, &report.phone_calls, rules);
    let follows_up = scope.optional("follows_up_report_id", &report.follows_up_report_id, ReportId::parse);
    let attachments = attachments::read_all(scope, &report.attachments, rules);
    let written_at = read_time(scope, "written_time", report.written_time.as_ref(), rules);
    let channel = scope.optional("channel", &report.channel, Line::parse);

    let outline = Outline {
        id,
        urgency,
        follows_up: follows_up.flatten(),
        children: children.iter().map(Option::as_ref).collect(),
        attachments: attachments.iter().map(Option::as_ref).collect(),
        carers: 0,
        police_case_references: 0,
        phone_calls: report.phone_calls.len().min(limits::PHONE_CALLS),
    };
    for broken in outline.broken_rules() {
        scope.refuse(&broken.field, broken.rule);
    }
    Some(Parts {
        id: id?,
        report_type: report_type?,
        urgency: urgency?,
        disclosure: disclosure?,
        account: account?,
        children: children.into_iter().collect::<Option<_>>()?,
        carers: carers?,
        interpreter_need: interpreter_need?,
        other_services: other_services?,
        reporter: reporter?,
        police_case_references: references?,
        phone_calls: phone_calls?,
        follows_up: follows_up?,
        attachments: attachments.into_iter().collect::<Option<_>>()?,
        written_at: written_at?,
        channel: channel?,
        drill: report.drill,
    })
}

fn read_account(scope: &mut Scope<'_>, account: &pb::Account) -> Option<Account> {
    let observed = scope.required("observed", &account.observed, Text::parse);
    let history = scope.optional("history", &account.history, Text::parse);
    let other_views = scope.optional("other_views", &account.other_views, Text::parse);
    let immediate_safety = scope.optional("immediate_safety", &account.immediate_safety, Text::parse);
    Some(Account {
        observed: observed?,
        history: history?,
        other_views: other_views?,
        immediate_safety: immediate_safety?,
    })
}

/// A time that something in a report happened: neither absurdly long ago nor, but for clocks that differ, to come.
fn read_time(
    scope: &mut Scope<'_>,
    field: &str,
    value: Option<&prost_types::Timestamp>,
    rules: &Rules,
) -> Option<Timestamp> {
    let at = time::from_pb(scope.present(field, value)?)
        .map_err(|rule| scope.refuse(field, rule))
        .ok()?;
    if at < EARLIEST {
        scope.refuse(field, "must not be before 2010-01-01");
        return None;
    }
    if rules.now.saturating_add(5.minutes()).is_ok_and(|latest| at > latest) {
        scope.refuse(field, "must not be more than 5 minutes in the future");
        return None;
    }
    Some(at)
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
