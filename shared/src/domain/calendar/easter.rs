//! When Easter is.

use jiff::civil::Date;

/// Easter Sunday of a year by the Gregorian calendar (the "anonymous" computation, as in Meeus, Astronomical Algorithms,
/// chapter 8).
pub(super) fn easter_sunday(year: i16) -> Option<Date> {
    let wide = i32::from(year);
    // Where the year stands in the 19 years of the moon, and in the centuries' leap days.
    let golden = wide.rem_euclid(19);
    let (century, of_century) = (wide.div_euclid(100), wide.rem_euclid(100));
    let (leap_centuries, since_leap_century) = (century.div_euclid(4), century.rem_euclid(4));
    let moon_correction = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    // Days from 21 March to the full moon, and from there to the Sunday.
    let full_moon = (19 * golden + century - leap_centuries - moon_correction + 15).rem_euclid(30);
    let (leap_years, since_leap_year) = (of_century.div_euclid(4), of_century.rem_euclid(4));
    let sunday = (32 + 2 * since_leap_century + 2 * leap_years - full_moon - since_leap_year).rem_euclid(7);
    let latest = (golden + 11 * full_moon + 22 * sunday).div_euclid(451);
    let from_march = full_moon + sunday - 7 * latest + 114;
    let month = i8::try_from(from_march / 31).ok()?;
    let day = i8::try_from(from_march % 31 + 1).ok()?;
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};

    use super::*;

    #[test]
    fn easter_is_on_the_known_days() {
        // The earliest and the latest possible, the two exceptions of the computation (1954, 1981), and some years near.
        let known = [
            date(1818, 3, 22),
            date(1943, 4, 25),
            date(1954, 4, 18),
            date(1981, 4, 19),
            date(2024, 3, 31),
            date(2025, 4, 20),
            date(2026, 4, 5),
            date(2027, 3, 28),
            date(2038, 4, 25),
        ];
        for day in known {
            assert_eq!(easter_sunday(day.year()), Some(day));
        }
    }

    #[test]
    fn easter_is_always_a_sunday_between_22_march_and_25_april() {
        for year in 1..=9999 {
            let day = easter_sunday(year).unwrap();
            assert_eq!(day.weekday(), Weekday::Sunday, "{year}");
            assert!((date(year, 3, 22)..=date(year, 4, 25)).contains(&day), "{day}");
        }
    }
}
