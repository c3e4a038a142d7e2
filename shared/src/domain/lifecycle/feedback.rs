//! What a service has told the reporter or the prosecutor about a child: codes only, beside the stage.
//!
//! Feedback moves no child. It is widened like [`Progress`](super::Progress), outlives a revoked assignment, and a later
//! statement of the same kind corrects an earlier one.

use jiff::Timestamp;

use super::event::AssessmentOutcome;
use crate::domain::closed_set::closed_set;

closed_set! {
    /// What an investigation (undersøkelse) came to.
    Conclusion in "conclusion" {
        /// Closed without measures.
        NoMeasures = "no_measures",
        /// Measures that the family agreed to (frivillige tiltak).
        MeasuresByAgreement = "measures_by_agreement",
        /// Measures by order (pålegg or vedtak).
        MeasuresByOrder = "measures_by_order",
        /// The family moved, and another service goes on.
        Moved = "moved",
        /// Ended in another way.
        Other = "other",
    }
}

closed_set! {
    /// What the service decided about a case that the prosecutor transferred (straffeprosessloven § 71 b).
    ProsecutionAnswer in "answer" {
        /// Measures were decided.
        MeasuresDecided = "measures_decided",
        /// Nothing was decided to be done.
        NoMeasures = "no_measures",
        /// The child has measures already.
        AlreadyInMeasures = "already_in_measures",
    }
}

closed_set! {
    /// A kind of feedback, as a receipt names it.
    FeedbackKind in "feedback" {
        /// See [`Feedback::Confirmed`].
        Confirmed = "confirmed",
        /// See [`Feedback::InvestigationEnded`].
        InvestigationEnded = "investigation_ended",
        /// See [`Feedback::Concluded`].
        Concluded = "concluded",
        /// See [`Feedback::ProsecutionAnswered`].
        ProsecutionAnswered = "prosecution_answered",
    }
}

/// One thing that a service tells about a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// That the report was received, and whether an investigation is opened (barnevernsloven § 13-4).
    Confirmed {
        /// Whether it is.
        investigation_opened: bool,
    },
    /// That the investigation has ended: from then on its outcome is owed.
    InvestigationEnded {
        /// When it ended.
        ended: Timestamp,
    },
    /// That the investigation has ended, and what it came to (barnevernsloven § 13-4).
    Concluded {
        /// When it ended.
        ended: Timestamp,
        /// What it came to.
        conclusion: Conclusion,
    },
    /// What the service decided about a case that was transferred (straffeprosessloven § 71 b).
    ProsecutionAnswered(ProsecutionAnswer),
}

impl Feedback {
    /// The feedback without what it carries.
    #[must_use]
    pub const fn kind(&self) -> FeedbackKind {
        match self {
            Self::Confirmed { .. } => FeedbackKind::Confirmed,
            Self::InvestigationEnded { .. } => FeedbackKind::InvestigationEnded,
            Self::Concluded { .. } => FeedbackKind::Concluded,
            Self::ProsecutionAnswered(_) => FeedbackKind::ProsecutionAnswered,
        }
    }

    /// Whether it answers the reporter or the prosecutor. That an investigation has ended only makes its outcome owed.
    #[must_use]
    pub const fn is_answer(&self) -> bool {
        !matches!(self, Self::InvestigationEnded { .. })
    }

    /// When the investigation ended, where it tells that.
    #[must_use]
    pub const fn ended(&self) -> Option<Timestamp> {
        match self {
            Self::InvestigationEnded { ended } | Self::Concluded { ended, .. } => Some(*ended),
            Self::Confirmed { .. } | Self::ProsecutionAnswered(_) => None,
        }
    }
}

/// Something told, and since when it has been told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<T> {
    /// What.
    pub what: T,
    /// When it was told so first; saying the same again leaves it.
    pub since: Timestamp,
}

impl<T: PartialEq> Told<T> {
    fn again(before: Option<Self>, what: T, at: Timestamp) -> Self {
        match before {
            Some(same) if same.what == what => same,
            _ => Self { what, since: at },
        }
    }
}

/// Everything that a service has told about a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeedbackGiven {
    confirmed: Option<Told<bool>>,
    investigation_ended: Option<Timestamp>,
    concluded: Option<Told<Conclusion>>,
    answered: Option<Told<ProsecutionAnswer>>,
}

impl FeedbackGiven {
    /// Puts together what was stored; `None` for what cannot have been told: an investigation ends only where it was
    /// opened, and comes to something only where it ended.
    #[must_use]
    pub fn stored(
        confirmed: Option<Told<bool>>,
        investigation_ended: Option<Timestamp>,
        concluded: Option<Told<Conclusion>>,
        answered: Option<Told<ProsecutionAnswer>>,
    ) -> Option<Self> {
        let opened = confirmed.is_some_and(|told| told.what);
        let possible =
            (investigation_ended.is_none() || opened) && (concluded.is_none() || investigation_ended.is_some());
        possible.then_some(Self {
            confirmed,
            investigation_ended,
            concluded,
            answered,
        })
    }

    /// Whether the report was confirmed, and if so whether an investigation was opened.
    #[must_use]
    pub const fn confirmed(&self) -> Option<Told<bool>> {
        self.confirmed
    }

    /// When the investigation ended, where that was told.
    #[must_use]
    pub const fn investigation_ended(&self) -> Option<Timestamp> {
        self.investigation_ended
    }

    /// What the investigation came to, where that was told.
    #[must_use]
    pub const fn concluded(&self) -> Option<Told<Conclusion>> {
        self.concluded
    }

    /// What the prosecutor was answered.
    #[must_use]
    pub const fn answered(&self) -> Option<Told<ProsecutionAnswer>> {
        self.answered
    }

    /// What is known after this, told at `at` about a child assessed so; `None` when it cannot be told. No investigation
    /// is opened about a child that was dismissed; an end and an outcome need an investigation that was opened; and
    /// whoever takes back that one was opened takes back what was told of it.
    pub(super) fn with(self, told: Feedback, assessed: AssessmentOutcome, at: Timestamp) -> Option<Self> {
        let opened = self.confirmed.is_some_and(|told| told.what);
        match told {
            Feedback::Confirmed {
                investigation_opened: true,
            } if assessed == AssessmentOutcome::Dismissed => None,
            Feedback::Confirmed { investigation_opened } => Some(Self {
                confirmed: Some(Told::again(self.confirmed, investigation_opened, at)),
                investigation_ended: self.investigation_ended.filter(|_| investigation_opened),
                concluded: self.concluded.filter(|_| investigation_opened),
                ..self
            }),
            Feedback::InvestigationEnded { ended } => opened.then_some(Self {
                investigation_ended: Some(ended),
                ..self
            }),
            Feedback::Concluded { ended, conclusion } => opened.then_some(Self {
                investigation_ended: Some(ended),
                concluded: Some(Told::again(self.concluded, conclusion, at)),
                ..self
            }),
            Feedback::ProsecutionAnswered(answer) => Some(Self {
                answered: Some(Told::again(self.answered, answer, at)),
                ..self
            }),
        }
    }

    /// It in words for comparison: the same on both sides exactly when both know the same; empty for nothing.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        if let Some(confirmed) = self.confirmed {
            words.push(
                if confirmed.what {
                    "investigation"
                } else {
                    "no_investigation"
                }
                .to_owned(),
            );
        }
        words.extend(self.investigation_ended.map(|ended| format!("ended {ended:.6}")));
        words.extend(self.concluded.map(|told| told.what.to_string()));
        words.extend(self.answered.map(|told| format!("answered {}", told.what)));
        words.join(", ")
    }
}
