//! One report becomes one for each receiver.

use std::collections::HashSet;

use super::{Child, Report};

impl Report {
    /// Groups the children by where each belongs, in the order in which the places first appear. Each report has only
    /// its own children and the attachments that concern one of them, and says of an attachment nothing about the
    /// children of others; all else is the same in all.
    pub fn split_by<R: PartialEq>(&self, mut route: impl FnMut(&Child) -> R) -> Vec<(R, Self)> {
        let mut groups: Vec<(R, Vec<Child>)> = Vec::new();
        for child in &self.children {
            let place = route(child);
            match groups.iter_mut().find(|(known, _)| *known == place) {
                Some((_, children)) => children.push(child.clone()),
                None => groups.push((place, vec![child.clone()])),
            }
        }
        groups
            .into_iter()
            .map(|(place, children)| (place, self.with_only(children)))
            .collect()
    }

    fn with_only(&self, children: Vec<Child>) -> Self {
        let ids: HashSet<_> = children.iter().map(|child| child.id).collect();
        let mut parts = self.0.clone();
        parts
            .attachments
            .retain(|attachment| ids.iter().any(|child| attachment.concerns(child)));
        for attachment in &mut parts.attachments {
            attachment.child_ids.retain(|child| ids.contains(child));
        }
        parts.children = children;
        Self(parts)
    }
}
