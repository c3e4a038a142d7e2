//! National identity numbers (fødselsnummer) and D-numbers.

mod check_digits;
pub mod synthetic;

use std::fmt;

use jiff::civil::Date;
use zeroize::Zeroize;

/// An 11-digit number with a date of birth in it and right check digits. It identifies a person, so it never prints:
/// [`expose`](Self::expose) is the only way to its digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdentityNumber([u8; 11]);

/// A text that is not an identity number. None of the texts repeats what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentityNumber {
    /// Spaces, letters, another length.
    #[error("must be exactly 11 digits")]
    NotElevenDigits,
    /// Day, month, year and individual number name no day.
    #[error("must begin with a date of birth")]
    NoBirthDate,
    /// One of the last two digits.
    #[error("must have right check digits")]
    CheckDigits,
    /// Not where people are real.
    #[error("must not be a test number")]
    TestNumber,
}

/// Whether numbers that belong to nobody are taken: month + 80 (Skatteetaten's Tenor) and month + 40.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestNumbers {
    /// In test and demonstration.
    Accepted,
    /// In production.
    Refused,
}

impl IdentityNumber {
    /// Reads 11 digits: ordinary numbers, D-numbers (day + 40), and test numbers of both where they are accepted.
    /// Whether the number is in the register, and whose it is, nobody can tell from its digits.
    pub fn parse(text: &str, test_numbers: TestNumbers) -> Result<Self, InvalidIdentityNumber> {
        let mut digits: [u8; 11] = text
            .as_bytes()
            .try_into()
            .map_err(|_| InvalidIdentityNumber::NotElevenDigits)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(InvalidIdentityNumber::NotElevenDigits);
        }
        digits.iter_mut().for_each(|digit| *digit -= b'0');
        let number = Self(digits);
        if number.date_in_it().is_none() {
            return Err(InvalidIdentityNumber::NoBirthDate);
        }
        if !check_digits::are_right(&number.0) {
            return Err(InvalidIdentityNumber::CheckDigits);
        }
        if number.is_test_number() && test_numbers == TestNumbers::Refused {
            return Err(InvalidIdentityNumber::TestNumber);
        }
        Ok(number)
    }

    /// The date of birth, with its century from the individual number.
    pub fn birth_date(&self) -> Date {
        self.date_in_it().expect("no number is made without a date in it")
    }

    /// A D-number: for those who are registered without living here.
    pub fn is_d_number(&self) -> bool {
        self.0[0] >= 4
    }

    /// A number that belongs to nobody.
    pub fn is_test_number(&self) -> bool {
        self.0[2] >= 4
    }

    /// The digits, for where they must be shown or sent. Not for logs, errors, file names or keys.
    pub fn expose(&self) -> String {
        self.0.iter().map(|digit| char::from(digit + b'0')).collect()
    }

    fn date_in_it(&self) -> Option<Date> {
        let day = self.pair(0) - if self.is_d_number() { 40 } else { 0 };
        let month = match self.pair(2) {
            month @ 80.. => month - 80,
            month @ 40.. => month - 40,
            month => month,
        };
        let individual = i16::from(self.0[6]) * 100 + i16::from(self.pair(7));
        let year = full_year(i16::from(self.pair(4)), individual)?;
        Date::new(year, month, day).ok()
    }

    fn pair(&self, at: usize) -> i8 {
        let pair = self.0[at] * 10 + self.0[at + 1];
        i8::try_from(pair).expect("two digits fit")
    }
}

/// The series of individual numbers tell the century (Skatteetaten, "Fødselsnummer").
fn full_year(year: i16, individual: i16) -> Option<i16> {
    match (individual, year) {
        (000..=499, _) => Some(1900 + year),
        (500..=749, 54..) => Some(1800 + year),
        (500..=999, ..=39) => Some(2000 + year),
        (900..=999, 40..) => Some(1900 + year),
        _ => None,
    }
}

impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityNumber(***)")
    }
}

impl Drop for IdentityNumber {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests;
