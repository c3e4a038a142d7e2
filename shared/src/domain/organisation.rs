//! Organisation numbers (organisasjonsnummer).

use std::fmt;

use super::text_form::text_form;

/// An organisation number whose check digit is right. Nothing is demanded of its first digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganisationNumber([u8; 9]);

/// A text that is not an organisation number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrganisationNumber {
    /// Spaces, letters, another length.
    #[error("must be exactly 9 digits")]
    NotNineDigits,
    /// Modulus 11 over the first eight digits.
    #[error("must have a right check digit")]
    CheckDigit,
}

const WEIGHTS: [u32; 8] = [3, 2, 7, 6, 5, 4, 3, 2];

impl OrganisationNumber {
    /// Belongs to no organisation. It stands where a receiver will stand when a person has said which one is right.
    pub const NOBODY: Self = Self(*b"000000000");

    /// Reads nine digits, the last of which must be the check digit.
    pub fn parse(text: &str) -> Result<Self, InvalidOrganisationNumber> {
        let digits: [u8; 9] = text
            .as_bytes()
            .try_into()
            .map_err(|_| InvalidOrganisationNumber::NotNineDigits)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(InvalidOrganisationNumber::NotNineDigits);
        }
        let sum: u32 = digits
            .iter()
            .zip(WEIGHTS)
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        // Remainder 0 gives 0; remainder 1 would need the digit 10, which no number has.
        if (11 - sum % 11) % 11 != u32::from(digits[8] - b'0') {
            return Err(InvalidOrganisationNumber::CheckDigit);
        }
        Ok(Self(digits))
    }

    /// The nine digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII digits are ever stored")
    }
}

impl fmt::Display for OrganisationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for OrganisationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrganisationNumber({})", self.as_str())
    }
}

text_form!(OrganisationNumber, InvalidOrganisationNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_a_right_check_digit_is_accepted_whatever_it_begins_with() {
        for text in ["123456785", "974761076", "982531950", "000000000"] {
            assert_eq!(OrganisationNumber::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_check_digit_is_refused() {
        for text in ["123456786", "974761077", "100000001"] {
            assert_eq!(
                OrganisationNumber::parse(text),
                Err(InvalidOrganisationNumber::CheckDigit),
                "{text}"
            );
        }
    }

    #[test]
    fn a_check_digit_of_ten_belongs_to_no_number() {
        // Weighted sum 12, remainder 1: no digit fits.
        for last in 0..10 {
            assert!(OrganisationNumber::parse(&format!("40000000{last}")).is_err());
        }
    }

    #[test]
    fn anything_but_nine_digits_is_refused() {
        for text in ["", "12345678", "1234567855", "123 456 785", "12345678x", "１２３"] {
            assert_eq!(
                OrganisationNumber::parse(text),
                Err(InvalidOrganisationNumber::NotNineDigits),
                "{text}"
            );
        }
    }
}
