//! The texts of each language.

use std::{collections::HashMap, sync::LazyLock};

/// What headings and guidance are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Bokmål.
    Bokmal,
    /// Nynorsk.
    Nynorsk,
}

impl Language {
    /// BCP 47.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Bokmal => "nb",
            Self::Nynorsk => "nn",
        }
    }
}

type Texts = HashMap<&'static str, &'static str>;

static BOKMAL: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("nb.txt")));
static NYNORSK: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("nn.txt")));

/// One text a line: key, ` = `, text. Lines that begin with `#` are for translators.
fn parse(catalogue: &'static str) -> Texts {
    let lines = catalogue.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" = ")).collect()
}

/// The text of a key, with these values in it.
pub(super) fn text(language: Language, key: &str, values: &[(&str, String)]) -> String {
    let texts = match language {
        Language::Bokmal => &BOKMAL,
        Language::Nynorsk => &NYNORSK,
    };
    let mut said = String::new();
    let mut rest = texts.get(key).copied().unwrap_or(key);
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        said.extend(
            values
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.as_str()),
        );
        rest = after;
    }
    said.push_str(rest);
    said
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(text: &str) -> BTreeSet<&str> {
        let after = text.split('{').skip(1);
        after.filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn both_languages_have_every_text_once_about_the_same_things() {
        let keys = |texts: &Texts| texts.keys().copied().collect::<BTreeSet<_>>();
        assert_eq!(keys(&BOKMAL), keys(&NYNORSK));
        for (file, texts) in [(include_str!("nb.txt"), &BOKMAL), (include_str!("nn.txt"), &NYNORSK)] {
            let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
            assert_eq!(lines.count(), texts.len());
        }
        for (key, text) in BOKMAL.iter() {
            assert_eq!(names(text), names(NYNORSK[key]), "{key}");
            assert!(!text.trim().is_empty() && !NYNORSK[key].trim().is_empty(), "{key}");
        }
    }

    /// A key that is no literal would not be found here: those with a number or word in them are looked up by the test of
    /// the letter itself.
    #[test]
    fn every_text_that_a_letter_asks_for_is_there() {
        let sources = [
            include_str!("body.rs"),
            include_str!("cover.rs"),
            include_str!("page.rs"),
            include_str!("write.rs"),
        ];
        for source in sources {
            for call in ["word(\"", "text(\"", "field(\"", "heading(\""] {
                for rest in source.split(call).skip(1) {
                    let key = rest.split('"').next().unwrap();
                    assert!(BOKMAL.contains_key(key), "{key}");
                }
            }
        }
    }
}
