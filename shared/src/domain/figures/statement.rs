//! What a district states about a period, and the rules that make it consistent.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{Counts, Event, KnownChildren, Period, Promise, TimeToAssigned, json};
use crate::domain::{
    organisation::OrganisationNumber,
    report::{ReportType, Urgency},
    text::Line,
};

/// Reports in one file, at most: a district's reports of many years, and far below the limit of a signed text.
pub const MOST_EVENTS: usize = 200_000;
/// As many as a report may have case references.
const MOST_KEYS: usize = 20;
/// Children of one report.
const MOST_CHILDREN: u64 = 50;

/// The figures of one police district and one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The police organisation that states them.
    pub sender: OrganisationNumber,
    /// When they were made: what is counted as delivered was so at this time.
    pub time: Timestamp,
    /// The police district, as in the reports.
    pub district: String,
    /// Which reports: those submitted in it.
    pub period: Period,
    /// All of them.
    pub totals: Counts,
    /// Delivered later than was promised.
    pub late: u64,
    /// What was promised.
    pub promise: Promise,
    /// Reports of which children were closed because they were taken by letter.
    pub by_letter: u64,
    /// How long the delivered ones took; `None` exactly when there are none.
    pub to_assigned: Option<TimeToAssigned>,
    /// All of them by type; types without reports may be missing.
    pub types: Vec<(ReportType, Counts)>,
    /// All of them by urgency; urgencies without reports may be missing.
    pub urgencies: Vec<(Urgency, Counts)>,
    /// What the receivers said of children whose case was not known.
    pub known: KnownChildren,
    /// One for each report.
    pub events: Vec<Event>,
}

/// Figures that contradict themselves, or a payload that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFigures {
    /// Not JSON of this form.
    #[error("the figures cannot be read")]
    Malformed,
    /// Of a version that this program does not know.
    #[error("the figures are of a version that this program does not know")]
    Version,
    /// Two numbers in them cannot both be right.
    #[error("the figures contradict themselves: {0}")]
    Contradiction(&'static str),
}

impl Figures {
    /// The payload to sign.
    ///
    /// # Errors
    /// [`InvalidFigures`] when they break a rule.
    pub fn to_payload(&self) -> Result<Vec<u8>, InvalidFigures> {
        self.check()?;
        json::write(self)
    }

    /// Reads a payload. Nothing is known yet about who made it.
    ///
    /// # Errors
    /// [`InvalidFigures`].
    pub fn from_payload(payload: &[u8]) -> Result<Self, InvalidFigures> {
        let figures = json::read(payload)?;
        figures.check()?;
        Ok(figures)
    }

    /// The figures as JSON for people and programs, without the events.
    ///
    /// # Errors
    /// [`InvalidFigures::Malformed`], which does not happen.
    pub fn summary(&self) -> Result<Vec<u8>, InvalidFigures> {
        json::write_summary(self)
    }

    /// Refuses numbers that cannot all be right.
    fn check(&self) -> Result<(), InvalidFigures> {
        let holds = |rule: bool, otherwise| match rule {
            true => Ok(()),
            false => Err(InvalidFigures::Contradiction(otherwise)),
        };
        holds(Line::<60>::parse(&self.district).is_ok(), "the district has no name")?;
        holds(self.events.len() <= MOST_EVENTS, "there are too many reports")?;
        holds(
            self.events.iter().all(|event| self.is_event(event)),
            "a report is not of the period, or has no key",
        )?;
        holds(
            Counts::of(&self.events) == self.totals,
            "the reports do not add up to the totals",
        )?;
        holds(
            adds_up(&self.types, &self.totals),
            "the types do not add up to the totals",
        )?;
        holds(
            adds_up(&self.urgencies, &self.totals),
            "the urgencies do not add up to the totals",
        )?;
        holds(self.late <= self.totals.delivered, "more are late than are delivered")?;
        holds(
            self.by_letter <= self.totals.reports,
            "more went by letter than there are reports",
        )?;
        holds(
            self.to_assigned.is_some() == (self.totals.delivered > 0),
            "a time to assignment needs a delivered report, and none may lack it",
        )?;
        holds(
            self.to_assigned.is_none_or(|times| times.median <= times.p90),
            "the median is above the 90th percentile",
        )?;
        holds(self.promise.is_sensible(), "what is promised is no time")?;
        let known = &self.known;
        holds(
            known.not_known <= known.answered,
            "more children are not known than were answered for",
        )?;
        holds(
            known.answered <= self.totals.children,
            "more children were answered for than there are",
        )?;
        let receivers: HashSet<_> = known.answered_by.iter().chain(&known.not_answered_by).collect();
        holds(
            receivers.len() == known.answered_by.len() + known.not_answered_by.len(),
            "a receiver stands there twice",
        )
    }

    fn is_event(&self, event: &Event) -> bool {
        self.period.holds(event.sent)
            && (1..=MOST_CHILDREN).contains(&event.children)
            && (1..=MOST_KEYS).contains(&event.keys.len())
            && event.keys.is_sorted_by(|one, next| one < next)
    }
}

/// Whether each stands there once, and all together are the whole.
fn adds_up<K: Copy + Ord>(parts: &[(K, Counts)], whole: &Counts) -> bool {
    parts.is_sorted_by(|(one, _), (next, _)| one < next)
        && Counts::sum(parts.iter().map(|(_, counts)| counts)) == *whole
}
