//! Which fields of a message break which rules: all of them at once, so that nobody mends one to learn of the next.

use std::{borrow::Cow, fmt};

use super::pb::report::ErrorReason;

/// How many violations an answer names. Answers travel in HTTP/2 trailers, of which the common clients take 8 KiB.
pub const MAX_NAMED: usize = 32;

/// One field and the rule it breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    field: String,
    rule: Cow<'static, str>,
    reason: ErrorReason,
}

impl Violation {
    /// Path from the message's root, as `children[0].informed.reason`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What must hold. Never what was there instead.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// `INVALID_FIELD` or `UNKNOWN_ENUM_VALUE`.
    pub fn reason(&self) -> ErrorReason {
        self.reason
    }
}

/// At least one violation; the first [`MAX_NAMED`] by name, the rest by number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FieldViolations {
    named: Vec<Violation>,
    unnamed: usize,
}

impl FieldViolations {
    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One field, one rule.
    pub fn of(field: impl Into<String>, rule: impl Into<Cow<'static, str>>) -> Self {
        let mut found = Self::new();
        found.add(field, rule);
        found
    }

    /// Adds a field that breaks a rule.
    pub fn add(&mut self, field: impl Into<String>, rule: impl Into<Cow<'static, str>>) {
        self.push(field.into(), rule.into(), ErrorReason::InvalidField);
    }

    /// Adds an enum value that this version does not know.
    pub fn add_unknown_enum_value(&mut self, field: impl Into<String>) {
        self.push(
            field.into(),
            "must be a value that this version knows".into(),
            ErrorReason::UnknownEnumValue,
        );
    }

    /// Those that are named, in the order of the fields.
    pub fn iter(&self) -> impl Iterator<Item = &Violation> {
        self.named.iter()
    }

    /// How many more there are.
    pub fn unnamed(&self) -> usize {
        self.unnamed
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// The value, unless something was found.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// `UNKNOWN_ENUM_VALUE` when there is one, for it says that the two sides differ in version; else `INVALID_FIELD`.
    pub fn reason(&self) -> ErrorReason {
        let unknown = |violation: &Violation| violation.reason == ErrorReason::UnknownEnumValue;
        if self.named.iter().any(unknown) {
            ErrorReason::UnknownEnumValue
        } else {
            ErrorReason::InvalidField
        }
    }

    fn push(&mut self, field: String, rule: Cow<'static, str>, reason: ErrorReason) {
        if self.named.len() < MAX_NAMED {
            self.named.push(Violation { field, rule, reason });
        } else {
            self.unnamed += 1;
        }
    }
}

impl fmt::Display for FieldViolations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.named.first() else {
            return f.write_str("no field breaks a rule");
        };
        write!(f, "{} {}", first.field, first.rule)?;
        match self.named.len() - 1 + self.unnamed {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl std::error::Error for FieldViolations {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_beyond_the_bound_is_counted() {
        let mut found = FieldViolations::new();
        for index in 0..MAX_NAMED + 5 {
            found.add(format!("children[{index}].name"), "must not be empty");
        }
        assert_eq!((found.iter().count(), found.unnamed()), (MAX_NAMED, 5));
        assert_eq!(found.to_string(), "children[0].name must not be empty (and 36 more)");
    }

    #[test]
    fn one_unknown_enum_value_makes_it_a_difference_of_versions() {
        let mut found = FieldViolations::of("report_id", "must not be empty");
        assert_eq!(found.reason(), ErrorReason::InvalidField);
        found.add_unknown_enum_value("type");
        assert_eq!(found.reason(), ErrorReason::UnknownEnumValue);
    }
}
