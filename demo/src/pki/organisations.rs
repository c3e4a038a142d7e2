//! Organisations that do not exist.

use framme_shared::domain::organisation::OrganisationNumber;

/// An organisation of the demonstration.
#[derive(Clone, Copy, Debug)]
pub struct SyntheticOrganisation {
    /// Its folder in the test PKI.
    pub folder: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Which of the synthetic numbers it has.
    pub index: u32,
}

impl SyntheticOrganisation {
    /// Its organisation number.
    #[must_use]
    pub fn number(&self) -> OrganisationNumber {
        synthetic_organisation(self.index)
    }
}

/// The sender of the demonstration.
pub const POLICE_DISTRICT: SyntheticOrganisation = SyntheticOrganisation {
    folder: "police",
    name: "Troms test police district",
    index: 0,
};

/// The receivers of the demonstration.
pub const RECEIVERS: [SyntheticOrganisation; 3] = [
    SyntheticOrganisation {
        folder: "receiver-tromso",
        name: "Tromsø test child welfare service",
        index: 1,
    },
    SyntheticOrganisation {
        folder: "receiver-harstad",
        name: "Harstad test child welfare service",
        index: 2,
    },
    SyntheticOrganisation {
        folder: "receiver-oslo",
        name: "Oslo test child welfare service",
        index: 3,
    },
];

/// The `index`-th synthetic organisation number: they begin with 31, and real ones with 8 or 9. There are about 900,000.
///
/// # Panics
/// When `index` is 900,000 or more.
#[must_use]
pub fn synthetic_organisation(index: u32) -> OrganisationNumber {
    // One in eleven has no check digit and is left out.
    (0..1_000_000_u32)
        .filter_map(with_check_digit)
        .nth(index as usize)
        .expect("there are more than 900,000 of them")
}

fn with_check_digit(body: u32) -> Option<OrganisationNumber> {
    (0..10).find_map(|check| OrganisationNumber::parse(&format!("31{body:06}{check}")).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synthetic_numbers_are_valid_and_differ() {
        let numbers: Vec<_> = (0..50).map(synthetic_organisation).collect();
        let mut distinct = numbers.clone();
        distinct.dedup();
        assert_eq!(numbers.len(), distinct.len());
        assert!(numbers.iter().all(|number| number.as_str().starts_with("31")));
    }
}
