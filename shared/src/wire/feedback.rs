//! What a service has told about a child, as lists and followers see it.

use super::{pb::report as pb, time};
use crate::domain::lifecycle::{FeedbackGiven, Told};

/// Writes what was told; `None` when nothing was.
#[must_use]
pub fn to_pb(given: &FeedbackGiven) -> Option<pb::ChildFeedback> {
    let (confirmed, concluded, answered) = (given.confirmed(), given.concluded(), given.answered());
    let written = pb::ChildFeedback {
        confirmed_time: confirmed.map(since),
        investigation_opened: confirmed.is_some_and(|told| told.what),
        investigation_ended_time: given.investigation_ended().map(time::to_pb),
        concluded_time: concluded.map(since),
        conclusion: concluded
            .map_or(pb::InvestigationConclusion::Unspecified, |told| told.what.into())
            .into(),
        prosecution_answered_time: answered.map(since),
        prosecution_answer: answered
            .map_or(pb::ProsecutionAnswer::Unspecified, |told| told.what.into())
            .into(),
    };
    (written != pb::ChildFeedback::default()).then_some(written)
}

fn since<T>(told: Told<T>) -> prost_types::Timestamp {
    time::to_pb(told.since)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::lifecycle::{Conclusion, Duty, ProsecutionAnswer};

    #[test]
    fn nothing_told_is_nothing_shown_and_a_no_is_something() {
        assert_eq!(to_pb(&FeedbackGiven::default()), None);
        let since = Timestamp::UNIX_EPOCH;
        let told = Told { what: false, since };
        let shown = to_pb(&FeedbackGiven::stored(Some(told), None, None, None).unwrap()).unwrap();
        assert!(shown.confirmed_time.is_some() && !shown.investigation_opened);
    }

    #[test]
    fn every_word_has_its_own_value_in_the_contract_and_comes_back() {
        for word in Conclusion::ALL {
            let written = pb::InvestigationConclusion::from(*word);
            assert_eq!(Option::from(written), Some(*word));
            let name = format!("INVESTIGATION_CONCLUSION_{}", word.as_str().to_uppercase());
            assert_eq!(written.as_str_name(), name);
        }
        for word in ProsecutionAnswer::ALL {
            let written = pb::ProsecutionAnswer::from(*word);
            assert_eq!(Option::from(written), Some(*word));
        }
        for word in Duty::ALL {
            let written = pb::Duty::from(*word);
            assert_eq!(written.as_str_name(), format!("DUTY_{}", word.as_str().to_uppercase()));
        }
    }
}
