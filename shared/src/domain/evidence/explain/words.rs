//! A verdict as text.

use super::{Language, catalogue::text};
use crate::domain::{
    evidence::{ChildStory, Completeness, Fault, InvalidPackage, Missing, Scope, StoryEvent, Value, Verdict},
    language::moment,
    lifecycle::{ChildState, Feedback},
    receipt::{StatedBy, Statement},
    staff_role::StaffReference,
};

/// Explains a verdict. `with_lists` tells whether revocation lists were at hand.
#[must_use]
pub fn explain(verdict: &Verdict, language: Language, with_lists: bool) -> String {
    let say = Speaker { language };
    let mut lines = say.head(verdict);
    lines.push(String::new());
    lines.push(say.text("heading.complete", &[]));
    lines.extend(
        verdict
            .completeness
            .iter()
            .map(|complete| indented(&say.completeness(complete))),
    );
    for child in &verdict.children {
        lines.push(String::new());
        lines.extend(say.child(child, verdict.holds()));
    }
    if verdict.children.is_empty() {
        lines.extend([String::new(), say.text("no_children", &[])]);
    }
    if !verdict.signed.is_empty() {
        lines.extend([String::new(), say.text("heading.signed", &[])]);
        lines.extend(verdict.signed.iter().map(|shown| {
            let kind = say.text(&format!("kind.{}", shown.kind), &[]);
            let values = [
                ("time", say.moment(shown.time)),
                ("kind", kind),
                ("signer", shown.signer.to_string()),
            ];
            indented(&say.text("signed.line", &values))
        }));
    }
    lines.extend([String::new(), say.text("heading.notes", &[])]);
    lines.extend(say.notes(verdict, with_lists).iter().map(|note| indented(note)));
    lines.push(String::new());
    lines.join("\n")
}

/// Says what a fault is, and where.
#[must_use]
pub fn fault(fault: &Fault, language: Language) -> String {
    Speaker { language }.fault(fault)
}

/// Says why a file is no package.
#[must_use]
pub fn invalid(why: &InvalidPackage, language: Language) -> String {
    let values = match why {
        InvalidPackage::Malformed { line, column } => vec![("line", line.to_string()), ("column", column.to_string())],
        _ => Vec::new(),
    };
    Speaker { language }.text(&format!("package.{}", why.reason()), &values)
}

fn indented(line: &str) -> String {
    format!("  {line}")
}

struct Speaker {
    language: Language,
}

impl Speaker {
    fn text(&self, key: &str, values: &[(&str, String)]) -> String {
        text(self.language, key, values)
    }

    fn moment(&self, time: jiff::Timestamp) -> String {
        moment(self.language, time)
    }

    fn head(&self, verdict: &Verdict) -> Vec<String> {
        let title = match &verdict.scope {
            Scope::Report(report) => {
                let receivers: Vec<_> = report.receivers.iter().map(ToString::to_string).collect();
                let values = [
                    ("report", report.report.to_string()),
                    ("sender", report.sender.to_string()),
                    ("receivers", receivers.join(", ")),
                ];
                self.text("title.report", &values)
            }
            Scope::Period(period) => {
                let values = [
                    ("sender", period.sender.to_string()),
                    ("receiver", period.receiver.to_string()),
                    ("from", self.moment(period.from)),
                    ("until", self.moment(period.until)),
                ];
                self.text("title.period", &values)
            }
        };
        let sealed = match &verdict.sealed {
            Some(sealed) => {
                let values = [
                    ("exporter", sealed.exporter.to_string()),
                    ("time", self.moment(sealed.time)),
                ];
                self.text("sealed", &values)
            }
            None => self.text("unsealed", &[]),
        };
        let counts = [
            ("transmissions", verdict.transmissions.to_string()),
            ("receipts", verdict.receipts.to_string()),
            ("signed", verdict.signed.len().to_string()),
        ];
        let mut lines = vec![title, sealed, self.text("counts", &counts), String::new()];
        if verdict.holds() {
            lines.push(self.text("holds", &[]));
        } else {
            lines.push(self.text("broken", &[]));
            lines.extend(verdict.faults.iter().map(|fault| format!("  - {}", self.fault(fault))));
        }
        lines
    }

    fn fault(&self, fault: &Fault) -> String {
        let values: Vec<_> = fault
            .about
            .iter()
            .map(|(name, value)| (*name, self.value(value)))
            .collect();
        let what = self.text(&format!("fault.{}", fault.code), &values);
        match fault.place {
            None => what,
            Some((section, place)) => {
                let section = self.text(&format!("section.{section}"), &[]);
                let place = self.text("place", &[("section", section), ("place", place.to_string())]);
                format!("{place}: {what}")
            }
        }
    }

    fn value(&self, value: &Value) -> String {
        match value {
            Value::Text(text) => text.clone(),
            Value::Word { set, word } => self.text(&format!("{set}.{word}"), &[]),
            Value::Time(time) => self.moment(*time),
        }
    }

    fn completeness(&self, complete: &Completeness) -> String {
        let mut values = vec![("receiver", complete.receiver.to_string())];
        values.extend(complete.until.map(|until| ("until", self.moment(until))));
        values.extend(complete.known_by.number().map(|number| ("number", number.to_string())));
        self.text(&format!("complete.{}", complete.known_by.word()), &values)
    }

    fn child(&self, child: &ChildStory, holds: bool) -> Vec<String> {
        let values = [
            ("child", child.child.to_string()),
            ("report", child.report.to_string()),
            ("receiver", child.receiver.to_string()),
        ];
        let mut lines = vec![self.text("heading.child", &values)];
        let submitted = self.text("submitted", &[("time", self.moment(child.submitted))]);
        lines.push(indented(&submitted));
        lines.extend(child.events.iter().map(|event| indented(&self.event(event))));
        if let Some(lost) = child.lost {
            lines.push(indented(&self.text("lost", &[("time", self.moment(lost))])));
        }
        lines.push(indented(&self.conclusion(child, holds)));
        let missing: Vec<_> = child
            .missing()
            .into_iter()
            .map(|missing| self.missing(missing))
            .collect();
        if holds && !missing.is_empty() {
            lines.push(indented(&self.text("missing", &[("missing", missing.join(", "))])));
        }
        lines
    }

    fn conclusion(&self, child: &ChildStory, holds: bool) -> String {
        if !holds {
            return self.text("conclusion.none", &[]);
        }
        if let Some(lost) = child.lost {
            return self.text("conclusion.lost", &[("time", self.moment(lost))]);
        }
        let mut values = Vec::new();
        if let ChildState::Assigned { assignment, .. } | ChildState::Assessed { assignment, .. } = &child.state {
            values.push(("caseworker", self.staff(&assignment.caseworker)));
            values.push(("time", self.moment(assignment.since)));
        }
        self.text(&format!("state.{}", child.state.stage()), &values)
    }

    fn missing(&self, missing: Missing) -> String {
        self.text(&format!("missing.{}", missing.word()), &[])
    }

    fn event(&self, event: &StoryEvent) -> String {
        let level = event.statement.level().map_or("unknown", |level| level.as_str());
        let value = match &event.statement {
            Statement::Assigned(caseworker) => Some(("caseworker", self.staff(caseworker))),
            Statement::Assessed(outcome) => Some(("outcome", self.text(&format!("outcome.{outcome}"), &[]))),
            Statement::Rejected(reason) => Some(("rejection", self.text(&format!("rejection.{reason}"), &[]))),
            Statement::Redirected(to) => Some(("to", to.to_string())),
            _ => None,
        };
        let stated = match event.statement.feedback() {
            Some(feedback) => self.feedback(&feedback),
            None => self.text(&format!("event.{level}"), value.as_slice()),
        };
        let values = [
            ("time", self.moment(event.time)),
            ("event", stated),
            ("who", self.who(&event.stated_by)),
            ("number", event.sequence.to_string()),
        ];
        self.text("line", &values)
    }

    fn feedback(&self, feedback: &Feedback) -> String {
        match feedback {
            Feedback::Confirmed { investigation_opened } => {
                let opened = if *investigation_opened { "opened" } else { "not_opened" };
                self.text(&format!("told.confirmed_{opened}"), &[])
            }
            Feedback::InvestigationEnded { ended } => {
                self.text("told.investigation_ended", &[("ended", self.moment(*ended))])
            }
            Feedback::Concluded { ended, conclusion } => {
                let conclusion = self.text(&format!("investigation.{conclusion}"), &[]);
                let values = [("ended", self.moment(*ended)), ("conclusion", conclusion)];
                self.text("told.concluded", &values)
            }
            Feedback::ProsecutionAnswered(answer) => {
                let answer = self.text(&format!("answer.{answer}"), &[]);
                self.text("told.prosecution_answered", &[("answer", answer)])
            }
        }
    }

    fn who(&self, stated_by: &StatedBy) -> String {
        match stated_by {
            StatedBy::Person(person) => self.staff(person),
            StatedBy::Program {
                program,
                on_behalf_of: None,
            } => self.text("who.program", &[("program", program.to_string())]),
            StatedBy::Program {
                program,
                on_behalf_of: Some(person),
            } => {
                let values = [
                    ("program", program.to_string()),
                    ("role", self.text(&format!("role.{}", person.role), &[])),
                    ("staff", person.staff.to_string()),
                ];
                self.text("who.program_for", &values)
            }
            StatedBy::Unknown => self.text("who.unknown", &[]),
        }
    }

    fn staff(&self, person: &StaffReference) -> String {
        let role = self.text(&format!("role.{}", person.role), &[]);
        self.text("who.person", &[("role", role), ("staff", person.staff.to_string())])
    }

    fn notes(&self, verdict: &Verdict, with_lists: bool) -> Vec<String> {
        let is_period = matches!(verdict.scope, Scope::Period(_));
        [
            ("note.sender", true),
            ("note.clock", true),
            ("note.closed", true),
            ("note.history", is_period),
            ("note.no_lists", !with_lists),
        ]
        .into_iter()
        .filter(|(_, applies)| *applies)
        .map(|(note, _)| self.text(note, &[]))
        .collect()
    }
}
