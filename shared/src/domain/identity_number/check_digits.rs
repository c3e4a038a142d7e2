//! The two check digits, modulus 11.

const FIRST: [u32; 9] = [3, 7, 6, 1, 8, 9, 4, 5, 2];
const SECOND: [u32; 10] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

/// Remainders that the first check digit may leave. Zero until 2031; from 2032 also 1, 2 and 3, which gives more
/// numbers per day. They are accepted already, since a number says nothing about when it was given.
const FIRST_REMAINDERS: std::ops::RangeInclusive<u32> = 0..=3;

/// Whether the last two of eleven digits (0 to 9 each) fit the others.
pub(super) fn are_right(digits: &[u8; 11]) -> bool {
    let first = weighted(&FIRST, digits) + u32::from(digits[9]);
    let second = weighted(&SECOND, digits) + u32::from(digits[10]);
    FIRST_REMAINDERS.contains(&(first % 11)) && second.is_multiple_of(11)
}

/// Sets the last two digits by the rule before 2032; `false` when these nine digits have none.
pub(super) fn set(digits: &mut [u8; 11]) -> bool {
    let complement = |sum: u32| u8::try_from((11 - sum % 11) % 11).expect("a remainder of 11 fits");
    digits[9] = complement(weighted(&FIRST, digits));
    if digits[9] == 10 {
        return false;
    }
    digits[10] = complement(weighted(&SECOND, digits));
    digits[10] != 10
}

fn weighted(weights: &[u32], digits: &[u8; 11]) -> u32 {
    weights
        .iter()
        .zip(digits)
        .map(|(weight, digit)| weight * u32::from(*digit))
        .sum()
}
