//! The ladders of a side, by urgency, from configuration.

use serde::Deserialize;

use super::{defaults, ladder::Ladder, rung::Rung};
use crate::domain::{report::Urgency, statement::Side};

/// What configuration says about ladders: for each urgency one, or the default of the side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LaddersInConfig {
    /// Immediate danger; waits in minutes or hours, at most 24 hours.
    pub acute: Option<Ladder>,
    /// Must be read today.
    pub urgent: Option<Ladder>,
    /// Everything else.
    pub normal: Option<Ladder>,
}

/// The ladders of one side. The defaults have all four rungs of the side, each with one contact named as the rung, with
/// hyphens (`list-owner`, `sender-management`); acute 5, 5, 10 and then every 15 minutes; urgent 30 and 30 minutes, 1 hour and then every
/// 2 hours; normal 4 hours, 1 working day, 1 working day and then every working day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladders {
    acute: Ladder,
    urgent: Ladder,
    normal: Ladder,
}

/// Ladders that a side cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLadders {
    /// Of the other organisation.
    #[error("{0} is no rung of this side")]
    OtherSide(Rung),
    /// Acute danger does not wait for a morning.
    #[error("in the ladder for acute reports the wait of {0} must be in minutes or hours, at most 24 hours")]
    AcuteWait(Rung),
}

impl LaddersInConfig {
    /// The ladders of a side, with its defaults where nothing is configured.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn of(self, side: Side) -> Result<Ladders, InvalidLadders> {
        let or_default = |ladder: Option<Ladder>, urgency| ladder.unwrap_or_else(|| defaults::ladder(side, urgency));
        let ladders = Ladders {
            acute: or_default(self.acute, Urgency::Acute),
            urgent: or_default(self.urgent, Urgency::Urgent),
            normal: or_default(self.normal, Urgency::Normal),
        };
        for ladder in [&ladders.acute, &ladders.urgent, &ladders.normal] {
            if ladder.side() != side {
                return Err(InvalidLadders::OtherSide(ladder.rungs()[0].rung));
            }
        }
        let mut acute = ladders.acute.rungs().iter();
        match acute.find(|rung| !rung.wait.is_elapsed_within_hours(24)) {
            Some(rung) => Err(InvalidLadders::AcuteWait(rung.rung)),
            None => Ok(ladders),
        }
    }
}

impl Ladders {
    /// The ladders of a side that has configured nothing.
    #[must_use]
    pub fn default_of(side: Side) -> Self {
        let of = |urgency| defaults::ladder(side, urgency);
        Self {
            acute: of(Urgency::Acute),
            urgent: of(Urgency::Urgent),
            normal: of(Urgency::Normal),
        }
    }

    /// The ladder for an urgency.
    #[must_use]
    pub const fn ladder(&self, urgency: Urgency) -> &Ladder {
        match urgency {
            Urgency::Acute => &self.acute,
            Urgency::Urgent => &self.urgent,
            Urgency::Normal => &self.normal,
        }
    }
}

#[cfg(test)]
mod tests {
    use figment::{
        Figment,
        providers::{Format as _, Toml},
    };

    use super::*;

    fn read(text: &str) -> Result<LaddersInConfig, String> {
        let read = Figment::from(Toml::string(text)).extract();
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_hold_for_both_sides() {
        for side in Side::ALL {
            let ladders = read("").unwrap().of(*side).unwrap();
            assert_eq!(ladders, Ladders::default_of(*side));
            for urgency in Urgency::ALL {
                let ladder = ladders.ladder(*urgency);
                assert_eq!((ladder.side(), ladder.rungs().len()), (*side, 4));
            }
        }
        let receiver = Ladders::default_of(Side::Receiver);
        let acute: Vec<_> = receiver.ladder(Urgency::Acute).rungs().iter().collect();
        let written: Vec<_> = acute
            .iter()
            .map(|rung| format!("{} {}", rung.rung, rung.wait))
            .collect();
        let expected = [
            "list_owner 5 minutes",
            "intake_leaders 5 minutes",
            "duty 10 minutes",
            "receiver_management 15 minutes",
        ];
        assert_eq!(written, expected);
        assert_eq!(acute[1].contacts[0].as_str(), "intake-leaders");
    }

    #[test]
    fn a_ladder_may_be_configured_for_one_urgency_alone() {
        let text = r#"
            [[acute]]
            rung = "duty"
            wait = "3 minutes"
            contacts = ["duty-phone", "duty-mail"]
            "#;
        let ladders = read(text).unwrap().of(Side::Receiver).unwrap();
        let acute = ladders.ladder(Urgency::Acute);
        assert_eq!(acute.rungs().len(), 1);
        assert_eq!(acute.contacts(Rung::Duty).len(), 2);
        assert!(acute.contacts(Rung::ListOwner).is_empty());
        assert_eq!(ladders.ladder(Urgency::Normal).rungs().len(), 4);
    }

    #[test]
    fn ladders_that_make_no_sense_are_refused_with_what_is_wrong() {
        let of_sender = |text: &str| read(text).unwrap().of(Side::Sender);
        let duty = "normal = [{ rung = \"duty\", wait = \"4 hours\", contacts = [\"duty\"] }]";
        assert_eq!(of_sender(duty), Err(InvalidLadders::OtherSide(Rung::Duty)));
        for wait in ["1 working day", "1 day", "25 hours"] {
            let late = format!("acute = [{{ rung = \"desk\", wait = \"{wait}\", contacts = [\"desk\"] }}]");
            assert_eq!(of_sender(&late), Err(InvalidLadders::AcuteWait(Rung::Desk)));
        }
        let refused = |text: &str| read(text).unwrap_err();
        assert!(refused("acute = []").contains("at least one rung"));
        assert!(refused("panic = []").contains("panic"));
        let wait = "acute = [{ rung = \"desk\", wait = \"0 minutes\", contacts = [\"desk\"] }]";
        assert!(refused(wait).contains("at least 1"));
        let silent = "acute = [{ rung = \"desk\", wait = \"5 minutes\", contacts = [] }]";
        assert!(refused(silent).contains("at least one contact"));
    }
}
