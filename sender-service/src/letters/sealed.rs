//! What is secret of a letter, and where it stands sealed: with the data key of its report.

use framme_shared::{
    db::sealing::{DataKey, Place, SealError},
    domain::{ids::LetterId, letter::LetterCode},
};

use super::Recipient;

fn place<'a>(column: &'a str, row: &'a str) -> Place<'a> {
    Place::new("letter", column, row)
}

pub(super) fn seal_code(key: &DataKey, letter: &LetterId, code: &LetterCode) -> Vec<u8> {
    key.seal(&place("code", &letter.to_string()), code.expose().as_bytes())
}

pub(super) fn seal_recipient(key: &DataKey, letter: &LetterId, recipient: &Recipient) -> Vec<u8> {
    key.seal(&place("recipient", &letter.to_string()), recipient.to_text().as_bytes())
}

/// Seals the name of who answered a call.
pub(super) fn seal_answered_by(key: &DataKey, letter: &LetterId, name: &str) -> Vec<u8> {
    key.seal(&place("call_answered_by", &letter.to_string()), name.as_bytes())
}

/// Opens code and recipient of a letter.
///
/// # Errors
/// When a bit differs or they stood elsewhere.
pub fn open_secrets(
    key: &DataKey,
    letter: &LetterId,
    code: &[u8],
    recipient: &[u8],
) -> Result<(LetterCode, Recipient), SealError> {
    let row = letter.to_string();
    let text = |column, sealed: &[u8]| {
        let opened = key.open(&place(column, &row), sealed)?;
        String::from_utf8(opened).map_err(|_| SealError::Damaged)
    };
    let code = LetterCode::parse(&text("code", code)?).map_err(|_| SealError::Damaged)?;
    let recipient = Recipient::from_text(&text("recipient", recipient)?).map_err(|_| SealError::Damaged)?;
    Ok((code, recipient))
}
