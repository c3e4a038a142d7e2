//! A verdict as JSON: codes and times for programs, and the words of a language beside them.

use serde_json::{Value as Json, json};

use super::{
    explain::{self, Language},
    fault::{Fault, Value},
    package::{Scope, canonical},
    story::{ChildStory, StoryEvent},
    verify::{Completeness, Verdict},
};
use crate::domain::receipt::written_time;

impl Verdict {
    /// The verdict as one JSON object. Codes never change; texts are in `language`.
    #[must_use]
    pub fn to_json(&self, language: Language) -> Json {
        json!({
            "holds": self.holds(),
            "scope": scope(&self.scope),
            "sealed": self.sealed.map(|sealed| json!({
                "exporter": sealed.exporter,
                "time": written_time(sealed.time),
            })),
            "transmissions": self.transmissions,
            "receipts": self.receipts,
            "signed": self.signed.iter().map(|shown| json!({
                "kind": shown.kind,
                "signer": shown.signer,
                "time": written_time(shown.time),
            })).collect::<Vec<_>>(),
            "faults": self.faults.iter().map(|found| fault(found, language)).collect::<Vec<_>>(),
            "completeness": self.completeness.iter().map(completeness).collect::<Vec<_>>(),
            "children": self.children.iter().map(|story| child(story, self.holds())).collect::<Vec<_>>(),
        })
    }
}

fn scope(scope: &Scope) -> Json {
    serde_json::from_str(&canonical(scope)).unwrap_or_default()
}

fn fault(fault: &Fault, language: Language) -> Json {
    let about = fault.about.iter().map(|(name, value)| {
        let value = match value {
            Value::Text(text) => text.clone(),
            Value::Word { word, .. } => (*word).to_owned(),
            Value::Time(time) => written_time(*time),
        };
        ((*name).to_owned(), Json::from(value))
    });
    json!({
        "code": fault.code,
        "section": fault.place.map(|(section, _)| section),
        "place": fault.place.map(|(_, place)| place),
        "about": about.collect::<serde_json::Map<_, _>>(),
        "text": explain::fault(fault, language),
    })
}

fn completeness(complete: &Completeness) -> Json {
    json!({
        "receiver": complete.receiver,
        "until": complete.until.map(written_time),
        "known_by": complete.known_by.word(),
        "receipt": complete.known_by.number(),
    })
}

/// Of a package that does not hold, nothing is concluded.
fn child(story: &ChildStory, holds: bool) -> Json {
    json!({
        "child": story.child,
        "report": story.report,
        "transmission": story.transmission,
        "receiver": story.receiver,
        "submitted": written_time(story.submitted),
        "events": story.events.iter().map(event).collect::<Vec<_>>(),
        "lost": story.lost.map(written_time),
        "stage": holds.then(|| story.state.stage()),
        "delivered": holds.then(|| story.is_delivered()),
        "missing": holds.then(|| story.missing().iter().map(|missing| missing.word()).collect::<Vec<_>>()),
    })
}

fn event(event: &StoryEvent) -> Json {
    json!({
        "receipt": event.sequence,
        "time": written_time(event.time),
        "level": event.statement.level(),
        "feedback": event.statement.feedback().map(|feedback| feedback.kind()),
    })
}
