//! What a message says to a person: that something waits, how urgent, until when, and where to look. Never whom or what it
//! is about.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::{Counted, Message};
use crate::domain::language::{Catalogue, Language, moment};

static BOKMAL: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::parse(include_str!("text/nb.txt")));
static NYNORSK: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::parse(include_str!("text/nn.txt")));
static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::parse(include_str!("text/en.txt")));

/// A message in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub subject: String,
    /// Lines that end in a line feed.
    pub body: String,
}

/// Says a message. Deadlines before `now` are said to have passed.
#[must_use]
pub fn text(language: Language, message: &Message, place: &str, now: Timestamp) -> Text {
    let say = Speaker { language, now };
    let what = match message.counts().nth(1) {
        None => say.what(message.first()),
        Some(_) => say.say("several", &[("count", message.total().to_string())]),
    };
    let urgency = message.first().urgency;
    let subject = say.say(&format!("subject.{urgency}"), &[("what", what)]);
    let lines = message.counts().map(|counted| say.line(counted));
    let body = say.body("intro", lines.collect(), place);
    Text { subject, body }
}

/// Says what a person sends to try whether messages arrive.
#[must_use]
pub fn test_text(language: Language, place: &str, now: Timestamp) -> Text {
    let say = Speaker { language, now };
    Text {
        subject: say.say("test.subject", &[]),
        body: say.body("test.intro", Vec::new(), place),
    }
}

struct Speaker {
    language: Language,
    now: Timestamp,
}

impl Speaker {
    fn say(&self, key: &str, values: &[(&str, String)]) -> String {
        texts(self.language).say(key, values)
    }

    fn what(&self, counted: &Counted) -> String {
        let number = if counted.count == 1 { "one" } else { "many" };
        let key = format!("occasion.{number}.{}", counted.occasion);
        self.say(&key, &[("count", counted.count.to_string())])
    }

    fn line(&self, counted: &Counted) -> String {
        let values = [
            ("what", self.what(counted)),
            ("urgency", self.say(&format!("urgency.{}", counted.urgency), &[])),
        ];
        let line = self.say("line", &values);
        let Some(until) = counted.until else {
            return line;
        };
        let key = if until < self.now { "late" } else { "until" };
        let time = moment(self.language, until);
        format!("{line} {}", self.say(key, &[("time", time)]))
    }

    fn body(&self, intro: &str, lines: Vec<String>, place: &str) -> String {
        let mut paragraphs = vec![self.say(intro, &[])];
        if !lines.is_empty() {
            paragraphs.push(lines.join("\n"));
        }
        paragraphs.push(self.say("where", &[("place", place.to_owned())]));
        paragraphs.push(self.say("closing", &[]));
        format!("{}\n", paragraphs.join("\n\n"))
    }
}

fn texts(language: Language) -> &'static Catalogue {
    match language {
        Language::Bokmal => &BOKMAL,
        Language::Nynorsk => &NYNORSK,
        Language::English => &ENGLISH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{notice::Occasion, report::Urgency};

    const FILES: [(Language, &str); 3] = [
        (Language::Bokmal, include_str!("text/nb.txt")),
        (Language::Nynorsk, include_str!("text/nn.txt")),
        (Language::English, include_str!("text/en.txt")),
    ];
    const PLACE: &str = "https://board.example.no";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn counted(occasion: Occasion, urgency: Urgency, count: u64, until: Option<&str>) -> Counted {
        Counted {
            occasion,
            urgency,
            count,
            until: until.map(time),
        }
    }

    fn said(language: Language, counts: Vec<Counted>) -> Text {
        text(
            language,
            &Message::new(counts).unwrap(),
            PLACE,
            time("2026-03-02T09:00:00Z"),
        )
    }

    #[test]
    fn every_language_has_every_text_once_about_the_same_things() {
        for (language, file) in FILES {
            BOKMAL.assert_alike(texts(language), file);
        }
    }

    #[test]
    fn every_occasion_and_urgency_is_said_in_every_language() {
        for (language, _) in FILES {
            let known = texts(language).keys();
            for occasion in Occasion::ALL {
                for urgency in Urgency::ALL {
                    for count in [1, 2] {
                        let said = said(language, vec![counted(*occasion, *urgency, count, None)]);
                        assert!(!said.subject.contains(['{', '\n']), "{said:?}");
                        assert!(!said.body.contains('{') && said.body.contains(PLACE), "{said:?}");
                    }
                    assert!(known.contains(format!("subject.{urgency}").as_str()));
                    assert!(known.contains(format!("urgency.{urgency}").as_str()));
                }
                for number in ["one", "many"] {
                    assert!(known.contains(format!("occasion.{number}.{occasion}").as_str()));
                }
            }
            assert!(test_text(language, PLACE, Timestamp::UNIX_EPOCH).body.contains(PLACE));
        }
    }

    #[test]
    fn one_notice_is_said_in_a_sentence_with_its_deadline_as_norwegians_write_it() {
        let until = Some("2026-03-02T09:15:00Z");
        let bokmal = said(
            Language::Bokmal,
            vec![counted(Occasion::Waiting, Urgency::Acute, 1, until)],
        );
        assert_eq!(bokmal.subject, "AKUTT: En melding venter på å bli tatt hånd om");
        let line = "- En melding venter på å bli tatt hånd om (akutt). Frist: 2. mars 2026 kl. 10.15.";
        assert!(bokmal.body.lines().any(|it| it == line), "{}", bokmal.body);
    }

    #[test]
    fn a_hundred_notices_are_a_line_for_each_kind_and_a_passed_deadline_is_told() {
        let counts = || {
            vec![
                counted(Occasion::Waiting, Urgency::Urgent, 60, Some("2026-03-02T08:00:00Z")),
                counted(Occasion::Owed, Urgency::Normal, 40, None),
            ]
        };
        let nynorsk = said(Language::Nynorsk, counts());
        assert_eq!(nynorsk.subject, "Hastar: 100 ting ventar");
        let late = "- 60 meldingar ventar på å bli tekne hand om (hastar). Fristen gjekk ut 2. mars 2026 kl. 09.00.";
        assert!(nynorsk.body.lines().any(|it| it == late), "{}", nynorsk.body);
        assert_eq!(nynorsk.body.matches("\n- ").count(), 2);
        let english = said(Language::English, counts());
        assert!(
            english.body.contains("The deadline was 2 March 2026 at 09:00."),
            "{}",
            english.body
        );
    }
}
