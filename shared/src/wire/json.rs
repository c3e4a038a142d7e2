//! The contract's messages as JSON and back: ProtoJSON with the contract's field names, by the descriptors. Both services
//! print it, so that a program reads one form from either.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};

use super::pb::DESCRIPTORS;

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).expect("the contract's own descriptors are right"));

/// A text that is not the JSON of a message. Says where, and never what stands there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: this is no {message} in JSON")]
pub struct InvalidJson {
    line: usize,
    column: usize,
    message: String,
}

/// A message on one line. `name` is its full name in the contract.
///
/// # Panics
/// When it is the name of another message.
pub fn write(name: &str, message: &impl Message) -> String {
    let mut dynamic = DynamicMessage::new(descriptor(name));
    dynamic
        .transcode_from(message)
        .expect("a message is of the type that is named");
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .skip_default_fields(false);
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut out);
    dynamic
        .serialize_with_options(&mut serializer, &options)
        .expect("every message of the contract has a JSON form");
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// Reads a message: field names as in the contract or in lowerCamelCase, enums by name, times as RFC 3339, bytes in
/// base64. Unknown fields are refused.
///
/// # Errors
/// [`InvalidJson`].
///
/// # Panics
/// When `name` is that of another message.
pub fn read<M: Message + Default>(name: &str, text: &str) -> Result<M, InvalidJson> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = DynamicMessage::deserialize(descriptor(name), &mut deserializer)
        .and_then(|message| deserializer.end().map(|()| message));
    let message = read.map_err(|error| InvalidJson {
        line: error.line(),
        column: error.column(),
        message: name.to_owned(),
    })?;
    Ok(message.transcode_to().expect("a message is of the type that is named"))
}

fn descriptor(name: &str) -> MessageDescriptor {
    POOL.get_message_by_name(name)
        .expect("the contract has every message that is named")
}

#[cfg(test)]
mod tests {
    use crate::wire::pb::report::{Child, Report, Urgency};

    use super::*;

    const NAME: &str = "framme.report.v1.Report";

    #[test]
    fn a_report_comes_back_from_its_json() {
        let report = Report {
            report_id: "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20".to_owned(),
            urgency: Urgency::Acute.into(),
            children: vec![Child {
                municipality_number: "0301".to_owned(),
                ..Child::default()
            }],
            ..Report::default()
        };
        let json = write(NAME, &report);
        assert!(
            json.contains("\"municipality_number\":\"0301\"") && json.contains("URGENCY_ACUTE"),
            "{json}"
        );
        assert!(read::<Report>(NAME, &json).unwrap() == report);
    }

    #[test]
    fn an_unknown_field_is_refused_without_repeating_it() {
        let error = read::<Report>(NAME, "{\"report_id\": \"x\", \"sceret\": \"Kari\"}")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("Kari") && error.contains("line 1"), "{error}");
    }
}
