//! The member `feedback` of a receipt: what the reporter or the prosecutor was told.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{present, read_time, written_time};
use crate::domain::{
    lifecycle::{Conclusion, Feedback, FeedbackKind, ProsecutionAnswer},
    receipt::InvalidClaims,
};

/// Its members. Which of them are there follows from the kind.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Told<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    investigation_opened: Option<bool>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    investigation_ended: Option<Cow<'a, str>>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    conclusion: Option<Cow<'a, str>>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    answer: Option<Cow<'a, str>>,
}

pub(super) fn members(feedback: &Feedback) -> Told<'static> {
    let kind = Cow::Borrowed(feedback.kind().as_str());
    let investigation_ended = feedback.ended().map(|ended| written_time(ended).into());
    let empty = Told::default();
    match feedback {
        Feedback::Confirmed { investigation_opened } => Told {
            kind,
            investigation_opened: Some(*investigation_opened),
            ..empty
        },
        Feedback::InvestigationEnded { .. } => Told {
            kind,
            investigation_ended,
            ..empty
        },
        Feedback::Concluded { conclusion, .. } => Told {
            kind,
            investigation_ended,
            conclusion: Some(conclusion.as_str().into()),
            ..empty
        },
        Feedback::ProsecutionAnswered(answer) => Told {
            kind,
            answer: Some(answer.as_str().into()),
            ..empty
        },
    }
}

/// `None` for a kind or a word of a later version. A member that is missing or out of place makes it invalid.
pub(super) fn read(told: &Told<'_>) -> Result<Option<Feedback>, InvalidClaims> {
    let Ok(kind) = FeedbackKind::parse(&told.kind) else {
        return Ok(None);
    };
    use FeedbackKind::{Concluded, Confirmed, InvestigationEnded, ProsecutionAnswered};
    let carried = [
        (
            "investigation_opened",
            told.investigation_opened.is_some(),
            kind == Confirmed,
        ),
        (
            "investigation_ended",
            told.investigation_ended.is_some(),
            matches!(kind, InvestigationEnded | Concluded),
        ),
        ("conclusion", told.conclusion.is_some(), kind == Concluded),
        ("answer", told.answer.is_some(), kind == ProsecutionAnswered),
    ];
    for (member, is_there, belongs) in carried {
        match (is_there, belongs) {
            (true, false) => return Err(InvalidClaims::Unexpected(member)),
            (false, true) => return Err(InvalidClaims::Missing(member)),
            _ => {}
        }
    }
    let ended = told.investigation_ended.as_deref().map(read_time).transpose()?;
    let conclusion = told.conclusion.as_deref().and_then(|word| Conclusion::parse(word).ok());
    let answer = told
        .answer
        .as_deref()
        .and_then(|word| ProsecutionAnswer::parse(word).ok());
    Ok(match kind {
        Confirmed => told
            .investigation_opened
            .map(|investigation_opened| Feedback::Confirmed { investigation_opened }),
        InvestigationEnded => ended.map(|ended| Feedback::InvestigationEnded { ended }),
        Concluded => ended
            .zip(conclusion)
            .map(|(ended, conclusion)| Feedback::Concluded { ended, conclusion }),
        ProsecutionAnswered => answer.map(Feedback::ProsecutionAnswered),
    })
}
