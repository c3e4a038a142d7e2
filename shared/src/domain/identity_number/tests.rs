use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

fn accepted(text: &str) -> Result<IdentityNumber, InvalidIdentityNumber> {
    IdentityNumber::parse(text, TestNumbers::Accepted)
}

/// Numbers with the verdicts of two validators that are not ours: npm `@navikt/fnrvalidator` 2.2.1 (kind, or
/// "invalid") and the birth date by PyPI `python-stdnum` 2.2 (empty for none; month + 80 was shown to it as + 40,
/// which it knows). Ordinary and D-numbers are of birth dates from 2030 on, so that none belongs to anybody.
const ORACLE: &str = include_str!("oracle.csv");

#[test]
fn two_other_validators_say_the_same() {
    let mut rows = 0;
    for line in ORACLE.lines().skip(1) {
        let [digits, kind, birth_date] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        // The one checks the digits, the other knows which centuries exist: a number is valid when it is for both.
        let valid = kind != "invalid" && !birth_date.is_empty();
        let number = accepted(digits);
        assert_eq!(number.is_ok(), valid, "{line}");
        if let Ok(number) = number {
            assert_eq!(number.birth_date(), birth_date.parse::<Date>().unwrap(), "{line}");
            assert_eq!(number.is_d_number(), kind.starts_with("dnr"), "{line}");
            assert_eq!(
                number.is_test_number(),
                kind.contains("tnr") || kind.contains("hnr"),
                "{line}"
            );
        }
        rows += 1;
    }
    assert!(rows > 100);
}

#[test]
fn the_first_check_digit_of_2032_is_accepted_now() {
    // The same nine digits with the four first check digits that the new rule knows, where each has a second.
    let valid = (0..100)
        .filter(|check| accepted(&format!("018135777{check:02}")).is_ok())
        .count();
    assert!((3..=4).contains(&valid), "{valid}");
}

#[test]
fn what_is_not_eleven_digits_is_refused_without_repeating_it() {
    for text in ["", "0181357773", "018135 77738", "0181357773a", "０１８１"] {
        let error = accepted(text).unwrap_err();
        assert_eq!(error, InvalidIdentityNumber::NotElevenDigits);
        assert!(text.is_empty() || !format!("{error} {error:?}").contains(text));
    }
}

#[test]
fn a_day_that_does_not_exist_is_refused() {
    for text in [
        "00810112345",
        "32810112345",
        "30820112345",
        "99990112345",
        "01930112345",
        "01530112345",
    ] {
        assert_eq!(accepted(text), Err(InvalidIdentityNumber::NoBirthDate), "{text}");
    }
}

#[test]
fn the_individual_number_tells_the_century() {
    assert_eq!(full_year(54, 500), Some(1854));
    assert_eq!(full_year(99, 749), Some(1899));
    assert_eq!(full_year(0, 0), Some(1900));
    assert_eq!(full_year(99, 499), Some(1999));
    assert_eq!(full_year(0, 500), Some(2000));
    assert_eq!(full_year(39, 999), Some(2039));
    assert_eq!(full_year(40, 900), Some(1940));
    assert_eq!(full_year(40, 500), None);
    assert_eq!(full_year(99, 899), None);
}

#[test]
fn a_number_never_prints() {
    let number = synthetic::SyntheticNumbers::from_seed(3)
        .born(date(2014, 3, 2))
        .unwrap();
    assert_eq!(format!("{number:?}"), "IdentityNumber(***)");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,14}|[0-9]{11}") {
        if let Ok(number) = accepted(&text) {
            prop_assert_eq!(number.expose(), text);
        }
    }

    #[test]
    fn one_wrong_digit_among_the_first_ten_is_found_by_the_second_check_digit(
        seed: u64, at in 0_usize..10, change in 1_u8..10,
    ) {
        let number = synthetic::SyntheticNumbers::from_seed(seed).born(date(2013, 5, 17)).unwrap();
        let mut digits = number.expose().into_bytes();
        digits[at] = (digits[at] - b'0' + change) % 10 + b'0';
        prop_assert!(accepted(&String::from_utf8(digits).unwrap()).is_err());
    }
}
