//! Texts by key. Every language has a file of the same keys.

use std::collections::HashMap;

/// The texts of one language.
pub(in crate::domain) struct Catalogue(HashMap<&'static str, &'static str>);

impl Catalogue {
    /// One text a line: key, ` = `, text. Lines that begin with `#` are for translators.
    pub(in crate::domain) fn parse(file: &'static str) -> Self {
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        Self(lines.filter_map(|line| line.split_once(" = ")).collect())
    }

    /// The text of a key, with these values where it has `{name}`. A word that has no text, for example of a later version,
    /// is said as it is.
    pub(in crate::domain) fn say(&self, key: &str, values: &[(&str, String)]) -> String {
        let Some(text) = self.0.get(key) else {
            return key.rsplit('.').next().unwrap_or(key).to_owned();
        };
        let mut said = String::with_capacity(text.len());
        let mut rest = *text;
        while let Some((before, after)) = rest.split_once('{') {
            said.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
                said.push_str(value);
            }
            rest = after;
        }
        said.push_str(rest);
        said
    }
}

/// What tests of catalogues compare.
#[cfg(test)]
impl Catalogue {
    /// Every key, in order.
    pub(in crate::domain) fn keys(&self) -> std::collections::BTreeSet<&'static str> {
        self.0.keys().copied().collect()
    }

    /// Fails unless `other`, read from `file`, has the same keys once each, with a text about the same things.
    pub(in crate::domain) fn assert_alike(&self, other: &Self, file: &str) {
        let names = |text: &'static str| -> std::collections::BTreeSet<&str> {
            let inside = text.split('{').skip(1).filter_map(|rest| rest.split('}').next());
            inside.collect()
        };
        assert_eq!(self.keys(), other.keys());
        let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        assert_eq!(
            lines.count(),
            other.0.len(),
            "a key stands there twice, or a line has none"
        );
        for (key, text) in &other.0 {
            assert!(!text.trim().is_empty(), "{key}");
            assert_eq!(names(text), names(self.0[key]), "{key}");
        }
    }
}
