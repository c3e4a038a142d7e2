//! Texts that must be found nowhere, and the search for them in every form in which they could lie about.

use base64::{
    Engine as _, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};

/// How every mark begins. No program writes this by itself.
pub(super) const MARK: &str = "Zq7xMarkerQ";

/// A mark that names where it was put: letters and digits only.
pub(super) fn mark(place: &str) -> String {
    format!("{MARK}{place}")
}

/// Looks for marks.
pub(super) struct Search {
    forms: Vec<String>,
}

impl Search {
    /// For these texts.
    pub(super) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            forms: texts.into_iter().flat_map(forms).collect(),
        }
    }

    /// Where these bytes hold a mark: the place and what stands around it.
    pub(super) fn find(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        let lower = text.to_ascii_lowercase();
        let hits = self.forms.iter().filter_map(|form| {
            let (text, at) = match text.find(form) {
                Some(at) => (text.as_ref(), at),
                None => (lower.as_str(), lower.find(form)?),
            };
            let around: String = text[at..].chars().take(form.len() + 20).collect();
            let before: String = text[..at].chars().rev().take(60).collect();
            Some(format!(
                "{place}: …{}{around}…",
                before.chars().rev().collect::<String>()
            ))
        });
        hits.collect()
    }
}

/// A text as UTF-8, in lower case, as UTF-16, in hex, and inside base64 wherever it begins.
fn forms(text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let wide = |zero_first: bool| -> String {
        let pair = |c: char| if zero_first { ['\0', c] } else { [c, '\0'] };
        text.chars().flat_map(pair).collect()
    };
    let mut forms = vec![
        text.to_owned(),
        text.to_ascii_lowercase(),
        wide(true),
        wide(false),
        hex.to_ascii_uppercase(),
        hex,
    ];
    for alphabet in [&alphabet::STANDARD, &alphabet::URL_SAFE] {
        let base64 = GeneralPurpose::new(alphabet, GeneralPurposeConfig::new());
        for before in 0..3 {
            let bytes = [vec![0; before], text.as_bytes().to_vec()].concat();
            let whole = base64.encode(&bytes);
            // What depends on this text alone: six bits a letter.
            forms.push(whole[(before * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    /// A search that finds nothing proves nothing until it has found what was planted.
    #[test]
    fn a_planted_mark_is_found_in_every_form() {
        let search = Search::new([MARK, "41739506"]);
        for text in [mark("A"), "41739506".to_owned()] {
            let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
            let mut planted = vec![
                text.clone().into_bytes(),
                text.to_ascii_uppercase().into_bytes(),
                wide(u16::to_le_bytes),
                wide(u16::to_be_bytes),
                text.bytes()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>()
                    .into(),
                text.bytes()
                    .map(|byte| format!("{byte:02X}"))
                    .collect::<String>()
                    .into(),
            ];
            for before in ["", "a", "ab", "abc"] {
                let inside = format!("{before}{text} and more");
                planted.push(STANDARD.encode(&inside).into());
                planted.push(URL_SAFE_NO_PAD.encode(&inside).into());
            }
            for bytes in planted {
                let among_others = [b"\x00\xff\x81".as_slice(), &bytes, b"\xfe\x00"].concat();
                assert_ne!(search.find("planted", &among_others), Vec::<String>::new(), "{bytes:?}");
            }
        }
        assert_eq!(search.find("innocent", b"Zq7x Marker 4173"), Vec::<String>::new());
    }
}
