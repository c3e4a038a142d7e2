//! Whether what a receiver says it holds is what it must hold. Pure.

use std::collections::HashMap;

use framme_shared::domain::{
    digest::Digest,
    holding::{Held, LastReceipt, Presence},
    ids::AttachmentId,
    lifecycle::ChildState,
};

use super::Finding;
use crate::store::child::ChildRow;

/// What the sender knows of a transmission.
pub(super) struct Known<'a> {
    /// SHA-256 of the content that was sent.
    pub(super) digest: Digest,
    /// How many receipts about it are stored, and the last of them.
    pub(super) receipts: Option<(u64, LastReceipt)>,
    /// Whether the receiver has lost and stored it anew before: then it may have lost receipts with it.
    pub(super) stored_anew: bool,
    /// Its children, as their receipts say.
    pub(super) children: Vec<&'a ChildRow>,
    /// The files of its report.
    pub(super) files: &'a HashMap<AttachmentId, Digest>,
}

/// What an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is held as the receipts say.
    Right,
    /// It is held, and the receiver has made receipts since that have not come yet: what they say of it is not known.
    Ahead,
    /// It is not.
    Wrong(Finding),
    /// A word of a later version: no answer.
    NotUnderstood,
}

impl Known<'_> {
    pub(super) fn judge(&self, presence: &Presence) -> Verdict {
        let held = match presence {
            Presence::Held(held) => held,
            Presence::Missing => return Verdict::Wrong(Finding::Missing),
            Presence::Damaged => return Verdict::Wrong(Finding::Damaged),
            Presence::Unknown => return Verdict::NotUnderstood,
        };
        if held.digest != self.digest {
            return Verdict::Wrong(Finding::OtherDigest);
        }
        let is_there = |child: &&ChildRow| held.children.iter().any(|held| held.child == child.child);
        if !self.children.iter().all(is_there) {
            return Verdict::Wrong(Finding::ChildMissing);
        }
        let is_right = |id, digest| self.files.get(id).is_none_or(|sent| sent == digest);
        if !held
            .files
            .iter()
            .flatten()
            .all(|file| is_right(&file.attachment, &file.digest))
        {
            return Verdict::Wrong(Finding::OtherFile);
        }
        self.judge_receipts(held)
    }

    fn judge_receipts(&self, held: &Held) -> Verdict {
        let Some((count, last)) = self.receipts else {
            return if held.last.is_some() {
                Verdict::Ahead
            } else {
                Verdict::Right
            };
        };
        let theirs = match held.last {
            Some(theirs) if theirs.sequence >= last.sequence => theirs,
            _ => return Verdict::Wrong(Finding::FewerReceipts),
        };
        if held.receipts < count && !self.stored_anew {
            return Verdict::Wrong(Finding::FewerReceipts);
        }
        if theirs.sequence > last.sequence {
            return Verdict::Ahead;
        }
        if theirs.sha256 != last.sha256 {
            return Verdict::Wrong(Finding::OtherReceipts);
        }
        if self.children.iter().all(|child| agrees(child, held)) {
            Verdict::Right
        } else {
            Verdict::Wrong(Finding::OtherStage)
        }
    }
}

/// Whether a child that counts as delivered here has the same caseworker there. What does not count as delivered needs no
/// agreement: its receipts will come.
fn agrees(child: &ChildRow, held: &Held) -> bool {
    let assignment = match &child.state {
        ChildState::Assigned { assignment, .. } | ChildState::Assessed { assignment, .. } => assignment,
        _ => return true,
    };
    let there = held.children.iter().find(|held| held.child == child.child);
    there.is_some_and(|there| {
        there.stage == Some(child.state.stage()) && there.staff.as_ref() == Some(&assignment.caseworker.staff)
    })
}

#[cfg(test)]
mod tests {
    use framme_shared::domain::{
        holding::{HeldChild, HeldFile},
        ids::{ChildId, ReportId, TransmissionId},
        lifecycle::{Assignment, Progress, Stage},
        staff_id::StaffId,
        staff_role::{StaffReference, StaffRole},
    };
    use jiff::Timestamp;

    use super::*;

    const ID: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20";

    fn child() -> ChildRow {
        let since = Timestamp::UNIX_EPOCH;
        let caseworker = StaffReference {
            role: StaffRole::Caseworker,
            staff: StaffId::parse("cw-1").unwrap(),
        };
        ChildRow {
            report: ReportId::parse(ID).unwrap(),
            child: ChildId::parse(ID).unwrap(),
            transmission: TransmissionId::parse(ID).unwrap(),
            place: 0,
            municipality: "5501".to_owned(),
            city_district: None,
            state: ChildState::Assigned {
                since,
                progress: Progress::default(),
                assignment: Assignment { caseworker, since },
            },
            moved_to: None,
            read_before: None,
        }
    }

    fn last(sequence: u64) -> LastReceipt {
        LastReceipt {
            sequence,
            sha256: Digest::of(&sequence.to_be_bytes()),
        }
    }

    fn held() -> Held {
        Held {
            digest: Digest::of(b"content"),
            receipts: 2,
            last: Some(last(7)),
            children: vec![HeldChild {
                child: ChildId::parse(ID).unwrap(),
                stage: Some(Stage::Assigned),
                staff: Some(StaffId::parse("cw-1").unwrap()),
            }],
            files: None,
        }
    }

    fn judged(change: impl FnOnce(&mut Held)) -> Verdict {
        judged_by(false, change)
    }

    fn judged_by(stored_anew: bool, change: impl FnOnce(&mut Held)) -> Verdict {
        let file = AttachmentId::parse(ID).unwrap();
        Known {
            digest: Digest::of(b"content"),
            receipts: Some((2, last(7))),
            stored_anew,
            children: vec![&child()],
            files: &HashMap::from([(file, Digest::of(b"file"))]),
        }
        .judge(&Presence::Held({
            let mut held = held();
            change(&mut held);
            held
        }))
    }

    #[test]
    fn what_is_held_as_the_receipts_say_is_right() {
        assert_eq!(judged(|_| {}), Verdict::Right);
    }

    #[test]
    fn content_that_is_not_what_was_sent_is_wrong() {
        let wrong = Verdict::Wrong(Finding::OtherDigest);
        assert_eq!(judged(|held| held.digest = Digest::of(b"other")), wrong);
    }

    #[test]
    fn a_child_or_file_that_is_not_what_was_sent_is_wrong() {
        assert_eq!(
            judged(|held| held.children.clear()),
            Verdict::Wrong(Finding::ChildMissing)
        );
        let file = |digest| {
            judged(|held| {
                held.files = Some(vec![HeldFile {
                    attachment: AttachmentId::parse(ID).unwrap(),
                    digest,
                }]);
            })
        };
        assert_eq!(file(Digest::of(b"other")), Verdict::Wrong(Finding::OtherFile));
        assert_eq!(file(Digest::of(b"file")), Verdict::Right);
    }

    #[test]
    fn receipts_that_the_receiver_forgot_are_wrong_and_later_ones_are_awaited() {
        let fewer = Verdict::Wrong(Finding::FewerReceipts);
        assert_eq!(judged(|held| held.last = Some(last(6))), fewer);
        assert_eq!(judged(|held| (held.receipts, held.last) = (0, None)), fewer);
        assert_eq!(judged(|held| held.receipts = 1), fewer);
        assert_eq!(judged(|held| held.last = Some(last(8))), Verdict::Ahead);
    }

    #[test]
    fn who_stored_it_anew_may_have_lost_the_receipts_from_before() {
        assert_eq!(judged_by(true, |held| held.receipts = 1), Verdict::Right);
    }

    #[test]
    fn another_receipt_under_the_same_number_is_wrong() {
        let other = Some(LastReceipt {
            sequence: 7,
            sha256: Digest::of(b"other"),
        });
        assert_eq!(judged(|held| held.last = other), Verdict::Wrong(Finding::OtherReceipts));
    }

    #[test]
    fn a_child_without_its_caseworker_is_wrong() {
        let wrong = Verdict::Wrong(Finding::OtherStage);
        assert_eq!(judged(|held| held.children[0].stage = Some(Stage::Stored)), wrong);
        assert_eq!(judged(|held| held.children[0].stage = None), wrong);
        assert_eq!(
            judged(|held| held.children[0].staff = StaffId::parse("cw-2").ok()),
            wrong
        );
    }
}
