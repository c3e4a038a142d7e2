//! What one side holds of a transmission, in the one form that both sides can make.

use crate::domain::{
    digest::Digest,
    ids::{ChildId, ReportId, TransmissionId},
    lifecycle::{ChildState, FeedbackGiven},
};

/// What one side holds of a transmission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the pair.
    pub sequence: u64,
    /// The id that the sender gave it.
    pub transmission: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// SHA-256 of its content.
    pub content_sha256: Digest,
    /// Its children in the order of their ids.
    pub children: Vec<ChildFact>,
}

/// Where one side has a child.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChildFact {
    /// The child.
    pub child: ChildId,
    /// The word of its stage. A text, so that a word of a later version is compared and not refused.
    pub stage: String,
    /// The staff id of its caseworker; empty for none.
    pub caseworker: String,
    /// What belongs to the stage: the outcome of an assessment, the reason of a rejection, the service that it was
    /// redirected to; and then what the service has told of the child, see [`ChildFact::detail`]. Empty for nothing.
    pub detail: String,
}

/// Begins every digest of an entry, so that it is none of anything else.
const DOMAIN: &[u8] = b"framme-entry-1";

impl Entry {
    /// SHA-256 over the parts, each preceded by its length in four bytes, big end first.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut parts = Parts::default();
        parts.add(DOMAIN);
        parts.add(&self.sequence.to_be_bytes());
        parts.add(self.transmission.to_string().as_bytes());
        parts.add(self.report.to_string().as_bytes());
        parts.add(self.content_sha256.as_bytes());
        for child in &self.children {
            parts.add(child.child.to_string().as_bytes());
            parts.add(child.stage.as_bytes());
            parts.add(child.caseworker.as_bytes());
            parts.add(child.detail.as_bytes());
        }
        Digest::of(&parts.0)
    }

    /// Whether both are the same part of the same report, wherever its children are.
    #[must_use]
    pub fn has_content_of(&self, other: &Self) -> bool {
        let ids = |entry: &Self| entry.children.iter().map(|child| child.child).collect::<Vec<_>>();
        (self.transmission, self.report, self.content_sha256)
            == (other.transmission, other.report, other.content_sha256)
            && ids(self) == ids(other)
    }
}

impl ChildFact {
    /// What belongs to the stage, and what was told, in one text: where nothing was told it is what belongs to the stage, so
    /// that sides of before there was feedback come to the same.
    #[must_use]
    pub fn detail(stage: &str, told: &FeedbackGiven) -> String {
        match told.words() {
            words if words.is_empty() => stage.to_owned(),
            words => format!("{stage}; {words}"),
        }
    }

    /// Where a child is, by its state.
    #[must_use]
    pub fn of(child: ChildId, state: &ChildState) -> Self {
        let detail = match state {
            ChildState::Assessed { outcome, .. } => outcome.to_string(),
            ChildState::Rejected { reason, .. } => reason.to_string(),
            ChildState::Redirected { to, .. } => to.to_string(),
            _ => String::new(),
        };
        let caseworker = state
            .assignment()
            .map(|assignment| assignment.caseworker.staff.to_string());
        Self {
            child,
            stage: state.stage().to_string(),
            caseworker: caseworker.unwrap_or_default(),
            detail: Self::detail(&detail, &state.feedback()),
        }
    }
}

#[derive(Default)]
struct Parts(Vec<u8>);

impl Parts {
    fn add(&mut self, part: &[u8]) {
        // No part is near 4 GiB: ids, words and digests.
        self.0.extend_from_slice(&(part.len() as u32).to_be_bytes());
        self.0.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn entry() -> Entry {
        Entry {
            sequence: 17,
            transmission: TransmissionId::parse("0c9e4d0e-6c1f-4a56-8f0e-2f6f3a7f4b10").unwrap(),
            report: ReportId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap(),
            content_sha256: Digest::of(b"content"),
            children: vec![ChildFact {
                child: ChildId::parse("76b7cf28-8bc9-59f4-9134-0894e0d7d8b7").unwrap(),
                stage: "assigned".to_owned(),
                caseworker: "caseworker-7".to_owned(),
                detail: String::new(),
            }],
        }
    }

    /// What others must come to: `docs/protocol.md` has the same value.
    #[test]
    fn the_digest_is_that_of_the_protocol() {
        assert_eq!(
            entry().digest().hex(),
            "77255f765f5f33c71e9aea8a8f1d5f1f3a6a1176be0a2f2fb97d6a263ea9c418"
        );
    }

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let changes: [fn(&mut Entry); 7] = [
            |entry| entry.sequence = 18,
            |entry| entry.transmission = TransmissionId::parse("0c9e4d0e-6c1f-4a56-8f0e-2f6f3a7f4b11").unwrap(),
            |entry| entry.report = ReportId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b21").unwrap(),
            |entry| entry.content_sha256 = Digest::of(b"other"),
            |entry| entry.children[0].stage = "assigne".to_owned(),
            |entry| entry.children[0].caseworker = "caseworker-8".to_owned(),
            |entry| entry.children.clear(),
        ];
        for change in changes {
            let mut other = entry();
            change(&mut other);
            assert_ne!(other.digest(), entry().digest());
        }
        let mut moved = entry();
        moved.children[0].detail = std::mem::take(&mut moved.children[0].caseworker);
        assert_ne!(moved.digest(), entry().digest());
    }

    #[test]
    fn what_was_told_counts_and_nothing_told_is_as_before_there_was_feedback() {
        use crate::domain::lifecycle::{Conclusion, Told};
        let nothing = FeedbackGiven::default();
        assert_eq!(ChildFact::detail("followed_up", &nothing), "followed_up");
        let since = jiff::Timestamp::UNIX_EPOCH;
        let concluded = Told {
            what: Conclusion::Moved,
            since,
        };
        let told = FeedbackGiven::stored(Some(Told { what: true, since }), Some(since), Some(concluded), None);
        assert_eq!(
            ChildFact::detail("followed_up", &told.unwrap()),
            "followed_up; investigation, ended 1970-01-01T00:00:00.000000Z, moved"
        );
    }

    #[test]
    fn a_child_elsewhere_leaves_the_content_the_same() {
        let mut other = entry();
        other.children[0].stage = "stored".to_owned();
        assert!(entry().has_content_of(&other));
        other.children.clear();
        assert!(!entry().has_content_of(&other));
    }
}
