//! Reports and children, counted.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::Event;
use crate::domain::lifecycle::Standing;

/// Reports and children of a district, a type, an urgency, or of the country.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Reports submitted: the sum of those that are delivered, not delivered and closed.
    pub reports: u64,
    /// Children in them.
    pub children: u64,
    /// Reports in which every child that has not ended is with a caseworker.
    pub delivered: u64,
    /// Reports that are open: at least one child is neither with a caseworker nor ended.
    pub not_delivered: u64,
    /// Children in the reports that are not delivered.
    pub children_not_delivered: u64,
    /// Reports whose children were all withdrawn, or closed by a named person.
    pub closed: u64,
}

impl Counts {
    /// One more report about so many children.
    pub fn add_report(&mut self, standing: Standing, children: u64) {
        self.reports = self.reports.saturating_add(1);
        self.children = self.children.saturating_add(children);
        match standing {
            Standing::Delivered => self.delivered = self.delivered.saturating_add(1),
            Standing::Closed => self.closed = self.closed.saturating_add(1),
            Standing::Open => {
                self.not_delivered = self.not_delivered.saturating_add(1);
                self.children_not_delivered = self.children_not_delivered.saturating_add(children);
            }
        }
    }

    /// What these events come to.
    pub fn of<'e>(events: impl IntoIterator<Item = &'e Event>) -> Self {
        let mut counts = Self::default();
        for event in events {
            counts.add_report(event.standing, event.children);
        }
        counts
    }

    /// The sum of several.
    pub fn sum<'c>(all: impl IntoIterator<Item = &'c Self>) -> Self {
        let mut sum = Self::default();
        for counts in all {
            sum += *counts;
        }
        sum
    }
}

/// Saturates: numbers so large come from a file that is refused, and a refusal is no reason to stop.
impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for (mine, others) in [
            (&mut self.reports, other.reports),
            (&mut self.children, other.children),
            (&mut self.delivered, other.delivered),
            (&mut self.not_delivered, other.not_delivered),
            (&mut self.children_not_delivered, other.children_not_delivered),
            (&mut self.closed, other.closed),
        ] {
            *mine = mine.saturating_add(others);
        }
    }
}
