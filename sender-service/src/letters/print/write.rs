//! From pages to bytes: PDF/A-2b.

use jiff::tz::TimeZone;
use krilla::{
    Document, SerializeSettings,
    color::rgb,
    configure::{Archival, ConfigurationBuilder},
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    page::PageSettings,
    paint::Fill,
    surface::Surface,
    text::TextDirection,
};

use super::{
    Sheet,
    font::Fonts,
    page::{HEIGHT, Page, Shade, WIDTH},
};

/// Why a letter could not be written. Says nothing of its content: the library's own errors quote text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotWritten {
    /// The font that is part of the program does not load.
    #[error("the font of letters does not load")]
    Font,
    /// The library refuses the standard or the size of the page.
    #[error("the form of letters is refused")]
    Form,
    /// What was set does not conform to PDF/A-2b.
    #[error("the letter does not conform to PDF/A-2b")]
    Conformance,
}

/// Writes pages.
pub(super) fn write(fonts: &Fonts, sheet: &Sheet, pages: &[Page]) -> Result<Vec<u8>, NotWritten> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_B)
        .finish();
    let settings = SerializeSettings {
        configuration: configuration.map_err(|_| NotWritten::Form)?,
        ..SerializeSettings::default()
    };
    let mut document = Document::new_with(settings);
    document.set_metadata(metadata(sheet));
    for page in pages {
        let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(NotWritten::Form)?;
        let mut drawn = document.start_page_with(size);
        let mut surface = drawn.surface();
        draw(&mut surface, fonts, page);
        surface.finish();
        drawn.finish();
    }
    document.finish().map_err(|_| NotWritten::Conformance)
}

fn draw(surface: &mut Surface<'_>, fonts: &Fonts, page: &Page) {
    for bar in &page.bars {
        let mut path = PathBuilder::new();
        if let Some(rect) = Rect::from_xywh(bar.x, bar.y, bar.width, bar.height) {
            path.push_rect(rect);
        }
        if let Some(path) = path.finish() {
            surface.set_fill(Some(fill(bar.shade)));
            surface.draw_path(&path);
        }
    }
    for piece in &page.pieces {
        surface.set_fill(Some(fill(piece.shade)));
        surface.draw_text(
            Point::from_xy(piece.x, piece.y),
            fonts.font(piece.weight),
            piece.size,
            &piece.text,
            false,
            TextDirection::LeftToRight,
        );
    }
}

fn fill(shade: Shade) -> Fill {
    let level = match shade {
        Shade::Black => 0,
        Shade::Grey => 84,
        Shade::Pale => 236,
        Shade::White => 255,
    };
    Fill {
        paint: rgb::Color::new(level, level, level).into(),
        opacity: NormalizedF32::ONE,
        ..Fill::default()
    }
}

/// No personal data: file managers and mail programs show it.
fn metadata(sheet: &Sheet) -> Metadata {
    let at = sheet.printed_at.to_zoned(TimeZone::UTC);
    let unsigned = |number: i8| u8::try_from(number).unwrap_or(0);
    let date = DateTime::new(u16::try_from(at.year()).unwrap_or(0))
        .month(unsigned(at.month()))
        .day(unsigned(at.day()))
        .hour(unsigned(at.hour()))
        .minute(unsigned(at.minute()))
        .second(unsigned(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(sheet.word("meta.title"))
        .language(sheet.language.tag().to_owned())
        .creator("Framme".to_owned())
        .creation_date(date)
}
