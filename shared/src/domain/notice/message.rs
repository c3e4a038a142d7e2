//! What one message tells: how many of what wait, how urgent, and until when.

use jiff::Timestamp;

use super::Occasion;
use crate::domain::report::Urgency;

/// Notices of one occasion and urgency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Why.
    pub occasion: Occasion,
    /// How soon somebody must act.
    pub urgency: Urgency,
    /// How many, at least one.
    pub count: u64,
    /// The earliest deadline among them, where one has a deadline.
    pub until: Option<Timestamp>,
}

/// Everything that one message tells. One message tells of a hundred notices as well as of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    first: Counted,
    others: Vec<Counted>,
}

impl Message {
    /// The most urgent first, and of those the one with the earliest deadline. `None` when nothing is counted.
    #[must_use]
    pub fn new(mut counts: Vec<Counted>) -> Option<Self> {
        counts.sort_by_key(|counted| {
            let until = counted.until.unwrap_or(Timestamp::MAX);
            (counted.urgency.rank(), until, counted.occasion)
        });
        let mut counts = counts.into_iter();
        let first = counts.next()?;
        Some(Self {
            first,
            others: counts.collect(),
        })
    }

    /// What is most urgent.
    #[must_use]
    pub const fn first(&self) -> &Counted {
        &self.first
    }

    /// Everything, the most urgent first.
    pub fn counts(&self) -> impl Iterator<Item = &Counted> {
        [&self.first].into_iter().chain(&self.others)
    }

    /// How many notices it tells of.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts().map(|counted| counted.count).sum()
    }

    /// The earliest deadline of all.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        self.counts().filter_map(|counted| counted.until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(occasion: Occasion, urgency: Urgency, until: Option<i64>) -> Counted {
        Counted {
            occasion,
            urgency,
            count: 2,
            until: until.map(|second| Timestamp::from_second(second).unwrap()),
        }
    }

    #[test]
    fn the_most_urgent_comes_first_and_the_earliest_deadline_is_that_of_all() {
        let message = Message::new(vec![
            counted(Occasion::Incident, Urgency::Normal, Some(1)),
            counted(Occasion::Waiting, Urgency::Acute, None),
            counted(Occasion::Drill, Urgency::Acute, Some(5)),
        ])
        .unwrap();
        let order: Vec<Occasion> = message.counts().map(|counted| counted.occasion).collect();
        assert_eq!(order, [Occasion::Drill, Occasion::Waiting, Occasion::Incident]);
        assert_eq!(message.until().unwrap().as_second(), 1);
        assert_eq!(message.total(), 6);
        assert_eq!(Message::new(Vec::new()), None);
    }
}
