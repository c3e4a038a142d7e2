//! Bytes that are no message: told as a field and a rule, where a decoder alone would make it a fault of the server.

use super::violations::FieldViolations;

/// Reads the text of a [`prost::DecodeError`], which names the way out from the field, `Account.observed: Report.account: `,
/// before what is wrong. It never holds content.
pub fn violation_of(error: &str) -> FieldViolations {
    let told = error
        .strip_prefix("failed to decode Protobuf message: ")
        .unwrap_or(error);
    let mut way: Vec<_> = told.split(": ").map_while(field_name).collect();
    way.reverse();
    let rule = if told.contains("UTF-8") {
        "must be UTF-8"
    } else {
        "must be in the wire format of the contract's message"
    };
    FieldViolations::of(way.join("."), rule)
}

/// `Message.field`, and nothing of a sentence.
fn field_name(step: &str) -> Option<&str> {
    let (message, field) = step.split_once('.')?;
    let is_name =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name(message) && is_name(field)).then_some(field)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::wire::pb::report as pb;

    fn refusal(bytes: &[u8]) -> (String, String) {
        let Err(error) = pb::Report::decode(bytes) else {
            panic!("it decodes")
        };
        let found = violation_of(&error.to_string());
        let violation = found.iter().next().unwrap();
        (violation.field().to_owned(), violation.rule().to_owned())
    }

    #[test]
    fn text_that_is_not_utf_8_is_told_by_its_field() {
        // Field 5 (account), 4 bytes: field 1 (observed), 2 bytes that are not UTF-8.
        assert_eq!(
            refusal(&[0x2a, 4, 0x0a, 2, 0xc3, 0x28]),
            ("account.observed".into(), "must be UTF-8".into())
        );
        assert_eq!(refusal(&[0x0a, 1, 0xff]), ("report_id".into(), "must be UTF-8".into()));
    }

    #[test]
    fn bytes_that_are_no_message_are_told_as_such() {
        let rule = "must be in the wire format of the contract's message";
        assert_eq!(refusal(&[0x0a, 200]), ("report_id".into(), rule.into()));
        assert_eq!(refusal(&[0xff; 12]), (String::new(), rule.into()));
    }
}
