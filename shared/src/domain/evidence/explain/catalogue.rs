//! The texts of each language.

use std::sync::LazyLock;

use super::Language;
use crate::domain::language::Catalogue;

static BOKMAL: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::parse(include_str!("nb.txt")));
static NYNORSK: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::parse(include_str!("nn.txt")));
static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::parse(include_str!("en.txt")));

fn texts(language: Language) -> &'static Catalogue {
    match language {
        Language::Bokmal => &BOKMAL,
        Language::Nynorsk => &NYNORSK,
        Language::English => &ENGLISH,
    }
}

/// The text of a key, with these values in it.
pub(super) fn text(language: Language, key: &str, values: &[(&str, String)]) -> String {
    texts(language).say(key, values)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn every_language_has_every_text_once_about_the_same_things() {
        for (language, file) in FILES {
            BOKMAL.assert_alike(texts(language), file);
        }
    }

    #[test]
    fn every_word_that_a_package_can_hold_has_a_text() {
        let known = BOKMAL.keys();
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
