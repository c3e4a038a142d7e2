//! A child's state as flat columns: what both services store, read back strictly.

mod feedback;

use jiff::Timestamp;

pub use self::feedback::FeedbackColumns;
use super::{
    event::{AssessmentOutcome, RejectionReason},
    stage::Stage,
    state::{Assignment, ChildState, Progress},
};
use crate::domain::{
    organisation::OrganisationNumber,
    staff_id::StaffId,
    staff_role::{StaffReference, StaffRole},
};

/// A [`ChildState`] in values that every database has: texts, and whole numbers for flags (0 or 1) and times
/// (microseconds since 1970, UTC). What a state does not carry is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildColumns {
    /// The word of the [`Stage`].
    pub stage: String,
    /// When the child came to its present stage, caseworker or outcome.
    pub stage_time: i64,
    /// Whether a named person opened it.
    pub opened: i64,
    /// Whether it has a case number.
    pub registered: i64,
    /// The caseworker's role; set when assigned or assessed.
    pub assigned_role: Option<String>,
    /// The caseworker's staff id; set when assigned or assessed.
    pub assigned_staff: Option<String>,
    /// When the child was given to this caseworker; set when assigned or assessed.
    pub assigned_time: Option<i64>,
    /// The word of the [`AssessmentOutcome`]; set when assessed.
    pub outcome: Option<String>,
    /// The word of the [`RejectionReason`]; set when rejected.
    pub reason: Option<String>,
    /// The right service's organisation number; set when redirected.
    pub redirected_to: Option<String>,
    /// What the service has told.
    pub feedback: FeedbackColumns,
}

/// Columns that are no state: somebody or something wrote past the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidColumns {
    /// A column that the stage needs is empty.
    #[error("column {0} is empty, and the stage needs it")]
    Missing(&'static str),
    /// A column holds something that the stage does not have.
    #[error("column {0} is set, and the stage does not have it")]
    Unexpected(&'static str),
    /// A column's value is outside its set, form or range, or contradicts the stage.
    #[error("column {0} has a value that is not possible")]
    Invalid(&'static str),
}

impl From<&ChildState> for ChildColumns {
    fn from(state: &ChildState) -> Self {
        let progress = match state {
            ChildState::Held { progress, .. }
            | ChildState::Assigned { progress, .. }
            | ChildState::Assessed { progress, .. } => *progress,
            _ => Progress::default(),
        };
        let mut columns = Self {
            stage: state.stage().to_string(),
            stage_time: state.since().as_microsecond(),
            opened: progress.opened.into(),
            registered: progress.registered.into(),
            assigned_role: None,
            assigned_staff: None,
            assigned_time: None,
            outcome: None,
            reason: None,
            redirected_to: None,
            feedback: FeedbackColumns::from(&progress.feedback),
        };
        if let Some(assignment) = state.assignment() {
            columns.assigned_role = Some(assignment.caseworker.role.to_string());
            columns.assigned_staff = Some(assignment.caseworker.staff.to_string());
            columns.assigned_time = Some(assignment.since.as_microsecond());
        }
        match state {
            ChildState::Assessed { outcome, .. } => columns.outcome = Some(outcome.to_string()),
            ChildState::Rejected { reason, .. } => columns.reason = Some(reason.to_string()),
            ChildState::Redirected { to, .. } => columns.redirected_to = Some(to.to_string()),
            _ => {}
        }
        columns
    }
}

impl TryFrom<ChildColumns> for ChildState {
    type Error = InvalidColumns;

    fn try_from(mut columns: ChildColumns) -> Result<Self, InvalidColumns> {
        let stage = Stage::parse(&columns.stage).map_err(|_| InvalidColumns::Invalid("stage"))?;
        let since = time("stage_time", columns.stage_time)?;
        let progress = take_progress(&mut columns, stage)?;
        let state = match stage {
            Stage::Queued => Self::Queued { since },
            Stage::Stored | Stage::Opened | Stage::Registered => Self::Held { since, progress },
            Stage::Assigned => Self::Assigned {
                since,
                progress,
                assignment: take_assignment(&mut columns)?,
            },
            Stage::Assessed => Self::Assessed {
                since,
                progress,
                assignment: take_assignment(&mut columns)?,
                outcome: take("outcome", &mut columns.outcome, AssessmentOutcome::parse)?,
            },
            Stage::Rejected => Self::Rejected {
                since,
                reason: take("reason", &mut columns.reason, RejectionReason::parse)?,
            },
            Stage::Redirected => Self::Redirected {
                since,
                to: take("redirected_to", &mut columns.redirected_to, OrganisationNumber::parse)?,
            },
            Stage::Withdrawn => Self::Withdrawn { since },
            Stage::Closed => Self::Closed { since },
        };
        nothing_left(&columns)?;
        Ok(state)
    }
}

/// Takes the flags out of the columns; they must say the same as the stage.
fn take_progress(columns: &mut ChildColumns, stage: Stage) -> Result<Progress, InvalidColumns> {
    let progress = Progress {
        opened: flag("opened", std::mem::take(&mut columns.opened))?,
        registered: flag("registered", std::mem::take(&mut columns.registered))?,
        feedback: std::mem::take(&mut columns.feedback).try_into()?,
    };
    let agrees = match stage {
        Stage::Stored | Stage::Opened | Stage::Registered => progress.stage() == stage,
        Stage::Assigned | Stage::Assessed => true,
        _ => progress == Progress::default(),
    };
    if agrees {
        Ok(progress)
    } else {
        Err(InvalidColumns::Invalid("stage"))
    }
}

fn take_assignment(columns: &mut ChildColumns) -> Result<Assignment, InvalidColumns> {
    Ok(Assignment {
        caseworker: StaffReference {
            role: take("assigned_role", &mut columns.assigned_role, StaffRole::parse)?,
            staff: take("assigned_staff", &mut columns.assigned_staff, StaffId::parse)?,
        },
        since: time(
            "assigned_time",
            columns
                .assigned_time
                .take()
                .ok_or(InvalidColumns::Missing("assigned_time"))?,
        )?,
    })
}

fn take<T, E>(
    column: &'static str,
    value: &mut Option<String>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, InvalidColumns> {
    let value = value.take().ok_or(InvalidColumns::Missing(column))?;
    parse(&value).map_err(|_| InvalidColumns::Invalid(column))
}

fn nothing_left(columns: &ChildColumns) -> Result<(), InvalidColumns> {
    let left = [
        ("assigned_role", columns.assigned_role.is_some()),
        ("assigned_staff", columns.assigned_staff.is_some()),
        ("assigned_time", columns.assigned_time.is_some()),
        ("outcome", columns.outcome.is_some()),
        ("reason", columns.reason.is_some()),
        ("redirected_to", columns.redirected_to.is_some()),
    ];
    match left.into_iter().find(|(_, is_set)| *is_set) {
        Some((column, _)) => Err(InvalidColumns::Unexpected(column)),
        None => Ok(()),
    }
}

fn flag(column: &'static str, value: i64) -> Result<bool, InvalidColumns> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(InvalidColumns::Invalid(column)),
    }
}

fn time(column: &'static str, microseconds: i64) -> Result<Timestamp, InvalidColumns> {
    Timestamp::from_microsecond(microseconds).map_err(|_| InvalidColumns::Invalid(column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lifecycle::table_tests::every_state;

    #[test]
    fn every_state_comes_back_from_its_columns() {
        for state in every_state() {
            assert_eq!(ChildState::try_from(ChildColumns::from(&state)), Ok(state));
        }
    }

    #[test]
    fn two_states_never_share_columns() {
        let columns: Vec<_> = every_state().iter().map(ChildColumns::from).collect();
        for (index, one) in columns.iter().enumerate() {
            assert!(!columns[index + 1..].contains(one), "{one:?}");
        }
    }

    /// Empties a column, and tells whether anything was in it.
    type Empty = fn(&mut ChildColumns) -> bool;

    #[test]
    fn a_value_missing_from_its_stage_is_refused() {
        for state in every_state() {
            let full = ChildColumns::from(&state);
            let emptied: [(&str, Empty); 9] = [
                ("assigned_role", |c| c.assigned_role.take().is_some()),
                ("assigned_staff", |c| c.assigned_staff.take().is_some()),
                ("assigned_time", |c| c.assigned_time.take().is_some()),
                ("outcome", |c| c.outcome.take().is_some()),
                ("reason", |c| c.reason.take().is_some()),
                ("redirected_to", |c| c.redirected_to.take().is_some()),
                ("investigation_opened", |c| {
                    c.feedback.investigation_opened.take().is_some()
                }),
                ("conclusion", |c| c.feedback.conclusion.take().is_some()),
                ("prosecution_answer", |c| c.feedback.prosecution_answer.take().is_some()),
            ];
            for (column, empty) in emptied {
                let mut columns = full.clone();
                if empty(&mut columns) {
                    assert_eq!(ChildState::try_from(columns), Err(InvalidColumns::Missing(column)));
                }
            }
        }
    }

    #[test]
    fn a_value_that_the_stage_does_not_have_is_refused() {
        let queued = ChildColumns::from(&ChildState::Queued {
            since: Timestamp::UNIX_EPOCH,
        });
        let with_reason = ChildColumns {
            reason: Some("duplicate".to_owned()),
            ..queued.clone()
        };
        assert_eq!(
            ChildState::try_from(with_reason),
            Err(InvalidColumns::Unexpected("reason"))
        );
        let with_caseworker = ChildColumns {
            assigned_staff: Some("a-1".to_owned()),
            ..queued
        };
        assert_eq!(
            ChildState::try_from(with_caseworker),
            Err(InvalidColumns::Unexpected("assigned_staff"))
        );
    }

    #[test]
    fn feedback_that_cannot_have_been_told_is_refused() {
        let held = ChildColumns::from(&ChildState::Held {
            since: Timestamp::UNIX_EPOCH,
            progress: Progress::default(),
        });
        let with = |feedback| {
            let columns = ChildColumns {
                feedback,
                ..held.clone()
            };
            ChildState::try_from(columns)
        };
        let empty = FeedbackColumns::default();
        let ended = FeedbackColumns {
            investigation_ended_time: Some(0),
            ..empty.clone()
        };
        assert_eq!(with(ended), Err(InvalidColumns::Invalid("investigation_ended_time")));
        let without_time = FeedbackColumns {
            prosecution_answer: Some("no_measures".to_owned()),
            ..empty.clone()
        };
        assert_eq!(
            with(without_time),
            Err(InvalidColumns::Unexpected("prosecution_answer"))
        );
        let of_queued = ChildColumns {
            feedback: FeedbackColumns {
                confirmed_time: Some(0),
                investigation_opened: Some(0),
                ..empty
            },
            ..ChildColumns::from(&ChildState::Queued {
                since: Timestamp::UNIX_EPOCH,
            })
        };
        assert_eq!(ChildState::try_from(of_queued), Err(InvalidColumns::Invalid("stage")));
    }

    #[test]
    fn flags_that_contradict_the_stage_are_refused() {
        let stored = ChildColumns::from(&ChildState::Held {
            since: Timestamp::UNIX_EPOCH,
            progress: Progress::default(),
        });
        for (opened, registered) in [(1, 0), (0, 1), (1, 1)] {
            let columns = ChildColumns {
                opened,
                registered,
                ..stored.clone()
            };
            assert_eq!(ChildState::try_from(columns), Err(InvalidColumns::Invalid("stage")));
        }
        let columns = ChildColumns { opened: 2, ..stored };
        assert_eq!(ChildState::try_from(columns), Err(InvalidColumns::Invalid("opened")));
    }

    #[test]
    fn an_unknown_word_names_its_column() {
        for state in every_state() {
            let mut columns = ChildColumns::from(&state);
            columns.stage = "Delivered".to_owned();
            assert_eq!(ChildState::try_from(columns), Err(InvalidColumns::Invalid("stage")));
        }
    }
}
