//! The official table of 2018-2023, as published per police district.

use anyhow::Context as _;
use serde::Deserialize;

const TABLE: &str = include_str!("../../data/unopened-reports-2018-2023.csv");

/// Reports that reached nobody, with the number of children in each: three in Troms about seven children, one in
/// Oslo about one child. The table gives the children per district; four reports in all is the review's figure.
pub const REACHED_NOBODY: [(&str, u32); 4] = [("Oslo", 1), ("Troms", 3), ("Troms", 2), ("Troms", 2)];

/// One police district's row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficialRow {
    /// Name of the district.
    pub police_district: String,
    /// Reports not opened, or opened too late.
    pub unopened_reports: u32,
    /// Children concerned by them.
    pub children_concerned: u32,
    /// Children whose case the service did not know by another route.
    pub children_not_known_to_service: u32,
}

/// The rows, in the order of the publication.
pub fn rows() -> anyhow::Result<Vec<OfficialRow>> {
    csv::Reader::from_reader(TABLE.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .context("the official table is not readable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_sums_to_172_reports_about_279_children() {
        let rows = rows().unwrap();
        assert_eq!(rows.len(), 12);
        assert_eq!(rows.iter().map(|row| row.unopened_reports).sum::<u32>(), 172);
        assert_eq!(rows.iter().map(|row| row.children_concerned).sum::<u32>(), 279);
    }

    #[test]
    fn the_reports_that_reached_nobody_agree_with_the_table() {
        for row in rows().unwrap() {
            let children: u32 = REACHED_NOBODY
                .iter()
                .filter(|(district, _)| *district == row.police_district)
                .map(|(_, n)| n)
                .sum();
            assert_eq!(children, row.children_not_known_to_service, "{}", row.police_district);
        }
    }
}
