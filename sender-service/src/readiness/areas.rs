//! Which areas a receiver is asked about.

use std::collections::BTreeSet;

use framme_shared::domain::{
    directory::Directory,
    municipality::{Area, CityDistrict},
    organisation::OrganisationNumber,
    statement::day_of,
};
use jiff::civil::Date;

use crate::context::Context;

/// Every area whose reports go to this receiver today.
pub fn areas_of(context: &Context, receiver: &OrganisationNumber) -> Vec<Area> {
    on_day(&context.directory.now(), receiver, day_of(context.clock.now()))
}

/// Of what the directory names the receiver for: a municipality that is divided by district as each of its districts, for a
/// child there always has one, and without what goes elsewhere.
fn on_day(directory: &Directory, receiver: &OrganisationNumber, day: Date) -> Vec<Area> {
    let named = directory.served_by(receiver, day);
    let all: BTreeSet<Area> = named.iter().flat_map(divided).collect();
    let comes_here = |area: &Area| {
        let service = directory.route(*area, day).service();
        service.is_some_and(|service| service.organisation == *receiver)
    };
    all.into_iter().filter(comes_here).collect()
}

fn divided(area: &Area) -> Vec<Area> {
    if !area.municipality().is_divided() || area.district().is_some() {
        return vec![*area];
    }
    let districts = (1..100).filter_map(|number| CityDistrict::parse(&format!("{number:02}")).ok());
    districts
        .filter_map(|district| Area::new(area.municipality(), Some(district)).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::ReceiverConfig, directory::short_form};

    fn receiver(organisation: &str, areas: &[&str]) -> ReceiverConfig {
        ReceiverConfig {
            organisation: OrganisationNumber::parse(organisation).unwrap(),
            endpoint: "https://receiver.example.no:8443".to_owned(),
            municipalities: areas.iter().map(|area| Area::parse(area).unwrap()).collect(),
        }
    }

    #[test]
    fn oslo_is_asked_about_by_district_and_without_those_that_go_elsewhere() {
        let (one, other) = (
            receiver("123456785", &["0301", "5501"]),
            receiver("974761076", &["0301/05"]),
        );
        let directory = short_form(&[one.clone(), other.clone()]).unwrap();
        let [oslo, frogner, tromso] = ["0301", "0301/05", "5501"].map(|area| Area::parse(area).unwrap());
        let day = "2026-03-02".parse().unwrap();
        let asked = on_day(&directory, &one.organisation, day);
        assert_eq!(asked.len(), 17);
        assert!(asked.contains(&tromso) && !asked.contains(&oslo) && !asked.contains(&frogner));
        assert_eq!(on_day(&directory, &other.organisation, day), [frogner]);
    }
}
