//! The code on a cover sheet.

use zeroize::Zeroize;

use crate::domain::{digest::Digest, masked::masked_debug};

/// Crockford's base 32: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS: usize = 4;
/// Characters of a group that carry the code; one more checks them.
const CARRYING: usize = 4;
const LENGTH: usize = GROUPS * (CARRYING + 1);
const BYTES: usize = 10;

/// 80 random bits, written as four groups of four characters and a check character each: `7K2MX-03QWD-…`.
///
/// Within a group any wrong character, any two that changed places, and a group in the place of another are found.
#[derive(Clone, PartialEq, Eq)]
pub struct LetterCode([u8; BYTES]);

masked_debug!(LetterCode);

impl Drop for LetterCode {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A text that is no code. Says nothing about what was typed but where it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLetterCode {
    /// Too short, too long, or a character that no code has.
    #[error("must be 20 letters and digits, in 4 groups of 5, without the letter U")]
    Form,
    /// A group does not fit its check character.
    #[error("must be typed as it is printed: there is a typing error in group {0} of 4")]
    Group(usize),
}

impl LetterCode {
    /// The code of these random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads what somebody typed. Small letters, spaces and hyphens do not matter, nor O for 0, nor I and L for 1.
    ///
    /// # Errors
    /// See [`InvalidLetterCode`].
    pub fn parse(text: &str) -> Result<Self, InvalidLetterCode> {
        let mut values = Vec::with_capacity(LENGTH);
        for character in text.chars() {
            if character.is_whitespace() || matches!(character, '-' | '\u{2010}'..='\u{2015}') {
                continue;
            }
            values.push(value_of(character).ok_or(InvalidLetterCode::Form)?);
            if values.len() > LENGTH {
                return Err(InvalidLetterCode::Form);
            }
        }
        if values.len() != LENGTH {
            return Err(InvalidLetterCode::Form);
        }
        let mut bits: u128 = 0;
        for (place, group) in values.chunks_exact(CARRYING + 1).enumerate() {
            if check(place, &group[..CARRYING]) != group[CARRYING] {
                return Err(InvalidLetterCode::Group(place + 1));
            }
            for value in &group[..CARRYING] {
                bits = bits << 5 | u128::from(*value);
            }
        }
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&bits.to_be_bytes()[16 - BYTES..]);
        Ok(Self(bytes))
    }

    /// As it is printed: `7K2MX-03QWD-…`. For the letter only.
    #[must_use]
    pub fn expose(&self) -> String {
        let groups: Vec<String> = self.groups().map(|group| group.iter().map(letter).collect()).collect();
        groups.join("-")
    }

    /// What the two sides know it by: SHA-256 of its 20 characters without hyphens.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        let characters: String = self.groups().flatten().map(|value| letter(&value)).collect();
        Digest::of(characters.as_bytes())
    }

    fn groups(&self) -> impl Iterator<Item = [u8; CARRYING + 1]> {
        let bits = self.0.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        (0..GROUPS).map(move |place| {
            let mut group = [0; CARRYING + 1];
            for (index, value) in group[..CARRYING].iter_mut().enumerate() {
                let behind = GROUPS * CARRYING - 1 - (place * CARRYING + index);
                *value = (bits >> (5 * behind) & 31) as u8;
            }
            group[CARRYING] = check(place, &group[..CARRYING]);
            group
        })
    }
}

fn letter(value: &u8) -> char {
    char::from(ALPHABET[usize::from(*value)])
}

fn value_of(character: char) -> Option<u8> {
    let folded = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = ALPHABET.iter().position(|known| char::from(*known) == folded)?;
    u8::try_from(place).ok()
}

/// The sum of the values, each multiplied by another power of x in the field of 32 elements, and of the group's number: a
/// single error changes it, and so do two characters that change places.
fn check(group: usize, values: &[u8]) -> u8 {
    let sum = values.iter().fold(0, |sum, value| times_x(sum ^ value));
    sum ^ group as u8
}

/// Multiplied by x, modulo x^5 + x^2 + 1.
const fn times_x(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 32 == 0 {
        shifted
    } else {
        (shifted ^ 0b10_0101) & 31
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BYTES_OF_ONE: [u8; BYTES] = [0x39, 0xC5, 0x2E, 0x81, 0x77, 0xF0, 0x0A, 0xBC, 0xDE, 0x42];

    fn one() -> LetterCode {
        LetterCode::from_bytes(BYTES_OF_ONE)
    }

    /// For other implementers: stands in docs/protocol.md too.
    #[test]
    fn a_code_is_written_in_four_groups_of_five() {
        assert_eq!(one().expose(), "772JB-X0BQ0-Y05BP-SQJ25");
        assert_eq!(one().sha256(), Digest::of(one().expose().replace('-', "").as_bytes()));
    }

    #[test]
    fn it_is_read_however_it_is_typed() {
        let typed = one().expose().to_lowercase().replace('-', " ").replace('0', "o");
        assert!(LetterCode::parse(&typed) == Ok(one()));
        let ones = LetterCode::from_bytes([0x08, 0x42, 0x10, 0x84, 0x21, 0x08, 0x42, 0x10, 0x84, 0x21]);
        let typed = ones.expose().replace('1', "l");
        assert!(LetterCode::parse(&typed) == Ok(ones));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let short = &one().expose()[..22];
        let long = format!("{}0", one().expose());
        let with_u = one().expose().replacen('7', "U", 1);
        for text in ["", "hei", short, &long, &with_u] {
            assert!(LetterCode::parse(text) == Err(InvalidLetterCode::Form), "{text}");
        }
    }

    #[test]
    fn groups_that_changed_places_are_found() {
        let code = one().expose();
        let groups: Vec<&str> = code.split('-').collect();
        for first in 0..4 {
            for second in first + 1..4 {
                let mut swapped = groups.clone();
                swapped.swap(first, second);
                let refused = LetterCode::parse(&swapped.join("-"));
                assert!(refused == Err(InvalidLetterCode::Group(first + 1)));
            }
        }
    }

    proptest! {
        #[test]
        fn every_code_reads_as_it_was_written(bytes: [u8; BYTES]) {
            let code = LetterCode::from_bytes(bytes);
            prop_assert!(LetterCode::parse(&code.expose()) == Ok(code));
        }

        #[test]
        fn every_wrong_character_is_found_with_its_group(bytes: [u8; BYTES], place in 0..LENGTH, other in 1_u8..32) {
            let code = LetterCode::from_bytes(bytes).expose().replace('-', "");
            let mut typed: Vec<char> = code.chars().collect();
            let right = value_of(typed[place]).unwrap();
            typed[place] = letter(&((right + other) % 32));
            let refused = LetterCode::parse(&typed.into_iter().collect::<String>());
            prop_assert!(refused == Err(InvalidLetterCode::Group(place / 5 + 1)));
        }

        #[test]
        fn characters_that_changed_places_are_found(bytes: [u8; BYTES], place in 0..LENGTH - 1) {
            let code = LetterCode::from_bytes(bytes).expose().replace('-', "");
            let mut typed: Vec<char> = code.chars().collect();
            prop_assume!(typed[place] != typed[place + 1]);
            typed.swap(place, place + 1);
            let refused = LetterCode::parse(&typed.into_iter().collect::<String>());
            prop_assert!(matches!(refused, Err(InvalidLetterCode::Group(_))));
        }
    }
}
