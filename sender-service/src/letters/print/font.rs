//! The font, and how wide text is in it. A character that it lacks is shown by its number, so that nothing is left out.

use krilla::text::Font;
use rustybuzz::UnicodeBuffer;

static REGULAR: &[u8] = include_bytes!("../../../data/NotoSans-Regular.ttf");
static SEMI_BOLD: &[u8] = include_bytes!("../../../data/NotoSans-SemiBold.ttf");

/// A weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    SemiBold,
}

/// Both weights.
pub(super) struct Fonts {
    regular: Face,
    semi_bold: Face,
}

struct Face {
    shaper: rustybuzz::Face<'static>,
    font: Font,
}

impl Face {
    fn load(bytes: &'static [u8]) -> Option<Self> {
        Some(Self {
            shaper: rustybuzz::Face::from_slice(bytes, 0)?,
            font: Font::new(bytes.to_vec().into(), 0)?,
        })
    }
}

impl Fonts {
    /// `None` only when the font that is part of the program is damaged.
    pub(super) fn load() -> Option<Self> {
        Some(Self {
            regular: Face::load(REGULAR)?,
            semi_bold: Face::load(SEMI_BOLD)?,
        })
    }

    fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::SemiBold => &self.semi_bold,
        }
    }

    /// For the writer of the PDF.
    pub(super) fn font(&self, weight: Weight) -> Font {
        self.face(weight).font.clone()
    }

    /// How wide a text is at this size, in points.
    pub(super) fn width(&self, text: &str, weight: Weight, size: f32) -> f32 {
        let face = &self.face(weight).shaper;
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let shaped = rustybuzz::shape(face, &[], buffer);
        let units: i32 = shaped.glyph_positions().iter().map(|glyph| glyph.x_advance).sum();
        units as f32 * size / face.units_per_em() as f32
    }

    /// A line as it can be set: tabs are spaces, and what the font lacks is shown by its number, as `[U+0627]`.
    pub(super) fn settable(&self, line: &str) -> String {
        let mut settable = String::with_capacity(line.len());
        for character in line.chars() {
            match character {
                '\t' => settable.push_str("    "),
                '\r' => {}
                _ if self.has(character) => settable.push(character),
                _ => settable.push_str(&format!("[U+{:04X}]", u32::from(character))),
            }
        }
        settable
    }

    /// Whether every character of a text can be set as it is.
    pub(super) fn has_all(&self, text: &str) -> bool {
        let plain = |character| matches!(character, '\t' | '\r' | '\n' | '\u{2028}' | '\u{2029}');
        text.chars().all(|character| plain(character) || self.has(character))
    }

    /// Characters that steer the direction of text could make a line read otherwise than it was written.
    fn has(&self, character: char) -> bool {
        let steers = matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        let glyph = |face: &Face| face.shaper.glyph_index(character).is_some_and(|glyph| glyph.0 != 0);
        !steers && glyph(&self.regular) && glyph(&self.semi_bold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norwegian_sami_and_neighbours_letters_and_quotes_are_in_the_font() {
        let fonts = Fonts::load().unwrap();
        let text = "æøå ÆØÅ éèêôóòâ üöäß čđŋšŧž áéíóúýðþ «sitat» “sitat” ‘sitat’ – — … § № € ½ Привет Ελλάδα Nguyễn";
        assert!(fonts.has_all(text), "{}", fonts.settable(text));
    }

    #[test]
    fn what_the_font_lacks_is_shown_by_its_number() {
        let fonts = Fonts::load().unwrap();
        assert_eq!(fonts.settable("a\tب😀\u{202E}b"), "a    [U+0628][U+1F600][U+202E]b");
        assert!(!fonts.has_all("ب") && fonts.has_all("a\tb\r\nc"));
    }

    #[test]
    fn wider_text_is_wider() {
        let fonts = Fonts::load().unwrap();
        let width = |text| fonts.width(text, Weight::Regular, 10.0);
        assert!(width("") == 0.0 && width("i") < width("m") && width("m") < width("mm"));
        assert!(fonts.width("m", Weight::Regular, 20.0) > 1.9 * width("m"));
    }
}
