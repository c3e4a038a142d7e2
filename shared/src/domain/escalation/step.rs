//! One step of an escalation.

use jiff::Timestamp;

use super::{
    choice::{Choice, choose},
    ladder::Ladder,
    position::{Position, Told},
    rung::Rung,
    snooze,
};
use crate::domain::{calendar::Length, report::Urgency};

/// An escalation: the ladder that it climbs, and how soon somebody must act.
#[derive(Debug, Clone, Copy)]
pub struct Escalation<'a> {
    /// The rungs.
    pub ladder: &'a Ladder,
    /// How soon.
    pub urgency: Urgency,
}

/// What to do now, and when to step next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whom to tell now; `None` when it is not time yet.
    pub telling: Option<Telling>,
    /// When to step again: later than now.
    pub next_at: Timestamp,
    /// What to store, also when nobody is told: a clock that has gone back changes it.
    pub position: Position,
}

/// Whom to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The rungs, at least one, in the order of the ladder. Several when no step was made for longer than one rung's wait: the
    /// time that nobody stepped has passed all the same.
    pub rungs: Vec<Rung>,
    /// Which telling it is, from 0: for `NewNotice::turn`.
    pub turn: u32,
    /// The rungs that were passed over, because they are empty or nobody is there.
    pub skipped: Vec<Rung>,
    /// Nobody is there on any rung, and the last one is told all the same: an incident by itself.
    pub nobody_is_there: bool,
}

impl Escalation<'_> {
    /// What to do now.
    ///
    /// `is_manned` says whether somebody is there on a rung now; a rung without contacts is empty whatever it says. A step
    /// before its time tells nobody and changes nothing. A worker that finds its clock gone back must step what lies in the
    /// future too: a `next_at` that was written before is no longer a time to wait for.
    #[must_use]
    pub fn step(&self, position: Position, is_manned: impl Fn(Rung) -> bool, now: Timestamp) -> Step {
        let position = position.not_after(now);
        let due = self.due(&position, now);
        if now < due {
            return Step {
                telling: None,
                next_at: due,
                position,
            };
        }
        let choices = self.choices(&position, is_manned, due, now);
        let telling = self.telling(&choices, position.turns);
        let highest = choices.last().map_or(self.ladder.last(), |choice| choice.place);
        let rung = &self.ladder.rungs()[highest];
        let repeats = match position.told {
            Some(told) if telling.rungs == [told.rung] => told.repeats.saturating_add(1),
            _ => 0,
        };
        Step {
            telling: Some(telling),
            next_at: rung.wait.after(now),
            position: Position {
                told: Some(Told {
                    rung: rung.rung,
                    at: now,
                    repeats,
                }),
                turns: position.turns.saturating_add(1),
                snooze: None,
                ..position
            },
        }
    }

    /// The position after a named person acknowledged; then make a step, which says when the next is. Nobody is told for
    /// as long as wanted, `None` for the longest, and never beyond [`super::longest_snooze`] from the first acknowledgement
    /// since the last telling. After that the escalation goes on from where it was.
    #[must_use]
    pub fn acknowledge(&self, position: Position, wanted: Option<Length>, now: Timestamp) -> Position {
        snooze::snoozed(position.not_after(now), wanted, self.urgency, now)
    }

    /// The position after it became known that a rung below this one will not do (a phone call reached nobody, nobody can
    /// open): the next step tells this one at once, whatever was acknowledged. One that has come as far is left as it is.
    #[must_use]
    pub fn raise(&self, position: Position, rung: Rung) -> Position {
        let wanted = self.ladder.place(rung);
        let has_come = |at: Rung| self.ladder.place(at) >= wanted;
        match (position.told, position.start) {
            (Some(told), _) if has_come(told.rung) => position,
            (None, Some(start)) if has_come(start) => position,
            _ => Position {
                told: None,
                start: Some(rung),
                snooze: None,
                ..position
            },
        }
    }

    /// When the next telling is due.
    fn due(&self, position: &Position, now: Timestamp) -> Timestamp {
        let waited = position.told.map(|told| {
            let rung = &self.ladder.rungs()[self.ladder.place(told.rung)];
            rung.wait.after(told.at)
        });
        let silent = position.snooze.map(|snooze| snooze::silent_until(snooze, self.urgency));
        waited.max(silent).unwrap_or(now)
    }

    /// The rungs whose time has come, one after the other. None of them twice: however long nobody stepped, nobody is told
    /// the same thing twice in one step.
    fn choices(
        &self,
        position: &Position,
        is_manned: impl Fn(Rung) -> bool,
        due: Timestamp,
        now: Timestamp,
    ) -> Vec<Choice> {
        let rungs = self.ladder.rungs();
        let is_manned = |place: usize| !rungs[place].contacts.is_empty() && is_manned(rungs[place].rung);
        let mut from = self.first_place(position);
        let mut choices: Vec<Choice> = Vec::new();
        let mut time = due;
        while time <= now {
            let choice = choose(self.ladder, from, is_manned);
            if choices.iter().any(|earlier| earlier.place >= choice.place) {
                break;
            }
            time = rungs[choice.place].wait.after(time);
            from = choice.place + 1;
            choices.push(choice);
        }
        choices
    }

    /// From where the next rung is looked for.
    fn first_place(&self, position: &Position) -> usize {
        let Some(told) = position.told else {
            return position.start.map_or(0, |start| self.ladder.place(start));
        };
        let place = self.ladder.place(told.rung);
        // A ladder that was configured anew may lack the rung that was told: the one in its place has not been.
        if self.ladder.rungs()[place].rung == told.rung {
            place + 1
        } else {
            place
        }
    }

    fn telling(&self, choices: &[Choice], turn: u32) -> Telling {
        let rung = |place: usize| self.ladder.rungs()[place].rung;
        let mut skipped: Vec<Rung> = choices
            .iter()
            .flat_map(|choice| &choice.skipped)
            .map(|place| rung(*place))
            .collect();
        skipped.sort_unstable();
        skipped.dedup();
        Telling {
            rungs: choices.iter().map(|choice| rung(choice.place)).collect(),
            turn,
            skipped,
            nobody_is_there: choices.iter().any(|choice| choice.nobody),
        }
    }
}
