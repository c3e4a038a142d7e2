//! A page as it is drawn, and what stands on every page.

use super::{
    Sheet,
    font::{Fonts, Weight},
};

/// A4 in points.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
/// Margins: 25 mm at the sides, a little more above and below for what stands on every page.
pub(super) const LEFT: f32 = 71.0;
pub(super) const RIGHT: f32 = WIDTH - 71.0;
pub(super) const TOP: f32 = 88.0;
pub(super) const BOTTOM: f32 = HEIGHT - 78.0;

/// How dark something is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shade {
    Black,
    Grey,
    Pale,
    White,
}

/// A piece of text on a line.
pub(super) struct Piece {
    pub(super) x: f32,
    /// Of the line that letters stand on.
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) weight: Weight,
    pub(super) shade: Shade,
    pub(super) text: String,
}

/// A filled rectangle; what is drawn thin is a line.
pub(super) struct Bar {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) shade: Shade,
}

/// Everything on one page, bars below texts.
#[derive(Default)]
pub(super) struct Page {
    pub(super) pieces: Vec<Piece>,
    pub(super) bars: Vec<Bar>,
}

impl Page {
    /// Puts a text here.
    pub(super) fn put(&mut self, (x, y): (f32, f32), (size, weight): (f32, Weight), shade: Shade, text: String) {
        self.pieces.push(Piece {
            x,
            y,
            size,
            weight,
            shade,
            text,
        });
    }

    /// Puts a text so that it ends here.
    pub(super) fn put_left_of(&mut self, fonts: &Fonts, (x, y): (f32, f32), size: f32, text: String) {
        let width = fonts.width(&text, Weight::Regular, size);
        self.put((x - width, y), (size, Weight::Regular), Shade::Grey, text);
    }

    /// Draws a rectangle.
    pub(super) fn bar(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), shade: Shade) {
        self.bars.push(Bar {
            x,
            y,
            width,
            height,
            shade,
        });
    }
}

/// Heads and feet: on every page its number; on all but the cover also what the pages belong to.
pub(super) fn number(fonts: &Fonts, sheet: &Sheet, pages: &mut [Page]) {
    const SIZE: f32 = 8.5;
    let count = pages.len();
    for (place, page) in pages.iter_mut().enumerate() {
        let values = [("page", (place + 1).to_string()), ("pages", count.to_string())];
        let foot = HEIGHT - 42.0;
        page.put_left_of(fonts, (RIGHT, foot), SIZE, sheet.text("page", &values));
        let of = sheet.text("page.of", &[("transmission", sheet.transmission.to_string())]);
        page.put((LEFT, foot), (SIZE, Weight::Regular), Shade::Grey, of);
        if place > 0 {
            let head = 52.0;
            page.put(
                (LEFT, head),
                (SIZE, Weight::SemiBold),
                Shade::Black,
                sheet.word("page.secret"),
            );
            page.put_left_of(fonts, (RIGHT, head), SIZE, sheet.word("page.head"));
            page.bar((LEFT, head + 7.0), (RIGHT - LEFT, 0.5), Shade::Grey);
        }
    }
}
