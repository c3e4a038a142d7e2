//! The contract's messages as JSON and back: ProtoJSON with the contract's field names, by the descriptors.

use std::sync::LazyLock;

use framme_shared::wire::pb::DESCRIPTORS;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};

use super::outcome::CommandError;

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).expect("the contract's own descriptors are right"));

fn descriptor(message: &str) -> MessageDescriptor {
    POOL.get_message_by_name(message)
        .expect("the contract has every message that a command names")
}

/// Prints a message on one line of standard output. `name` is its full name in the contract.
pub(super) fn print(name: &str, message: &impl Message) {
    println!("{}", text(name, message));
}

fn text(name: &str, message: &impl Message) -> String {
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

/// Reads a message from JSON: field names as in the contract or in lowerCamelCase, enums by name, times as RFC 3339,
/// bytes in base64. Unknown fields are refused.
///
/// # Errors
/// With line and column, and never with what stands there.
pub(super) fn parse<M: Message + Default>(name: &str, text: &str) -> Result<M, CommandError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = DynamicMessage::deserialize(descriptor(name), &mut deserializer)
        .and_then(|message| deserializer.end().map(|()| message));
    let message = read.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        CommandError::Usage(format!("line {line}, column {column}: this is no {name} in JSON"))
    })?;
    message
        .transcode_to()
        .map_err(|_| CommandError::Usage(format!("this is no {name}")))
}

#[cfg(test)]
mod tests {
    use framme_shared::wire::pb::report::{Child, Report, Urgency};

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
        let json = text(NAME, &report);
        assert!(
            json.contains("\"municipality_number\":\"0301\"") && json.contains("URGENCY_ACUTE"),
            "{json}"
        );
        assert!(parse::<Report>(NAME, &json).unwrap() == report);
    }

    #[test]
    fn an_unknown_field_is_refused_without_repeating_it() {
        let error = parse::<Report>(NAME, "{\"report_id\": \"x\", \"sceret\": \"Kari\"}")
            .unwrap_err()
            .text();
        assert!(!error.contains("Kari") && error.contains("line 1"), "{error}");
    }
}
