//! What a directory leaves open: places that nobody serves on a day, and entries that end without anybody after them.

use std::collections::BTreeSet;

use jiff::{ToSpan as _, civil::Date};

use super::{Directory, Place, Route};
use crate::domain::{
    municipality::{Area, CityDistrict, MunicipalityNumber},
    organisation::OrganisationNumber,
};

/// A place about which a report would go to a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap<'a> {
    /// Where.
    pub area: Area,
    /// [`Route::ToAPerson`] or [`Route::Nobody`].
    pub route: Route<'a>,
}

/// A place that is served until a day, and after that by nobody who is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ending {
    /// The last day.
    pub last_day: Date,
    /// Where.
    pub place: Place,
    /// Who serves it until then.
    pub service: OrganisationNumber,
}

impl Directory {
    /// Every municipality, and every city district of Oslo, that no one service answers for on this day.
    pub fn gaps(&self, day: Date) -> Vec<Gap<'_>> {
        every_area()
            .map(|area| Gap {
                area,
                route: self.route(area, day),
            })
            .filter(|gap| gap.route.service().is_none())
            .collect()
    }

    /// Every area whose reports go to this service on this day, by number: municipalities, Oslo by its districts, and the
    /// districts elsewhere that the register names.
    pub fn areas_of(&self, service: &OrganisationNumber, day: Date) -> Vec<Area> {
        let named = self.served.keys().filter_map(|place| match place {
            Place::Area(area) if !area.municipality().is_divided() => Some(*area),
            _ => None,
        });
        let areas: BTreeSet<Area> = every_area().chain(named).collect();
        areas
            .into_iter()
            .filter(|area| {
                self.route(*area, day)
                    .service()
                    .is_some_and(|it| it.organisation == *service)
            })
            .collect()
    }

    /// What ends from this day on, within so many days, and leads to no one service on the day after. By day and place.
    pub fn endings(&self, day: Date, within_days: i32) -> Vec<Ending> {
        let last = day.saturating_add(within_days.days());
        let mut endings: Vec<Ending> = self
            .served
            .iter()
            .filter(|(place, _)| matches!(place, Place::Area(_)))
            .flat_map(|(place, served)| served.iter().map(move |served| (*place, served)))
            .filter_map(|(place, served)| {
                let last_day = served.validity.to.filter(|to| (day..=last).contains(to))?;
                let after = last_day.tomorrow().ok()?;
                self.route(place, after).service().is_none().then_some(Ending {
                    last_day,
                    place,
                    service: served.by,
                })
            })
            .collect();
        endings.sort_unstable();
        endings
    }
}

/// Where children can live: all municipalities, and Oslo by its districts.
fn every_area() -> impl Iterator<Item = Area> {
    MunicipalityNumber::all().flat_map(|number| {
        let districts: Vec<Option<CityDistrict>> = if number.is_divided() {
            CityDistrict::all_in_oslo().map(Some).collect()
        } else {
            vec![None]
        };
        districts
            .into_iter()
            .filter_map(move |district| Area::new(number, district).ok())
    })
}
