//! The sender's directory: which child welfare service answers for a municipality or city district on a day, where its
//! receiver is, and how people reach it. Read from a register that people and programs edit; checked as a whole.

mod build;
mod coverage;
mod date_text;
mod document;
mod fault;
mod place;
mod route;
mod service;
mod validity;

use std::collections::{BTreeMap, HashMap};

pub use self::{
    coverage::{Ending, Gap},
    document::{Document, DutyEntry, LetterEntry, ServedEntry, ServiceEntry},
    fault::{Fault, Rule},
    place::{InvalidPlace, Place},
    route::{Doubt, Route},
    service::{Duty, LetterAddress, Service},
    validity::Validity,
};
use super::organisation::OrganisationNumber;

/// Every service, and what each serves when. Only ever whole and checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    services: BTreeMap<OrganisationNumber, Service>,
    served: HashMap<Place, Vec<Served>>,
}

/// A place that a service serves for a time.
#[derive(Debug, Clone, PartialEq)]
struct Served {
    by: OrganisationNumber,
    /// Within the service's own time.
    validity: Validity,
}

impl Directory {
    /// Every service, by organisation number, also those of other times.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values()
    }

    /// One service.
    pub fn service(&self, organisation: &OrganisationNumber) -> Option<&Service> {
        self.services.get(organisation)
    }
}

#[cfg(test)]
mod build_tests;
#[cfg(test)]
mod route_tests;
