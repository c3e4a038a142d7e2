//! Which receiver serves which municipalities and city districts.

use framme_shared::domain::municipality::MunicipalityNumber;

use crate::samples::police_districts;

/// A municipality, with a city district where its services are divided by district: "5501", "0301/05".
pub type Area = (String, String);

/// Oslo's city districts with a service of their own.
const OSLO_DISTRICTS: u32 = 15;

/// The areas of receiver `index` of `count`: police districts are dealt out in turn, so that each receiver has some.
pub fn served_by(index: usize, count: usize) -> Vec<Area> {
    police_districts::names()
        .enumerate()
        .filter(|(position, _)| position % count == index)
        .flat_map(|(_, district)| areas_of(district))
        .collect()
}

/// The areas of one police district, by number.
pub fn areas_of(police_district: &str) -> Vec<Area> {
    MunicipalityNumber::all()
        .filter(|number| police_districts::district_of(&number.to_string()) == Some(police_district))
        .flat_map(|number| match number.is_divided() {
            true => (1..=OSLO_DISTRICTS)
                .map(|district| (number.to_string(), format!("{district:02}")))
                .collect(),
            false => vec![(number.to_string(), String::new())],
        })
        .collect()
}

/// As configurations write it.
pub(super) fn written((municipality, city_district): &Area) -> String {
    if city_district.is_empty() {
        municipality.clone()
    } else {
        format!("{municipality}/{city_district}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_municipality_is_served_by_exactly_one_receiver() {
        for count in 1..=3 {
            let all: Vec<Area> = (0..count).flat_map(|index| served_by(index, count)).collect();
            let distinct: HashSet<&Area> = all.iter().collect();
            assert_eq!(distinct.len(), all.len());
            let municipalities: HashSet<&String> = all.iter().map(|(number, _)| number).collect();
            assert_eq!(municipalities.len(), MunicipalityNumber::all().len());
        }
    }
}
