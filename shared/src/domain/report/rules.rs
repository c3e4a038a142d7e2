//! What the parts of a report must be together.

use std::collections::HashSet;

use super::{Attachment, Child, ChildIdentity, Parts, ReportId, Urgency};

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
    /// Bytes of one attachment, whatever is configured: 4 GiB less 1 MiB. A piece is sealed for the place where it
    /// begins, counted in 32 bits: beyond, two pieces would have one place, and could be exchanged unnoticed. A piece
    /// has 1 MiB at most, so none reaches over the end.
    pub const ATTACHMENT_BYTES: u64 = (1 << 32) - (1 << 20);
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

/// As much of a report as could be read: a part that is wrong by itself stands as `None`, so that the rules between
/// the others are still checked and the writer learns of everything at once.
pub struct Outline<'a> {
    /// The report.
    pub id: Option<ReportId>,
    /// Its urgency.
    pub urgency: Option<Urgency>,
    /// The earlier report.
    pub follows_up: Option<ReportId>,
    /// Every child.
    pub children: Vec<Option<&'a Child>>,
    /// Every attachment.
    pub attachments: Vec<Option<&'a Attachment>>,
    /// How many carers.
    pub carers: usize,
    /// How many references.
    pub police_case_references: usize,
    /// How many calls.
    pub phone_calls: usize,
}

impl<'a> From<&'a Parts> for Outline<'a> {
    fn from(parts: &'a Parts) -> Self {
        Self {
            id: Some(parts.id),
            urgency: Some(parts.urgency),
            follows_up: parts.follows_up,
            children: parts.children.iter().map(Some).collect(),
            attachments: parts.attachments.iter().map(Some).collect(),
            carers: parts.carers.len(),
            police_case_references: parts.police_case_references.len(),
            phone_calls: parts.phone_calls.len(),
        }
    }
}

impl Outline<'_> {
    /// Every rule between parts that does not hold.
    pub fn broken_rules(&self) -> Vec<BrokenRule> {
        let mut broken = Broken(Vec::new());
        self.counts(&mut broken);
        self.between_children(&mut broken);
        self.between_attachments(&mut broken);
        if self.urgency == Some(Urgency::Acute) && self.phone_calls == 0 {
            broken.add(
                "phone_calls",
                "must hold at least one call when urgency is URGENCY_ACUTE",
            );
        }
        if self.follows_up.is_some() && self.follows_up == self.id {
            broken.add("follows_up_report_id", "must be another report");
        }
        broken.0
    }

    fn counts(&self, broken: &mut Broken) {
        if !(1..=limits::CHILDREN).contains(&self.children.len()) {
            broken.add("children", "must be 1 to 50");
        }
        if self.carers > limits::CARERS {
            broken.add("carers", "must be at most 10");
        }
        if self.police_case_references > limits::POLICE_CASE_REFERENCES {
            broken.add("police_case_references", "must be at most 20");
        }
        if self.phone_calls > limits::PHONE_CALLS {
            broken.add("phone_calls", "must be at most 20");
        }
        if self.attachments.len() > limits::ATTACHMENTS {
            broken.add("attachments", "must be at most 20");
        }
    }

    fn between_children(&self, broken: &mut Broken) {
        let mut ids = HashSet::new();
        for (index, child) in known(&self.children) {
            if !ids.insert(child.id) {
                broken.add(
                    format!("children[{index}].child_id"),
                    "must be unique within the report",
                );
            }
            if child.name.is_none() && !matches!(child.identity, ChildIdentity::Unborn { .. }) {
                broken.add(
                    format!("children[{index}].name"),
                    "must be given unless the child is unborn",
                );
            }
            if child.area.municipality().is_divided() && child.area.district().is_none() {
                let rule = "must be given where services are divided by city district";
                broken.add(format!("children[{index}].city_district_number"), rule);
            }
        }
    }

    fn between_attachments(&self, broken: &mut Broken) {
        let children: HashSet<_> = known(&self.children).map(|(_, child)| child.id).collect();
        let all_known = self.children.iter().all(Option::is_some);
        let mut ids = HashSet::new();
        for (index, attachment) in known(&self.attachments) {
            if !ids.insert(attachment.id) {
                broken.add(
                    format!("attachments[{index}].attachment_id"),
                    "must be unique within the report",
                );
            }
            let mut concerned = HashSet::new();
            for (place, child) in attachment.child_ids.iter().enumerate() {
                let field = || format!("attachments[{index}].child_ids[{place}]");
                if all_known && !children.contains(child) {
                    broken.add(field(), "must be a child of the report");
                }
                if !concerned.insert(child) {
                    broken.add(field(), "must be named once");
                }
            }
        }
    }
}

struct Broken(Vec<BrokenRule>);

impl Broken {
    fn add(&mut self, field: impl Into<String>, rule: &'static str) {
        self.0.push(BrokenRule {
            field: field.into(),
            rule,
        });
    }
}

fn known<'a, T>(parts: &[Option<&'a T>]) -> impl Iterator<Item = (usize, &'a T)> {
    parts
        .iter()
        .enumerate()
        .filter_map(|(index, part)| Some((index, (*part)?)))
}
