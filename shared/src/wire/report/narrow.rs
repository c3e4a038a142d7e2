//! A report with some of its children only.

use super::pb::Report;

/// Leaves only the children that are kept, by their ids, and the attachments that concern one of them; says of an attachment
/// nothing about the others. All else stays.
pub fn narrow(report: &mut Report, keeps: impl Fn(&str) -> bool) {
    report.children.retain(|child| keeps(&child.child_id));
    report
        .attachments
        .retain(|file| file.child_ids.is_empty() || file.child_ids.iter().any(|child| keeps(child)));
    for file in &mut report.attachments {
        file.child_ids.retain(|child| keeps(child));
    }
}

#[cfg(test)]
mod tests {
    use super::super::pb::{Attachment, Child};
    use super::*;

    #[test]
    fn what_concerns_only_others_is_gone_and_what_concerns_all_stays() {
        let child = |id: &str| Child {
            child_id: id.to_owned(),
            ..Child::default()
        };
        let file = |id: &str, children: &[&str]| Attachment {
            attachment_id: id.to_owned(),
            child_ids: children.iter().map(|id| (*id).to_owned()).collect(),
            ..Attachment::default()
        };
        let mut report = Report {
            children: vec![child("a"), child("b")],
            attachments: vec![file("all", &[]), file("both", &["a", "b"]), file("other", &["b"])],
            ..Report::default()
        };
        narrow(&mut report, |id| id == "a");
        assert!(report.children == [child("a")]);
        assert!(report.attachments == [file("all", &[]), file("both", &["a"])]);
    }
}
