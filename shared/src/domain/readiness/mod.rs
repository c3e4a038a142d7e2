//! Whether somebody at a receiver could do something about a report now, and what is wrong when nobody could.

mod incident;
mod judge;
mod people;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use incident::{Found, Incident};
pub use judge::{Policy, judge};
pub use people::{Person, Staffing};

use super::{closed_set::closed_set, municipality::Area};

/// Areas of one question, at most.
pub const MOST_AREAS: usize = 1_000;

closed_set! {
    /// Whether the duty service (barnevernvakt) of an area could open.
    Duty in "duty state" {
        /// Somebody on duty could.
        Covered = "covered",
        /// There is a duty service, and nobody of it could.
        Uncovered = "uncovered",
        /// The receiver has none for the area.
        Absent = "none",
    }
}

/// Who could act in one area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaReadiness {
    /// Where.
    pub area: Area,
    /// Who may open and assign by the staff register.
    pub staffing: Staffing,
    /// When a person who may assign there last worked the list.
    pub last_worked_at: Option<Timestamp>,
    /// Reports of the sender that wait there.
    pub waiting: u64,
    /// Since when the oldest of them is at the receiver.
    pub waiting_since: Option<Timestamp>,
}

impl AreaReadiness {
    /// An area of which nothing was said: nobody there.
    #[must_use]
    pub fn nobody(area: Area) -> Self {
        Self {
            area,
            staffing: Staffing::default(),
            last_worked_at: None,
            waiting: 0,
            waiting_since: None,
        }
    }
}

/// What a receiver answered, with every time moved to the sender's own clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// When it came.
    pub at: Timestamp,
    /// One for each area asked about, by area.
    pub areas: Vec<AreaReadiness>,
    /// Version of the receiver's software.
    pub software_version: String,
    /// How far the receiver's clock is ahead.
    pub clock_offset: SignedDuration,
    /// How far off that may be: half of the time that the call took.
    pub uncertainty: Duration,
    /// When its clock worker last completed a step.
    pub clocks_beat_at: Option<Timestamp>,
    /// Whether it reaches its own people; `None` when it does not know.
    pub alert_address_works: Option<bool>,
    /// Reports that nobody has opened.
    pub reports_unopened: u64,
    /// Reports that are with no caseworker.
    pub reports_unassigned: u64,
}
