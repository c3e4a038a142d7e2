//! What a service has told, as flat columns.

use jiff::Timestamp;

use super::{InvalidColumns, flag, take, time};
use crate::domain::lifecycle::{Conclusion, FeedbackGiven, ProsecutionAnswer, Told};

/// A [`FeedbackGiven`] in values that every database has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedbackColumns {
    /// Since when the reporter has been told that the report was received, and whether an investigation is opened.
    pub confirmed_time: Option<i64>,
    /// Whether one is (0 or 1); set when confirmed.
    pub investigation_opened: Option<i64>,
    /// When the investigation ended; set when that was told.
    pub investigation_ended_time: Option<i64>,
    /// Since when the reporter has been told what the investigation came to.
    pub concluded_time: Option<i64>,
    /// The word of the [`Conclusion`]; set when that was told.
    pub conclusion: Option<String>,
    /// Since when the prosecutor has been answered.
    pub answered_time: Option<i64>,
    /// The word of the [`ProsecutionAnswer`]; set when answered.
    pub prosecution_answer: Option<String>,
}

impl From<&FeedbackGiven> for FeedbackColumns {
    fn from(given: &FeedbackGiven) -> Self {
        let (confirmed, concluded, answered) = (given.confirmed(), given.concluded(), given.answered());
        Self {
            confirmed_time: confirmed.map(|told| told.since.as_microsecond()),
            investigation_opened: confirmed.map(|told| told.what.into()),
            investigation_ended_time: given.investigation_ended().map(Timestamp::as_microsecond),
            concluded_time: concluded.map(|told| told.since.as_microsecond()),
            conclusion: concluded.map(|told| told.what.to_string()),
            answered_time: answered.map(|told| told.since.as_microsecond()),
            prosecution_answer: answered.map(|told| told.what.to_string()),
        }
    }
}

impl TryFrom<FeedbackColumns> for FeedbackGiven {
    type Error = InvalidColumns;

    fn try_from(mut columns: FeedbackColumns) -> Result<Self, InvalidColumns> {
        let confirmed = told("confirmed_time", columns.confirmed_time, || {
            let missing = InvalidColumns::Missing("investigation_opened");
            flag(
                "investigation_opened",
                columns.investigation_opened.take().ok_or(missing)?,
            )
        })?;
        let ended = columns.investigation_ended_time;
        let ended = ended.map(|ended| time("investigation_ended_time", ended)).transpose()?;
        let concluded = told("concluded_time", columns.concluded_time, || {
            take("conclusion", &mut columns.conclusion, Conclusion::parse)
        })?;
        let answered = told("answered_time", columns.answered_time, || {
            take(
                "prosecution_answer",
                &mut columns.prosecution_answer,
                ProsecutionAnswer::parse,
            )
        })?;
        let left = [
            ("investigation_opened", columns.investigation_opened.is_some()),
            ("conclusion", columns.conclusion.is_some()),
            ("prosecution_answer", columns.prosecution_answer.is_some()),
        ];
        if let Some((column, _)) = left.into_iter().find(|(_, is_set)| *is_set) {
            return Err(InvalidColumns::Unexpected(column));
        }
        Self::stored(confirmed, ended, concluded, answered).ok_or(InvalidColumns::Invalid("investigation_ended_time"))
    }
}

/// Something told, with its time; `None` when no time stands there.
fn told<T>(
    column: &'static str,
    since: Option<i64>,
    what: impl FnOnce() -> Result<T, InvalidColumns>,
) -> Result<Option<Told<T>>, InvalidColumns> {
    let Some(since) = since else {
        return Ok(None);
    };
    let since = time(column, since)?;
    Ok(Some(Told { what: what()?, since }))
}
