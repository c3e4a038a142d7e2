//! Percentiles, so defined that one statement of any database finds them.

use serde::{Deserialize, Serialize};

/// The place, from 0, of a percentile among `count` values in rising order, by the nearest rank: the least value that at
/// least so many per cent of all values do not exceed. `None` when there are none.
#[must_use]
pub const fn nearest_rank(per_cent: u64, count: u64) -> Option<u64> {
    match (per_cent.saturating_mul(count)).div_ceil(100) {
        _ if count == 0 => None,
        0 => Some(0),
        rank => Some(rank - 1),
    }
}

/// How long delivered reports took from submission until the last child was assigned, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeToAssigned {
    /// At least half of the delivered reports took no longer.
    pub median: u64,
    /// At least nine in ten of the delivered reports took no longer.
    pub p90: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rank_is_the_least_value_that_so_many_do_not_exceed() {
        let cases = [
            (50, 1, 0),
            (90, 1, 0),
            (50, 2, 0),
            (50, 3, 1),
            (50, 10, 4),
            (90, 10, 8),
            (90, 11, 9),
            (100, 7, 6),
            (0, 7, 0),
        ];
        for (per_cent, count, place) in cases {
            assert_eq!(nearest_rank(per_cent, count), Some(place), "{per_cent} % of {count}");
        }
        assert_eq!(nearest_rank(50, 0), None);
    }
}
