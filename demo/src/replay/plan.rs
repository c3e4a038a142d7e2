//! Which reports the replay makes: how many children each has, and which ones nobody is assigned.

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

use super::official::{self, OfficialRow, REACHED_NOBODY};

/// One report to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedReport {
    /// The district that sends it.
    pub police_district: String,
    /// Children in it, at least 1.
    pub children: u32,
    /// One of the four that reached nobody: it is left unassigned to the end.
    pub reached_nobody: bool,
}

/// Every report of the official table: the same seed gives the same plan.
pub fn plan(seed: u64) -> anyhow::Result<Vec<PlannedReport>> {
    let mut rng = SmallRng::seed_from_u64(seed);
    Ok(official::rows()?
        .iter()
        .flat_map(|row| plan_district(row, &mut rng))
        .collect())
}

/// The fixed reports that reached nobody first; the district's other children are spread over its other reports.
fn plan_district(row: &OfficialRow, rng: &mut SmallRng) -> Vec<PlannedReport> {
    let lost: Vec<u32> = REACHED_NOBODY
        .iter()
        .filter(|(district, _)| *district == row.police_district)
        .map(|(_, n)| *n)
        .collect();
    let others = row.unopened_reports as usize - lost.len();
    let mut known = vec![1; others];
    let spread = row.children_concerned - lost.iter().sum::<u32>() - others as u32;
    for _ in 0..spread {
        known[rng.random_range(0..others)] += 1;
    }
    let report = |children, reached_nobody| PlannedReport {
        police_district: row.police_district.clone(),
        children,
        reached_nobody,
    };
    lost.into_iter()
        .map(|n| report(n, true))
        .chain(known.into_iter().map(|n| report(n, false)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_makes_the_official_table_from_any_seed() {
        for seed in 0..50 {
            let plan = plan(seed).unwrap();
            for row in official::rows().unwrap() {
                let of_district: Vec<_> = plan
                    .iter()
                    .filter(|report| report.police_district == row.police_district)
                    .collect();
                assert_eq!(of_district.len(), row.unopened_reports as usize);
                assert_eq!(
                    of_district.iter().map(|report| report.children).sum::<u32>(),
                    row.children_concerned
                );
            }
        }
    }

    #[test]
    fn four_reports_about_eight_children_reach_nobody() {
        let lost: Vec<_> = plan(1)
            .unwrap()
            .into_iter()
            .filter(|report| report.reached_nobody)
            .collect();
        assert_eq!(lost.len(), 4);
        assert_eq!(lost.iter().map(|report| report.children).sum::<u32>(), 8);
    }

    #[test]
    fn the_same_seed_gives_the_same_plan() {
        assert_eq!(plan(7).unwrap(), plan(7).unwrap());
    }
}
