//! Who answers for a place on a day. What leads to one service is followed; what may lead to several goes to a person.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Directory, Place, Served, Service};
use crate::domain::{closed_set::closed_set, municipality::Area, organisation::OrganisationNumber};

closed_set! {
    /// Why a person must say which service is right.
    Doubt in "directory doubt" {
        /// The municipality became several.
        MunicipalityRetired = "municipality_retired",
        /// The service has ended, and not exactly one takes over.
        ServiceRetired = "service_retired",
        /// Services there are divided by city district, and the district is not known.
        DistrictMissing = "district_missing",
    }
}

/// Where a report about a child goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Route<'a> {
    /// To this one.
    Service(&'a Service),
    /// A person must say. Never a guess.
    ToAPerson {
        /// Why.
        reason: Doubt,
        /// Those that may be right, by organisation number.
        candidates: Vec<&'a Service>,
    },
    /// The directory knows nobody.
    Nobody,
}

impl<'a> Route<'a> {
    /// The service, if it is certain.
    pub fn service(&self) -> Option<&'a Service> {
        match self {
            Self::Service(service) => Some(service),
            _ => None,
        }
    }

    /// Every service that may be right.
    pub fn candidates(&self) -> Vec<&'a Service> {
        match self {
            Self::Service(service) => vec![service],
            Self::ToAPerson { candidates, .. } => candidates.clone(),
            Self::Nobody => Vec::new(),
        }
    }

    fn to_a_person(reason: Doubt, candidates: impl IntoIterator<Item = &'a Service>) -> Self {
        let mut candidates: Vec<_> = candidates.into_iter().collect();
        candidates.sort_unstable_by_key(|service| service.organisation);
        candidates.dedup_by_key(|service| service.organisation);
        Self::ToAPerson { reason, candidates }
    }
}

impl Directory {
    /// Who answers for this place on this day.
    ///
    /// A city district goes before its municipality. What nobody serves any more leads on: a municipality to its one
    /// successor in the national register, a service to its one successor in the directory.
    pub fn route(&self, place: impl Into<Place>, day: Date) -> Route<'_> {
        let place = place.into();
        match self.of_place(place, day) {
            Route::Nobody => match place {
                Place::Area(area) => self.beyond(area, day),
                Place::Former(former) if former.retired_on() <= day => self.successor(former.successors(), day),
                Place::Former(_) => Route::Nobody,
            },
            found => found,
        }
    }

    /// Only this place itself: who serves it, or who took over from the last one that did.
    fn of_place(&self, place: Place, day: Date) -> Route<'_> {
        let Some(served) = self.served.get(&place) else {
            return Route::Nobody;
        };
        if let Some(now) = served.iter().find(|served| served.validity.contains(day)) {
            return self.follow(&now.by, day);
        }
        let ended = served.iter().filter(|served| served.validity.has_ended(day));
        match ended.max_by_key(|served| served.validity.to) {
            // It served until its own end. One that lives on has given the place up.
            Some(last) if self.outlived(last, day) => self.follow(&last.by, day),
            _ => Route::Nobody,
        }
    }

    fn outlived(&self, last: &Served, day: Date) -> bool {
        let is_over = |service: &Service| service.validity.has_ended(day) && service.validity.to == last.validity.to;
        self.services.get(&last.by).is_some_and(is_over)
    }

    /// An area that is not in the register itself: its municipality, or the municipality's districts.
    fn beyond(&self, area: Area, day: Date) -> Route<'_> {
        if area.district().is_some() {
            let whole = Area::new(area.municipality(), None).expect("without a district there is nothing to refuse");
            return self.of_place(whole.into(), day);
        }
        let districts = self.served.keys().filter(|place| match place {
            Place::Area(part) => part.municipality() == area.municipality() && part.district().is_some(),
            Place::Former(_) => false,
        });
        let services: Vec<_> = districts
            .flat_map(|district| self.of_place(*district, day).candidates())
            .collect();
        if services.is_empty() {
            Route::Nobody
        } else {
            Route::to_a_person(Doubt::DistrictMissing, services)
        }
    }

    fn successor(&self, municipalities: &[crate::domain::municipality::MunicipalityNumber], day: Date) -> Route<'_> {
        let mut routes = municipalities
            .iter()
            .map(|number| Area::new(*number, None).expect("without a district there is nothing to refuse"))
            .map(|area| self.route(area, day));
        if municipalities.len() == 1 {
            return routes.next().unwrap_or(Route::Nobody);
        }
        Route::to_a_person(
            Doubt::MunicipalityRetired,
            routes.flat_map(|route| route.candidates()).collect::<Vec<_>>(),
        )
    }

    /// A service that exists on that day, from this one on. No service is met twice.
    fn follow(&self, from: &OrganisationNumber, day: Date) -> Route<'_> {
        let (mut seen, mut next) = (BTreeSet::new(), *from);
        loop {
            let Some(service) = self.services.get(&next) else {
                return Route::Nobody;
            };
            if service.validity.contains(day) {
                return Route::Service(service);
            }
            let successors = service.successors.iter().filter_map(|number| self.services.get(number));
            match service.successors.as_slice() {
                // One that is to come does not answer yet, and neither do those after it.
                [only] if service.validity.has_ended(day) && seen.insert(next) => next = *only,
                _ if service.validity.has_ended(day) => return Route::to_a_person(Doubt::ServiceRetired, successors),
                _ => return Route::to_a_person(Doubt::ServiceRetired, [service]),
            }
        }
    }
}
