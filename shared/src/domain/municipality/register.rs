//! The registers behind the numbers, read once from the files in `shared/data` that are part of the program.

use std::{collections::HashMap, sync::LazyLock};

use super::MunicipalityNumber;

const IN_FORCE: &str = include_str!("../../../data/municipalities-2024.csv");
const RETIRED: &str = include_str!("../../../data/municipalities-retired.csv");

/// A number of former times.
pub(super) struct Retired {
    pub(super) year: u16,
    pub(super) successors: Vec<MunicipalityNumber>,
}

static NAMES: LazyLock<Vec<(MunicipalityNumber, &'static str)>> = LazyLock::new(|| {
    let mut names: Vec<_> = rows(IN_FORCE)
        .map(|[number, name]| (MunicipalityNumber(to_number(number)), name))
        .collect();
    names.sort_unstable();
    names
});

static FORMER: LazyLock<HashMap<&'static str, Retired>> = LazyLock::new(|| {
    rows(RETIRED)
        .map(|[number, year, successors]| {
            let successors = successors
                .split(' ')
                .map(|number| MunicipalityNumber(to_number(number)))
                .collect();
            (
                number,
                Retired {
                    year: to_number(year),
                    successors,
                },
            )
        })
        .collect()
});

/// The name of a municipality of today.
pub(super) fn name_of(number: MunicipalityNumber) -> Option<&'static str> {
    let index = NAMES.binary_search_by_key(&number, |(number, _)| *number).ok()?;
    Some(NAMES[index].1)
}

/// All of today, by number.
pub(super) fn all() -> impl ExactSizeIterator<Item = MunicipalityNumber> {
    NAMES.iter().map(|(number, _)| *number)
}

/// What became of a number of former times.
pub(super) fn retired(number: &str) -> Option<&'static Retired> {
    FORMER.get(number)
}

/// The rows of a file of ours after its heading: plain fields, none quoted.
fn rows<const N: usize>(file: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    file.lines().skip(1).map(|line| {
        let fields: Vec<_> = line.splitn(N, ',').collect();
        fields
            .try_into()
            .expect("the files are part of the program and a test reads every row")
    })
}

fn to_number(text: &str) -> u16 {
    text.parse()
        .expect("the files are part of the program and a test reads every row")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_retired_number_leads_to_numbers_in_force_and_is_not_in_force_itself() {
        assert!(FORMER.len() > 400);
        for (number, retired) in FORMER.iter() {
            assert!(
                name_of(MunicipalityNumber(to_number(number))).is_none(),
                "{number} is in force"
            );
            assert!((2014..=2024).contains(&retired.year), "{number}");
            assert!(!retired.successors.is_empty(), "{number}");
            for successor in &retired.successors {
                assert!(name_of(*successor).is_some(), "{number} leads to {successor}");
            }
        }
    }

    #[test]
    fn the_reform_of_2024_retired_114_numbers() {
        assert_eq!(FORMER.values().filter(|retired| retired.year == 2024).count(), 114);
    }
}
