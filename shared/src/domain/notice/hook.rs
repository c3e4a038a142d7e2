//! The body of a webhook. Its form is written down for those who receive it in `docs/protocol.md`.

use jiff::Timestamp;
use serde::Serialize;

use super::{Message, Occasion};
use crate::domain::report::Urgency;

/// The type of a message to a webhook.
pub const HOOK_TYPE: &str = "framme.notice";
/// The type of a message that a person sends to try a webhook.
pub const TEST_TYPE: &str = "framme.test";

#[derive(Serialize)]
struct Hook<'a> {
    r#type: &'static str,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    occasion: Option<Occasion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    urgency: Option<Urgency>,
    until: Option<Timestamp>,
    counts: Vec<Count>,
    r#where: &'a str,
}

#[derive(Serialize)]
struct Count {
    occasion: Occasion,
    urgency: Urgency,
    count: u64,
    until: Option<Timestamp>,
}

/// The body for a message whose last notice came up at `made_at`: the same bytes however often it is sent.
#[must_use]
pub fn hook(message: &Message, place: &str, made_at: Timestamp) -> String {
    let counts = message.counts().map(|counted| Count {
        occasion: counted.occasion,
        urgency: counted.urgency,
        count: counted.count,
        until: counted.until,
    });
    body(&Hook {
        r#type: HOOK_TYPE,
        timestamp: made_at,
        data: Data {
            occasion: Some(message.first().occasion),
            urgency: Some(message.first().urgency),
            until: message.until(),
            counts: counts.collect(),
            r#where: place,
        },
    })
}

/// The body by which a person tries a webhook.
#[must_use]
pub fn test_hook(place: &str, now: Timestamp) -> String {
    body(&Hook {
        r#type: TEST_TYPE,
        timestamp: now,
        data: Data {
            occasion: None,
            urgency: None,
            until: None,
            counts: Vec::new(),
            r#where: place,
        },
    })
}

fn body(hook: &Hook<'_>) -> String {
    serde_json::to_string(hook).expect("words, numbers and times can be written as JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notice::Counted;

    #[test]
    fn a_body_has_counts_and_deadlines_and_where_to_look() {
        let until = Timestamp::from_second(1_772_442_120).unwrap();
        let counted = |urgency, count, until| Counted {
            occasion: Occasion::Waiting,
            urgency,
            count,
            until,
        };
        let message = Message::new(vec![
            counted(Urgency::Normal, 99, None),
            counted(Urgency::Acute, 1, Some(until)),
        ]);
        let made_at = Timestamp::from_second(1_772_438_400).unwrap();
        let expected = concat!(
            r#"{"type":"framme.notice","timestamp":"2026-03-02T08:00:00Z","data":{"occasion":"waiting","#,
            r#""urgency":"acute","until":"2026-03-02T09:02:00Z","counts":["#,
            r#"{"occasion":"waiting","urgency":"acute","count":1,"until":"2026-03-02T09:02:00Z"},"#,
            r#"{"occasion":"waiting","urgency":"normal","count":99,"until":null}],"#,
            r#""where":"https://board.example.no"}}"#
        );
        assert_eq!(hook(&message.unwrap(), "https://board.example.no", made_at), expected);
    }
}
