//! The texts of each language.

use std::{collections::HashMap, sync::LazyLock};

use super::Language;

type Texts = HashMap<&'static str, &'static str>;

static BOKMAL: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("nb.txt")));
static NYNORSK: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("nn.txt")));
static ENGLISH: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("en.txt")));

/// One text a line: key, ` = `, text. Lines that begin with `#` are for translators.
fn parse(catalogue: &'static str) -> Texts {
    catalogue
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .collect()
}

fn texts(language: Language) -> &'static Texts {
    match language {
        Language::Bokmal => &BOKMAL,
        Language::Nynorsk => &NYNORSK,
        Language::English => &ENGLISH,
    }
}

/// The text of a key, with these values in it. A word that has no text, for example of a later version, is said as it is.
pub(super) fn text(language: Language, key: &str, values: &[(&str, String)]) -> String {
    let Some(text) = texts(language).get(key) else {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::{
        evidence::{FaultCode, Section},
        lifecycle::{AssessmentOutcome, Conclusion, ProsecutionAnswer, RejectionReason, Stage},
        receipt::Level,
        staff_role::StaffRole,
    };

    const FILES: [(Language, &str); 3] = [
        (Language::Bokmal, include_str!("nb.txt")),
        (Language::Nynorsk, include_str!("nn.txt")),
        (Language::English, include_str!("en.txt")),
    ];

    fn keys(language: Language) -> BTreeSet<&'static str> {
        texts(language).keys().copied().collect()
    }

    fn names(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect()
    }

    #[test]
    fn every_language_has_every_text_once_about_the_same_things() {
        for (language, file) in FILES {
            assert_eq!(keys(language), keys(Language::Bokmal), "{language}");
            let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
            assert_eq!(
                lines.count(),
                keys(language).len(),
                "{language} has a key twice, or a line without one"
            );
            for (key, text) in texts(language) {
                assert!(!text.trim().is_empty(), "{language} {key}");
                assert_eq!(names(text), names(BOKMAL[key]), "{language} {key}");
            }
        }
    }

    #[test]
    fn every_word_that_a_package_can_hold_has_a_text() {
        let known = keys(Language::Bokmal);
        let words = |set: &'static str, words: Vec<&'static str>| {
            words
                .into_iter()
                .map(move |word| format!("{set}.{word}"))
                .collect::<Vec<_>>()
        };
        let all = [
            words("fault", FaultCode::ALL.iter().map(|word| word.as_str()).collect()),
            words("section", Section::ALL.iter().map(|word| word.as_str()).collect()),
            words("stage", Stage::ALL.iter().map(|word| word.as_str()).collect()),
            words("level", Level::ALL.iter().map(|word| word.as_str()).collect()),
            words("event", Level::ALL.iter().map(|word| word.as_str()).collect()),
            words("state", Stage::ALL.iter().map(|word| word.as_str()).collect()),
            words("role", StaffRole::ALL.iter().map(|word| word.as_str()).collect()),
            words(
                "outcome",
                AssessmentOutcome::ALL.iter().map(|word| word.as_str()).collect(),
            ),
            words(
                "rejection",
                RejectionReason::ALL.iter().map(|word| word.as_str()).collect(),
            ),
            words(
                "investigation",
                Conclusion::ALL.iter().map(|word| word.as_str()).collect(),
            ),
            words(
                "answer",
                ProsecutionAnswer::ALL.iter().map(|word| word.as_str()).collect(),
            ),
            words("reason", REASONS.to_vec()),
        ];
        for key in all.into_iter().flatten() {
            assert!(known.contains(key.as_str()), "{key}");
        }
    }

    /// What a signed text can be refused for.
    const REASONS: [&str; 15] = [
        "too_large",
        "malformed",
        "wrong_type",
        "unknown_critical_header",
        "wrong_algorithm",
        "certificate_mismatch",
        "certificate_without_organisation",
        "unusable_key",
        "untrusted_certificate",
        "revoked_certificate",
        "wrong_signer",
        "bad_signature",
        "invalid_claims",
        "time_mismatch",
        "in_future",
    ];

    #[test]
    fn values_stand_where_the_text_has_their_names() {
        let said = text(
            Language::English,
            "place",
            &[("section", "receipts".into()), ("place", "3".into())],
        );
        assert_eq!(said, "receipts, no. 3");
    }

    #[test]
    fn a_word_of_a_later_version_is_said_as_it_is() {
        assert_eq!(text(Language::Nynorsk, "level.archived", &[]), "archived");
    }
}
