//! Which transmission a child counts in, after parts of its report came back from several receivers in any order.

use std::collections::HashMap;

use framme_shared::domain::ids::{ChildId, TransmissionId};

use crate::store::child::ChildRow;

/// Says for each of these rows where its child was sent on to. Each transmission that was sent on names the one before it;
/// where a transmission between two is missing, ids tell, because they are made in the order of time.
pub(super) fn link(rows: &mut [ChildRow], sent_on_from: &HashMap<TransmissionId, TransmissionId>) {
    let mut of_child: HashMap<ChildId, Vec<usize>> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        of_child.entry(row.child).or_default().push(place);
    }
    for places in of_child.into_values() {
        let transmissions: Vec<TransmissionId> = places.iter().map(|place| rows[*place].transmission).collect();
        let follower = |of: &TransmissionId| {
            let mut followers = transmissions.iter();
            followers.find(|id| sent_on_from.get(id) == Some(of)).copied()
        };
        let last = transmissions.iter().filter(|id| follower(id).is_none()).max().copied();
        for place in places {
            let id = rows[place].transmission;
            rows[place].moved_to = follower(&id).or(last.filter(|last| *last != id));
        }
    }
}

#[cfg(test)]
mod tests {
    use framme_shared::domain::{ids::ReportId, lifecycle::ChildState};
    use jiff::Timestamp;

    use super::*;

    fn id(number: u32) -> TransmissionId {
        TransmissionId::parse(&format!("0190b8a4-0000-7000-8000-{number:012}")).unwrap()
    }

    fn row(transmission: u32) -> ChildRow {
        ChildRow {
            report: ReportId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap(),
            child: ChildId::parse("76b7cf28-8bc9-59f4-9134-0894e0d7d8b7").unwrap(),
            transmission: id(transmission),
            place: 0,
            municipality: "5501".to_owned(),
            city_district: None,
            state: ChildState::Queued {
                since: Timestamp::UNIX_EPOCH,
            },
            moved_to: None,
            read_before: None,
        }
    }

    fn linked(order: &[u32], from: &[(u32, u32)]) -> Vec<(TransmissionId, Option<TransmissionId>)> {
        let mut rows: Vec<ChildRow> = order.iter().map(|number| row(*number)).collect();
        let from = from.iter().map(|(to, from)| (id(*to), id(*from))).collect();
        link(&mut rows, &from);
        let mut links: Vec<_> = rows.iter().map(|row| (row.transmission, row.moved_to)).collect();
        links.sort_unstable();
        links
    }

    #[test]
    fn a_chain_is_the_same_in_whatever_order_it_comes_back() {
        let chain = vec![(id(1), Some(id(2))), (id(2), Some(id(3))), (id(3), None)];
        for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
            assert_eq!(linked(&order, &[(2, 1), (3, 2)]), chain);
        }
    }

    #[test]
    fn a_child_counts_once_while_a_transmission_between_is_missing() {
        assert_eq!(linked(&[3, 1], &[(3, 2)]), [(id(1), Some(id(3))), (id(3), None)]);
    }
}
