//! Files of figures, changed on their way.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The signed file with one digit of its payload made another.
///
/// # Panics
/// When it is no signed text, or has no digit.
#[must_use]
pub fn altered_by_one_digit(file: &str) -> String {
    let parts: Vec<&str> = file.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        panic!("a signed text has three parts");
    };
    let mut payload = URL_SAFE_NO_PAD.decode(payload).expect("a payload is base64url");
    let last = payload
        .iter()
        .rposition(u8::is_ascii_digit)
        .expect("figures have digits");
    payload[last] = b'0' + (payload[last] - b'0' + 1) % 10;
    format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(payload))
}
