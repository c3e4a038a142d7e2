//! How far an escalation has come: what lies in the database between two steps.

use jiff::Timestamp;

use super::rung::Rung;

/// How far an escalation has come. [`Default`] is that of one that has told nobody yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Which rung was told last, and when; `None`: the next step tells the first.
    pub told: Option<Told>,
    /// How often somebody was told: the turn of the next telling, for `NewNotice::turn`. It never starts anew.
    pub turns: u32,
    /// At which rung to start, while nobody was told; `None`: at the first.
    pub start: Option<Rung>,
    /// Somebody has acknowledged since the last telling.
    pub snooze: Option<Snooze>,
}

/// A telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Which rung; of several in one step, the highest.
    pub rung: Rung,
    /// When.
    pub at: Timestamp,
    /// How often the same rung has been told again since, without any other between.
    pub repeats: u32,
}

/// An acknowledgement: nobody is told before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snooze {
    /// When somebody first acknowledged since the last telling: no later acknowledgement moves it.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

impl Position {
    /// One that starts at a rung other than the first; see [`Rung::that_can_act`].
    #[must_use]
    pub fn starting_at(rung: Rung) -> Self {
        Self {
            start: Some(rung),
            ..Self::default()
        }
    }

    /// The position with no time in the future: what a clock that has gone back leaves would otherwise keep everybody
    /// silent until it has come again.
    pub(super) fn not_after(self, now: Timestamp) -> Self {
        let told = self.told.map(|told| Told {
            at: told.at.min(now),
            ..told
        });
        let snooze = self.snooze.map(|snooze| Snooze {
            since: snooze.since.min(now),
            ..snooze
        });
        Self { told, snooze, ..self }
    }
}
