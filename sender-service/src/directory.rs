//! Which receiver serves a child: the configured receivers by municipality and city district.

use std::collections::HashMap;

use framme_shared::domain::{municipality::Area, organisation::OrganisationNumber};

/// Finds the receiver of a child. Built from configuration, which refuses an area that two receivers claim.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    by_area: HashMap<Area, OrganisationNumber>,
}

/// Two receivers claim the same area. Both cannot be right, and the sender never picks one by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{area} is claimed by {first} and {second}")]
pub struct ClaimedTwice {
    /// Which area.
    pub area: Area,
    /// By whom first.
    pub first: OrganisationNumber,
    /// By whom then.
    pub second: OrganisationNumber,
}

impl Directory {
    /// Adds what one receiver serves.
    ///
    /// # Errors
    /// [`ClaimedTwice`] when another receiver serves the same area already.
    pub fn add(&mut self, area: Area, receiver: OrganisationNumber) -> Result<(), ClaimedTwice> {
        match self.by_area.insert(area, receiver) {
            Some(first) if first != receiver => Err(ClaimedTwice {
                area,
                first,
                second: receiver,
            }),
            _ => Ok(()),
        }
    }

    /// The receiver of a child who lives or stays there: that of the city district where one is configured, else that
    /// of the municipality.
    pub fn receiver_of(&self, area: &Area) -> Option<OrganisationNumber> {
        let whole = Area::new(area.municipality(), None).ok();
        self.by_area
            .get(area)
            .or_else(|| whole.and_then(|whole| self.by_area.get(&whole)))
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisation(text: &str) -> OrganisationNumber {
        OrganisationNumber::parse(text).unwrap()
    }

    fn area(text: &str) -> Area {
        Area::parse(text).unwrap()
    }

    fn directory(entries: &[(&str, &str)]) -> Result<Directory, ClaimedTwice> {
        let mut directory = Directory::default();
        for (text, receiver) in entries {
            directory.add(area(text), organisation(receiver))?;
        }
        Ok(directory)
    }

    #[test]
    fn a_city_district_goes_before_its_municipality() {
        let directory = directory(&[("0301", "123456785"), ("0301/05", "974761076")]).unwrap();
        assert_eq!(directory.receiver_of(&area("0301/05")), Some(organisation("974761076")));
        assert_eq!(directory.receiver_of(&area("0301/04")), Some(organisation("123456785")));
        assert_eq!(directory.receiver_of(&area("0301")), Some(organisation("123456785")));
    }

    #[test]
    fn an_area_that_nobody_serves_has_no_receiver() {
        let directory = directory(&[("0301/05", "974761076")]).unwrap();
        assert_eq!(directory.receiver_of(&area("0301/06")), None);
        assert_eq!(directory.receiver_of(&area("5501")), None);
    }

    #[test]
    fn an_area_claimed_by_two_receivers_is_refused() {
        let refused = directory(&[("5501", "123456785"), ("5501", "974761076")]);
        assert!(refused.is_err());
    }
}
