//! The rungs of one side for one urgency, in the order in which they are told.

use serde::Deserialize;

use super::rung::Rung;
use crate::domain::{calendar::Length, notice::ContactName, statement::Side};

/// A rung of a ladder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderRung {
    /// Which.
    pub rung: Rung,
    /// How long it has before the next one is told; of the last rung, before it is told again.
    pub wait: Length,
    /// Whom to tell. None: the rung is empty and always skipped.
    pub contacts: Vec<ContactName>,
}

/// Rungs in the order in which they are told; the last is told again and again, each time after its own wait.
///
/// In configuration a list of tables with `rung`, `wait` and `contacts`. At least one rung, all of one side, in the
/// order of the side, none twice; each wait at least a minute and at most 7 days or 5 working days; the last rung with
/// somebody to tell.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<LadderRung>")]
pub struct Ladder {
    rungs: Vec<LadderRung>,
}

/// Rungs that make no ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLadder {
    /// None at all: silence by configuration.
    #[error("a ladder has at least one rung")]
    Empty,
    /// Nothing after it would tell anybody.
    #[error("the last rung of a ladder, {0}, has at least one contact")]
    LastWithoutContact(Rung),
    /// Twice, out of order, or of the other side.
    #[error(
        "{after} cannot come after {before}: rungs come once, in the order list_owner, intake_leaders, duty, \
         receiver_management at a receiver, and officer, desk, commander, sender_management at a sender"
    )]
    Order {
        /// The earlier rung.
        before: Rung,
        /// The one that cannot follow it.
        after: Rung,
    },
    /// A week of silence.
    #[error("the wait of {0} is at most 7 days or 5 working days")]
    Wait(Rung),
}

const LONGEST_WAIT_IN_DAYS: u32 = 7;

impl Ladder {
    /// A ladder of these rungs.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn new(rungs: Vec<LadderRung>) -> Result<Self, InvalidLadder> {
        let last = rungs.last().ok_or(InvalidLadder::Empty)?;
        if last.contacts.is_empty() {
            return Err(InvalidLadder::LastWithoutContact(last.rung));
        }
        for pair in rungs.windows(2) {
            let (before, after) = (pair[0].rung, pair[1].rung);
            if before.side() != after.side() || before >= after {
                return Err(InvalidLadder::Order { before, after });
            }
        }
        let too_long = rungs.iter().find(|rung| !is_bounded(rung.wait));
        too_long.map_or(Ok(()), |rung| Err(InvalidLadder::Wait(rung.rung)))?;
        Ok(Self { rungs })
    }

    /// The rungs in the order in which they are told; at least one.
    #[must_use]
    pub fn rungs(&self) -> &[LadderRung] {
        &self.rungs
    }

    /// Whose it is.
    #[must_use]
    pub fn side(&self) -> Side {
        self.rungs[self.last()].rung.side()
    }

    /// Whom to tell on a rung; none for a rung that this ladder has not.
    #[must_use]
    pub fn contacts(&self, rung: Rung) -> &[ContactName] {
        let found = self.rungs.iter().find(|known| known.rung == rung);
        found.map_or(&[], |known| &known.contacts)
    }

    /// The place of a rung; where the ladder has not got it, of the next one above it, or the last.
    pub(super) fn place(&self, rung: Rung) -> usize {
        let place = self.rungs.iter().position(|known| known.rung >= rung);
        place.unwrap_or(self.last())
    }

    pub(super) fn last(&self) -> usize {
        self.rungs.len() - 1
    }
}

fn is_bounded(wait: Length) -> bool {
    // Five working days last longer than a week at Easter and Christmas, and are the working week that people mean.
    wait.is_within_days(LONGEST_WAIT_IN_DAYS) || wait.is_within_working_days(5)
}

impl TryFrom<Vec<LadderRung>> for Ladder {
    type Error = InvalidLadder;

    fn try_from(rungs: Vec<LadderRung>) -> Result<Self, InvalidLadder> {
        Self::new(rungs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(rung: Rung, wait: &str, contacts: &[&str]) -> LadderRung {
        LadderRung {
            rung,
            wait: Length::parse(wait).unwrap(),
            contacts: contacts.iter().map(|name| ContactName::parse(name).unwrap()).collect(),
        }
    }

    #[test]
    fn a_ladder_has_rungs_of_one_side_in_order_and_somebody_at_the_end() {
        let desk = || rung(Rung::Desk, "10 minutes", &["desk"]);
        let management = || rung(Rung::SenderManagement, "15 minutes", &["management"]);
        assert!(Ladder::new(vec![desk(), management()]).is_ok());
        assert!(Ladder::new(vec![rung(Rung::Desk, "10 minutes", &[]), management()]).is_ok());
        assert_eq!(Ladder::new(vec![]), Err(InvalidLadder::Empty));
        let nobody = rung(Rung::SenderManagement, "15 minutes", &[]);
        assert_eq!(
            Ladder::new(vec![desk(), nobody]),
            Err(InvalidLadder::LastWithoutContact(Rung::SenderManagement))
        );
        let order = |before, after| Err(InvalidLadder::Order { before, after });
        assert_eq!(Ladder::new(vec![desk(), desk()]), order(Rung::Desk, Rung::Desk));
        assert_eq!(
            Ladder::new(vec![management(), desk()]),
            order(Rung::SenderManagement, Rung::Desk)
        );
        let duty = rung(Rung::Duty, "5 minutes", &["duty"]);
        assert_eq!(Ladder::new(vec![duty, desk()]), order(Rung::Duty, Rung::Desk));
    }

    #[test]
    fn no_rung_may_be_silent_for_more_than_a_week() {
        let ladder = |wait| Ladder::new(vec![rung(Rung::Desk, wait, &["desk"])]).map(|_| ());
        for wait in ["1 minute", "7 days", "5 working days", "167 hours"] {
            assert_eq!(ladder(wait), Ok(()), "{wait}");
        }
        for wait in ["8 days", "6 working days", "200 hours"] {
            assert_eq!(ladder(wait), Err(InvalidLadder::Wait(Rung::Desk)), "{wait}");
        }
    }

    #[test]
    fn a_rung_that_a_ladder_has_not_stands_at_the_next_above() {
        let ladder = Ladder::new(vec![
            rung(Rung::Officer, "5 minutes", &["officer"]),
            rung(Rung::Commander, "5 minutes", &["commander"]),
        ])
        .unwrap();
        assert_eq!(ladder.place(Rung::Officer), 0);
        assert_eq!(ladder.place(Rung::Desk), 1);
        assert_eq!(ladder.place(Rung::SenderManagement), 1);
    }
}
