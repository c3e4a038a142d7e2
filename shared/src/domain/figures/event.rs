//! Events: what two districts may both have sent reports about.

use jiff::Timestamp;

use crate::domain::{
    digest::{Digest, Hasher},
    ids::ReportId,
    lifecycle::Standing,
    text_form::text_form,
};

/// Stands for a police case nationally, without naming it: reports with a key in common are about one event.
///
/// SHA-256 over a fixed prefix and the case reference, or the report's own id when it has no reference. Case references
/// are few and follow a pattern, so whoever has a key and guesses the reference can confirm the guess: a key hides
/// nothing from somebody who may look up police cases anyway, and is for nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey(Digest);

/// Tells these digests from all others, and the two kinds from each other.
const OF_CASE: &[u8] = b"framme-event-case-1\0";
const OF_REPORT: &[u8] = b"framme-event-report-1\0";

impl EventKey {
    /// The key of a police case, by its reference.
    #[must_use]
    pub fn of_case(reference: &str) -> Self {
        Self::digested(OF_CASE, &normalised(reference))
    }

    /// The key of a report that names no police case: it is an event of its own.
    #[must_use]
    pub fn of_report(report: &ReportId) -> Self {
        Self::digested(OF_REPORT, &report.to_string())
    }

    /// The keys of a report with these case references, each once and sorted.
    #[must_use]
    pub fn of(report: &ReportId, references: &[String]) -> Vec<Self> {
        let mut keys: Vec<Self> = references.iter().map(|reference| Self::of_case(reference)).collect();
        if keys.is_empty() {
            keys.push(Self::of_report(report));
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Reads a key as a file has it.
    ///
    /// # Errors
    /// When it is not the text of a SHA-256 digest.
    pub fn parse(text: &str) -> Result<Self, crate::domain::digest::InvalidDigest> {
        Digest::parse(text).map(Self)
    }

    fn digested(prefix: &[u8], text: &str) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(prefix);
        hasher.update(text.as_bytes());
        Self(hasher.finish())
    }
}

impl std::fmt::Display for EventKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

text_form!(EventKey, crate::domain::digest::InvalidDigest);

/// The same reference written in another way: without white space, in capitals, with one kind of dash.
fn normalised(reference: &str) -> String {
    reference
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| match character {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            other => other,
        })
        .flat_map(char::to_uppercase)
        .collect()
}

/// One report, as far as the national table needs it to count an event once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// At least one, sorted.
    pub keys: Vec<EventKey>,
    /// When the report was submitted, to the second: of two districts the one that sent first counts.
    pub sent: Timestamp,
    /// How many children it is about.
    pub children: u64,
    /// Where it stands.
    pub standing: Standing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reference_written_in_two_ways_is_one_key() {
        let one = EventKey::of_case("12345678/23-5 a");
        for other in [" 12345678/23-5A", "12345678 / 23\u{2013}5 A\u{a0}"] {
            assert_eq!(EventKey::of_case(other), one, "{other}");
        }
        assert_ne!(EventKey::of_case("1234567/823-5A"), one);
    }

    #[test]
    fn a_key_is_what_the_protocol_says() {
        let of_case = EventKey::of_case(" sak\u{2013}1");
        assert_eq!(of_case.to_string(), "2wFrrCQo1b9pwwTIZzD3cqVGTYrELr157PQPnoqQsac");
        let report = ReportId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap();
        let of_report = EventKey::of_report(&report);
        assert_eq!(of_report.to_string(), "3fjarEqyQXlWNyU27-mBxzTAvcemLXglLYANdrCmuT8");
    }

    #[test]
    fn a_report_without_a_reference_is_an_event_of_its_own() {
        let report = ReportId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap();
        assert_eq!(EventKey::of(&report, &[]), [EventKey::of_report(&report)]);
        assert_ne!(EventKey::of_report(&report), EventKey::of_case(&report.to_string()));
        let both = EventKey::of(&report, &["A".to_owned(), "b".to_owned(), "a".to_owned()]);
        assert_eq!(both.len(), 2);
        assert!(both.is_sorted());
    }
}
