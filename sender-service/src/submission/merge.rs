//! The parts of a report put together again: common parts once, and the children of all.

use framme_shared::wire::pb::report::{Attachment, Report};

/// Puts parts together. Each comes with the places of its children in the whole report, in the part's order.
/// `None` when there are no parts.
pub fn merge(parts: Vec<(Report, Vec<i64>)>) -> Option<Report> {
    let mut children = Vec::new();
    let mut attachments: Vec<Attachment> = Vec::new();
    let mut common: Option<Report> = None;
    for (mut part, places) in parts {
        children.extend(places.into_iter().zip(std::mem::take(&mut part.children)));
        for attachment in std::mem::take(&mut part.attachments) {
            match attachments
                .iter_mut()
                .find(|known| known.attachment_id == attachment.attachment_id)
            {
                Some(known) => known.child_ids.extend(attachment.child_ids),
                None => attachments.push(attachment),
            }
        }
        common.get_or_insert(part);
    }
    children.sort_by_key(|(place, _)| *place);
    common.map(|common| Report {
        children: children.into_iter().map(|(_, child)| child).collect(),
        attachments,
        ..common
    })
}

#[cfg(test)]
mod tests {
    use framme_shared::wire::pb::report::Child;

    use super::*;

    fn report(children: &[&str], attachments: &[(&str, &[&str])]) -> Report {
        let child = |id: &&str| Child {
            child_id: (*id).to_owned(),
            ..Child::default()
        };
        let attachment = |(id, children): &(&str, &[&str])| Attachment {
            attachment_id: (*id).to_owned(),
            child_ids: children.iter().map(|child| (*child).to_owned()).collect(),
            ..Attachment::default()
        };
        Report {
            report_id: "r".to_owned(),
            children: children.iter().map(child).collect(),
            attachments: attachments.iter().map(attachment).collect(),
            ..Report::default()
        }
    }

    #[test]
    fn children_come_back_in_their_places_and_common_parts_once() {
        let east = report(&["a", "c"], &[("all", &[]), ("both", &["a"])]);
        let west = report(&["b"], &[("all", &[]), ("both", &["b"])]);
        let whole = report(&["a", "b", "c"], &[("all", &[]), ("both", &["a", "b"])]);
        assert!(merge(vec![(east, vec![0, 2]), (west, vec![1])]) == Some(whole));
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert!(merge(Vec::new()).is_none());
    }
}
