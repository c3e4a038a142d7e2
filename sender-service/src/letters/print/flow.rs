//! Blocks of text, flowing over pages: lines are broken at words, no heading stands alone at the end of a page, and no line
//! of a paragraph stands alone on one.

use super::{
    Sheet,
    font::{Fonts, Weight},
    page::{BOTTOM, LEFT, Page, RIGHT, Shade, TOP},
};

/// A piece of the report.
pub(super) enum Block {
    /// What the whole is.
    Title(String),
    /// Of a part.
    Heading(String),
    /// Of a part within a part.
    Subheading(String),
    /// A label and what stands to it.
    Field(String, String),
    /// Running text, with its own line breaks.
    Text(String),
    /// What the letter itself says.
    Note(String),
}

const BODY: f32 = 10.5;
const LEADING: f32 = 15.0;
/// Where the values of fields begin.
const COLUMN: f32 = 148.0;

/// A line of a block, before it has a place.
struct Line {
    /// What stands on it, each from its own x.
    pieces: Vec<(f32, f32, Weight, Shade, String)>,
    height: f32,
    /// Left out at the top of a page.
    space_above: f32,
    /// The next line stands on the same page.
    holds_next: bool,
    /// A thin rule stands below.
    ruled: bool,
}

/// Sets blocks on as many pages as they take.
pub(super) fn pages(fonts: &Fonts, sheet: &Sheet, mut blocks: Vec<Block>) -> Vec<Page> {
    if blocks.iter().any(|block| !block.is_settable(fonts)) {
        blocks.push(Block::Note(sheet.word("note.characters")));
    }
    let lines = lines(fonts, &blocks);
    let mut pages = vec![Page::default()];
    let mut y = TOP;
    for group in lines.chunk_by(|line, _| line.holds_next) {
        let mut height: f32 = group.iter().map(|line| line.space_above + line.height).sum();
        if y == TOP {
            height -= group[0].space_above;
        }
        if y > TOP && y + height > BOTTOM {
            pages.push(Page::default());
            y = TOP;
        }
        for line in group {
            if y > TOP {
                y += line.space_above;
            }
            // A group longer than a page: it cannot stay together.
            if y > TOP && y + line.height > BOTTOM {
                pages.push(Page::default());
                y = TOP;
            }
            y += line.height;
            let page = pages.last_mut().expect("one is there from the beginning");
            line.place(page, y);
        }
    }
    pages
}

/// All lines of all blocks. What is told of one child, carer, call or file stays on one page, unless it is long; what
/// follows a rule stands a little off it.
fn lines(fonts: &Fonts, blocks: &[Block]) -> Vec<Line> {
    const LONG: usize = 6;
    let mut all = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        let mut lines = block.lines(fonts);
        let before = place.checked_sub(1).and_then(|before| blocks.get(before));
        if matches!(before, Some(Block::Title(_) | Block::Heading(_)))
            && let Some(first) = lines.first_mut()
        {
            first.space_above = first.space_above.max(8.0);
        }
        let is_field = |block: Option<&Block>| matches!(block, Some(Block::Field(..)));
        if is_field(Some(block)) && is_field(blocks.get(place + 1)) && lines.len() <= LONG {
            lines.iter_mut().for_each(|line| line.holds_next = true);
        }
        all.extend(lines);
    }
    all
}

impl Line {
    fn place(&self, page: &mut Page, bottom: f32) {
        let base = bottom - self.height * 0.28;
        for (x, size, weight, shade, text) in &self.pieces {
            page.put((*x, base), (*size, *weight), *shade, text.clone());
        }
        if self.ruled {
            page.bar((LEFT, bottom + 1.0), (RIGHT - LEFT, 0.7), Shade::Black);
        }
    }
}

impl Block {
    fn is_settable(&self, fonts: &Fonts) -> bool {
        match self {
            Self::Title(text) | Self::Heading(text) | Self::Subheading(text) | Self::Text(text) | Self::Note(text) => {
                fonts.has_all(text)
            }
            Self::Field(label, value) => fonts.has_all(label) && fonts.has_all(value),
        }
    }

    fn lines(&self, fonts: &Fonts) -> Vec<Line> {
        let style = |size, weight, shade| Style { size, weight, shade };
        match self {
            Self::Title(text) => {
                let style = style(19.0, Weight::SemiBold, Shade::Black);
                headed(style.set(fonts, text, (LEFT, RIGHT), 25.0), 0.0, false)
            }
            Self::Heading(text) => {
                let style = style(13.0, Weight::SemiBold, Shade::Black);
                headed(style.set(fonts, text, (LEFT, RIGHT), 19.0), 20.0, true)
            }
            Self::Subheading(text) => {
                let style = style(BODY, Weight::SemiBold, Shade::Black);
                headed(style.set(fonts, text, (LEFT, RIGHT), LEADING), 10.0, false)
            }
            Self::Field(label, value) => {
                let labels = style(BODY, Weight::Regular, Shade::Grey);
                let values = style(BODY, Weight::Regular, Shade::Black);
                let labels = labels.set(fonts, label, (LEFT, LEFT + COLUMN - 12.0), LEADING);
                let values = values.set(fonts, value, (LEFT + COLUMN, RIGHT), LEADING);
                held_together(beside(labels, values), 3.0)
            }
            Self::Text(text) => {
                let style = style(BODY, Weight::Regular, Shade::Black);
                let mut lines = Vec::new();
                for (place, paragraph) in paragraphs(text).into_iter().enumerate() {
                    let above = if place == 0 { 5.0 } else { 0.0 };
                    lines.extend(held_together(
                        style.set(fonts, paragraph, (LEFT, RIGHT), LEADING),
                        above,
                    ));
                }
                lines
            }
            Self::Note(text) => {
                let style = style(9.0, Weight::Regular, Shade::Grey);
                held_together(style.set(fonts, text, (LEFT, RIGHT), 13.0), 8.0)
            }
        }
    }
}

/// Lines of a text that its writer broke, empty ones among them.
fn paragraphs(text: &str) -> Vec<&str> {
    text.split(['\n', '\u{2028}', '\u{2029}']).collect()
}

/// A heading holds what follows it.
fn headed(mut lines: Vec<Line>, space_above: f32, ruled: bool) -> Vec<Line> {
    for line in &mut lines {
        line.holds_next = true;
    }
    if let Some(first) = lines.first_mut() {
        first.space_above = space_above;
    }
    if let Some(last) = lines.last_mut() {
        last.ruled = ruled;
    }
    lines
}

/// The first two lines of a paragraph stand together, and so do the last two.
fn held_together(mut lines: Vec<Line>, space_above: f32) -> Vec<Line> {
    let count = lines.len();
    for place in [0, count.saturating_sub(2)] {
        if place + 1 < count {
            lines[place].holds_next = true;
        }
    }
    if let Some(first) = lines.first_mut() {
        first.space_above = space_above;
    }
    lines
}

/// Labels to the left of values, line by line.
fn beside(labels: Vec<Line>, values: Vec<Line>) -> Vec<Line> {
    let (mut longer, shorter) = if values.len() >= labels.len() {
        (values, labels)
    } else {
        (labels, values)
    };
    for (line, other) in longer.iter_mut().zip(shorter) {
        line.pieces.extend(other.pieces);
        line.pieces.sort_by(|one, other| one.0.total_cmp(&other.0));
    }
    longer
}

#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) size: f32,
    pub(super) weight: Weight,
    pub(super) shade: Shade,
}

impl Style {
    fn set(self, fonts: &Fonts, text: &str, (left, right): (f32, f32), height: f32) -> Vec<Line> {
        let text = fonts.settable(text);
        let broken = self.broken(fonts, &text, right - left);
        let line = |text| Line {
            pieces: vec![(left, self.size, self.weight, self.shade, text)],
            height,
            space_above: 0.0,
            holds_next: false,
            ruled: false,
        };
        broken.into_iter().map(line).collect()
    }

    /// Breaks a line at spaces, and inside a word only where it is wider than the column.
    pub(super) fn broken(self, fonts: &Fonts, text: &str, column: f32) -> Vec<String> {
        let width = |text: &str| fonts.width(text, self.weight, self.size);
        let space = width(" ");
        let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0.0);
        for (place, word) in text.split(' ').enumerate() {
            let wide = width(word);
            let before = if place == 0 { 0.0 } else { space };
            if place > 0 && used + before + wide > column && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            } else if place > 0 {
                line.push(' ');
                used += before;
            }
            if wide <= column {
                line.push_str(word);
                used += wide;
                continue;
            }
            for character in word.chars() {
                let wide = width(character.encode_utf8(&mut [0; 4]));
                if used + wide > column && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(character);
                used += wide;
            }
        }
        lines.push(line);
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style {
        size: BODY,
        weight: Weight::Regular,
        shade: Shade::Black,
    };

    #[test]
    fn lines_are_broken_at_words_and_nothing_is_left_out() {
        let fonts = Fonts::load().unwrap();
        let text = "Barnet ble funnet alene ".repeat(40);
        let lines = STYLE.broken(&fonts, text.trim_end(), 200.0);
        assert!(lines.len() > 10);
        assert!(
            lines
                .iter()
                .all(|line| fonts.width(line, STYLE.weight, STYLE.size) <= 200.5)
        );
        assert_eq!(lines.join(" "), text.trim_end());
    }

    #[test]
    fn a_word_wider_than_the_column_is_broken_inside() {
        let fonts = Fonts::load().unwrap();
        let word = "w".repeat(300);
        let lines = STYLE.broken(&fonts, &word, 200.0);
        assert!(lines.len() > 5);
        assert_eq!(lines.concat(), word);
    }

    #[test]
    fn a_heading_holds_the_first_two_lines_of_what_follows() {
        let fonts = Fonts::load().unwrap();
        let blocks = [Block::Heading("Barn".to_owned()), Block::Text("ord ".repeat(100))];
        let lines = lines(&fonts, &blocks);
        assert!(lines[0].holds_next && lines[1].holds_next && !lines[2].holds_next);
        assert!(lines[lines.len() - 2].holds_next && !lines[lines.len() - 1].holds_next);
    }

    #[test]
    fn what_is_told_of_one_person_stays_together_unless_it_is_long() {
        let fonts = Fonts::load().unwrap();
        let field = |value: &str| Block::Field("Navn".to_owned(), value.to_owned());
        let held = |blocks: &[Block]| lines(&fonts, blocks).iter().filter(|line| !line.holds_next).count();
        let short = [
            Block::Subheading("Barn 1".to_owned()),
            field("Kari"),
            field("Ola"),
            field("Per"),
        ];
        assert_eq!(held(&short), 1, "only the last lets go");
        let long = [field("Kari"), field(&"ord ".repeat(300)), field("Per")];
        assert!(held(&long) > 10);
    }
}
