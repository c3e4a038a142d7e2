//! The cover sheet: to whom, how urgent, the code and what to do with it. No personal data: whoever sorts the post sees it.

use framme_shared::wire::pb::report::Urgency;

use super::{
    Sheet,
    flow::Style,
    font::{Fonts, Weight},
    page::{LEFT, Page, RIGHT, Shade},
};

const BODY: (f32, Weight) = (11.0, Weight::Regular);
const LEADING: f32 = 16.5;
/// Where the address stands in the window of an envelope (C5, after NS 4128).
const WINDOW: f32 = 142.0;
/// Where date, number of pages and the like stand.
const FACTS: f32 = 372.0;

/// Sets the cover sheet of a letter of so many pages.
pub(super) fn page(fonts: &Fonts, sheet: &Sheet, pages: usize) -> Page {
    let mut page = Page::default();
    let district = sheet
        .content
        .reporter
        .as_ref()
        .map(|reporter| reporter.police_district.clone());
    let from = sheet.text("cover.from", &[("district", district.unwrap_or_default())]);
    page.put(
        (LEFT, 70.0),
        (13.0, Weight::SemiBold),
        Shade::Black,
        fonts.settable(&from),
    );
    page.bar((LEFT, 80.0), (RIGHT - LEFT, 1.2), Shade::Black);
    address(fonts, sheet, &mut page);
    facts(fonts, sheet, pages, &mut page);

    let title = match kind(sheet) {
        "notice" => sheet.word("cover.title.notice"),
        "prosecution_transfer" => sheet.word("cover.title.prosecution_transfer"),
        _ => sheet.word("cover.title.concern_report"),
    };
    page.put((LEFT, 296.0), (20.0, Weight::SemiBold), Shade::Black, title);
    urgency(sheet, &mut page);
    let y = code(fonts, sheet, &mut page, 374.0);
    let y = steps(fonts, sheet, &mut page, y + 34.0);
    notes(fonts, sheet, &mut page, y + 14.0);
    page
}

/// Its kind as a word, for the title.
fn kind(sheet: &Sheet) -> &'static str {
    use framme_shared::wire::pb::report::ReportType;
    match ReportType::try_from(sheet.content.r#type) {
        Ok(ReportType::Notice) => "notice",
        Ok(ReportType::ProsecutionTransfer) => "prosecution_transfer",
        _ => "concern_report",
    }
}

fn address(fonts: &Fonts, sheet: &Sheet, page: &mut Page) {
    let mut y = WINDOW;
    let width = FACTS - LEFT - 20.0;
    let lines = std::iter::once(&sheet.recipient.name).chain(&sheet.recipient.lines);
    for (place, line) in lines.enumerate() {
        let weight = if place == 0 { Weight::SemiBold } else { Weight::Regular };
        for line in style((11.0, weight)).broken(fonts, &fonts.settable(line.expose()), width) {
            page.put((LEFT, y), (11.0, weight), Shade::Black, line);
            y += 15.5;
        }
    }
}

fn facts(fonts: &Fonts, sheet: &Sheet, pages: usize, page: &mut Page) {
    let mut facts = vec![
        (sheet.word("cover.date"), sheet.day(sheet.printed_at)),
        (sheet.word("cover.pages"), pages.to_string()),
    ];
    facts.extend(
        sheet
            .desk_phone
            .iter()
            .map(|phone| (sheet.word("cover.phone"), phone.clone())),
    );
    let mut y = WINDOW;
    for (label, value) in facts {
        page.put((FACTS, y), (9.0, Weight::Regular), Shade::Grey, label);
        page.put((FACTS, y + 14.0), BODY, Shade::Black, fonts.settable(&value));
        y += 36.0;
    }
}

/// In white on black when somebody must act today.
fn urgency(sheet: &Sheet, page: &mut Page) {
    let (text, loud) = match Urgency::try_from(sheet.content.urgency) {
        Ok(Urgency::Acute) => (sheet.word("cover.urgency.acute"), true),
        Ok(Urgency::Urgent) => (sheet.word("cover.urgency.urgent"), true),
        _ => (sheet.word("cover.urgency.normal"), false),
    };
    let (ground, letters) = if loud {
        (Shade::Black, Shade::White)
    } else {
        (Shade::Pale, Shade::Black)
    };
    page.bar((LEFT, 312.0), (RIGHT - LEFT, 30.0), ground);
    page.put((LEFT + 12.0, 332.0), (13.0, Weight::SemiBold), letters, text);
}

/// The code in a frame, as large as fits.
fn code(fonts: &Fonts, sheet: &Sheet, page: &mut Page, top: f32) -> f32 {
    let (width, height) = (RIGHT - LEFT, 84.0);
    let frame = 1.2;
    page.bar((LEFT, top), (width, height), Shade::Black);
    page.bar(
        (LEFT + frame, top + frame),
        (width - 2.0 * frame, height - 2.0 * frame),
        Shade::White,
    );
    page.put(
        (LEFT + 14.0, top + 22.0),
        (10.0, Weight::Regular),
        Shade::Grey,
        sheet.word("cover.code"),
    );
    let code = sheet.code.expose();
    let size = 29.0_f32.min((width - 28.0) / fonts.width(&code, Weight::SemiBold, 1.0));
    let x = LEFT + (width - fonts.width(&code, Weight::SemiBold, size)) / 2.0;
    page.put((x, top + 61.0), (size, Weight::SemiBold), Shade::Black, code);
    top + height
}

fn steps(fonts: &Fonts, sheet: &Sheet, page: &mut Page, top: f32) -> f32 {
    page.put(
        (LEFT, top),
        (13.0, Weight::SemiBold),
        Shade::Black,
        sheet.word("cover.do"),
    );
    let confirm = match &sheet.desk_phone {
        Some(phone) => sheet.text("cover.do.confirm_or_call", &[("phone", unbroken(phone))]),
        None => sheet.word("cover.do.confirm"),
    };
    let steps = [sheet.word("cover.do.hand_over"), confirm, sheet.word("cover.do.assign")];
    let mut y = top + 22.0;
    for (place, step) in steps.iter().enumerate() {
        page.put(
            (LEFT, y),
            (11.0, Weight::SemiBold),
            Shade::Black,
            format!("{}.", place + 1),
        );
        y = paragraph(fonts, page, (LEFT + 20.0, y), step) + 4.0;
    }
    y
}

fn notes(fonts: &Fonts, sheet: &Sheet, page: &mut Page, top: f32) {
    let mut y = top;
    if sheet.sealed_delivery {
        y = paragraph(fonts, page, (LEFT, y), &sheet.word("cover.sealed")) + 4.0;
    }
    paragraph(fonts, page, (LEFT, y), &sheet.word("cover.secret"));
}

/// A number that stands on one line.
pub(super) fn unbroken(phone: &str) -> String {
    phone.replace(' ', "\u{00A0}")
}

/// Where the next begins.
fn paragraph(fonts: &Fonts, page: &mut Page, (x, mut y): (f32, f32), text: &str) -> f32 {
    for line in style(BODY).broken(fonts, &fonts.settable(text), RIGHT - x) {
        page.put((x, y), BODY, Shade::Black, line);
        y += LEADING;
    }
    y
}

fn style((size, weight): (f32, Weight)) -> Style {
    Style {
        size,
        weight,
        shade: Shade::Black,
    }
}
