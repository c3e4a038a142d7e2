//! The faults of a check that looks at many things.

use super::Finding;

/// Most faults that are named; more are only counted.
const MOST_NAMED: usize = 20;

/// Counts faults, and names the first of them: a database with a million faults is told of in one line.
#[derive(Debug, Default)]
pub struct Faults {
    count: u64,
    named: Vec<String>,
}

impl Faults {
    /// One more. `what` names it without personal data.
    pub fn note(&mut self, what: impl Into<String>) {
        self.count += 1;
        if self.named.len() < MOST_NAMED {
            self.named.push(what.into());
        }
    }

    /// The finding of the check; `seen` says what was looked at.
    #[must_use]
    pub fn finding(&self, check: impl Into<String>, seen: &str) -> Finding {
        if self.count == 0 {
            return Finding::good(check, seen);
        }
        let more = if self.count > self.named.len() as u64 {
            ", …"
        } else {
            ""
        };
        let text = format!("{seen}; {} do not hold: {}{more}", self.count, self.named.join(", "));
        Finding::fault(check, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_faults_are_counted_and_the_first_twenty_named() {
        let mut faults = Faults::default();
        assert!(faults.finding("content", "100 opened").is_good);
        for number in 0..30 {
            faults.note(format!("content {number}"));
        }
        let finding = faults.finding("content", "100 opened");
        assert!(!finding.is_good);
        assert!(
            finding.text.starts_with("100 opened; 30 do not hold: content 0, "),
            "{}",
            finding.text
        );
        assert!(finding.text.ends_with("content 19, …"), "{}", finding.text);
    }
}
