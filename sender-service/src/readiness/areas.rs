//! Which areas a receiver is asked about.

use std::collections::BTreeSet;

use framme_shared::domain::{
    municipality::{Area, CityDistrict},
    organisation::OrganisationNumber,
};

use crate::directory::Directory;

/// Every area whose reports go to this receiver, of those that it is configured with: a municipality that is divided by
/// district as each of its districts, for a child there always has one.
pub fn areas_of(directory: &Directory, configured: &[Area], receiver: &OrganisationNumber) -> Vec<Area> {
    let all: BTreeSet<Area> = configured.iter().flat_map(divided).collect();
    all.into_iter()
        .filter(|area| directory.receiver_of(area) == Some(*receiver))
        .collect()
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

    #[test]
    fn oslo_is_asked_about_by_district_and_without_those_that_go_elsewhere() {
        let [one, other] = ["123456785", "974761076"].map(|number| OrganisationNumber::parse(number).unwrap());
        let [oslo, frogner, tromso] = ["0301", "0301/05", "5501"].map(|area| Area::parse(area).unwrap());
        let mut directory = Directory::default();
        for (area, receiver) in [(oslo, one), (tromso, one), (frogner, other)] {
            directory.add(area, receiver).unwrap();
        }
        let asked = areas_of(&directory, &[oslo, tromso], &one);
        assert_eq!(asked.len(), 17);
        assert!(asked.contains(&tromso) && !asked.contains(&oslo) && !asked.contains(&frogner));
        assert_eq!(areas_of(&directory, &[frogner], &other), [frogner]);
    }
}
