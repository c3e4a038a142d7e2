//! What the parts of a report must be together.

use std::collections::HashSet;

use super::{ChildIdentity, Parts, Urgency};

/// How many of each a report may have.
pub mod limits {
    /// Children; at least one.
    pub const CHILDREN: usize = 50;
    /// Carers.
    pub const CARERS: usize = 10;
    /// References to police cases.
    pub const POLICE_CASE_REFERENCES: usize = 20;
    /// Phone calls.
    pub const PHONE_CALLS: usize = 20;
    /// Attachments.
    pub const ATTACHMENTS: usize = 20;
    /// Lines of an address.
    pub const ADDRESS_LINES: usize = 3;
}

/// A rule between parts, and where it is broken, in the field names of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRule {
    /// Path from the report, as `children[1].child_id`.
    pub field: String,
    /// What must hold.
    pub rule: &'static str,
}

pub(super) fn broken_by(parts: &Parts) -> Vec<BrokenRule> {
    let mut broken = Broken(Vec::new());
    broken.counts(parts);
    broken.children(parts);
    broken.attachments(parts);
    if parts.urgency == Urgency::Acute && parts.phone_calls.is_empty() {
        broken.add(
            "phone_calls",
            "must hold at least one call when urgency is URGENCY_ACUTE",
        );
    }
    if parts.follows_up == Some(parts.id) {
        broken.add("follows_up_report_id", "must be another report");
    }
    broken.0
}

struct Broken(Vec<BrokenRule>);

impl Broken {
    fn add(&mut self, field: impl Into<String>, rule: &'static str) {
        self.0.push(BrokenRule {
            field: field.into(),
            rule,
        });
    }

    fn counts(&mut self, parts: &Parts) {
        if !(1..=limits::CHILDREN).contains(&parts.children.len()) {
            self.add("children", "must be 1 to 50");
        }
        if parts.carers.len() > limits::CARERS {
            self.add("carers", "must be at most 10");
        }
        if parts.police_case_references.len() > limits::POLICE_CASE_REFERENCES {
            self.add("police_case_references", "must be at most 20");
        }
        if parts.phone_calls.len() > limits::PHONE_CALLS {
            self.add("phone_calls", "must be at most 20");
        }
        if parts.attachments.len() > limits::ATTACHMENTS {
            self.add("attachments", "must be at most 20");
        }
    }

    fn children(&mut self, parts: &Parts) {
        let mut ids = HashSet::new();
        for (index, child) in parts.children.iter().enumerate() {
            if !ids.insert(child.id) {
                self.add(
                    format!("children[{index}].child_id"),
                    "must be unique within the report",
                );
            }
            if child.name.is_none() && !matches!(child.identity, ChildIdentity::Unborn { .. }) {
                self.add(
                    format!("children[{index}].name"),
                    "must not be blank unless the child is unborn",
                );
            }
            if child.area.municipality().is_divided() && child.area.district().is_none() {
                let rule = "must be given where services are divided by city district";
                self.add(format!("children[{index}].city_district_number"), rule);
            }
        }
    }

    fn attachments(&mut self, parts: &Parts) {
        let children: HashSet<_> = parts.children.iter().map(|child| child.id).collect();
        let mut ids = HashSet::new();
        for (index, attachment) in parts.attachments.iter().enumerate() {
            if !ids.insert(attachment.id) {
                self.add(
                    format!("attachments[{index}].attachment_id"),
                    "must be unique within the report",
                );
            }
            let mut concerned = HashSet::new();
            for (place, child) in attachment.child_ids.iter().enumerate() {
                let field = format!("attachments[{index}].child_ids[{place}]");
                if !children.contains(child) {
                    self.add(field, "must be a child of the report");
                } else if !concerned.insert(*child) {
                    self.add(field, "must be named once");
                }
            }
        }
    }
}
