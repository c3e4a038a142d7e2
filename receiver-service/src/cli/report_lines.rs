//! A report's content as lines for people, with the field names of the contract.

use framme_shared::wire::pb::report::{
    self as pb, Address, Attachment, Carer, Child, Disclosure, Informed, PhoneCall, Report, Reporter, child::Identity,
};
use serde_json::{Map, Value, json};

use super::output::{time, word};

/// `key: value` for each field that is not empty, those of fields below it and further in.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    write(&tree(report), 0, &mut lines);
    lines
}

fn tree(report: &Report) -> Value {
    let account = report.account.clone().unwrap_or_default();
    filled(json!({
        "report_id": report.report_id,
        "type": name(pb::ReportType::try_from(report.r#type).map(|it| it.as_str_name()), "REPORT_TYPE_"),
        "urgency": name(pb::Urgency::try_from(report.urgency).map(|it| it.as_str_name()), "URGENCY_"),
        "written_time": time(report.written_time.as_ref()),
        "account": {
            "immediate_safety": account.immediate_safety,
            "observed": account.observed,
            "history": account.history,
            "other_views": account.other_views,
        },
        "children": report.children.iter().map(child).collect::<Vec<_>>(),
        "carers": report.carers.iter().map(carer).collect::<Vec<_>>(),
        "interpreter_need": report.interpreter_need,
        "other_services": report.other_services,
        "reporter": report.reporter.as_ref().map(reporter),
        "disclosure": report.disclosure.as_ref().map(disclosure),
        "police_case_references": report.police_case_references,
        "phone_calls": report.phone_calls.iter().map(phone_call).collect::<Vec<_>>(),
        "follows_up_report_id": report.follows_up_report_id,
        "attachments": report.attachments.iter().map(attachment).collect::<Vec<_>>(),
        "channel": report.channel,
    }))
}

fn child(child: &Child) -> Value {
    let (identity_number, birth_date, unborn) = match &child.identity {
        Some(Identity::IdentityNumber(number)) => (number.as_str(), "", None),
        Some(Identity::BirthDate(date)) => ("", date.as_str(), None),
        Some(Identity::Unborn(unborn)) => ("", "", Some(json!({ "expected_date": unborn.expected_date }))),
        None => ("", "", None),
    };
    json!({
        "child_id": child.child_id,
        "name": child.name,
        "identity_number": identity_number,
        "birth_date": birth_date,
        "unborn": unborn,
        "address": child.address.as_ref().map(address),
        "phone": child.phone,
        "municipality_number": child.municipality_number,
        "city_district_number": child.city_district_number,
        "informed": child.informed.as_ref().map(informed),
    })
}

fn carer(carer: &Carer) -> Value {
    json!({
        "name": carer.name,
        "relation": carer.relation,
        "identity_number": carer.identity_number,
        "phone": carer.phone,
        "address": carer.address.as_ref().map(address),
        "informed": carer.informed.as_ref().map(informed),
    })
}

fn address(address: &Address) -> Value {
    let grading = pb::AddressGrading::try_from(address.grading).map(|it| it.as_str_name());
    json!({
        "lines": address.lines,
        "postal_code": address.postal_code,
        "city": address.city,
        "country_code": address.country_code,
        "grading": name(grading, "ADDRESS_GRADING_"),
    })
}

fn informed(informed: &Informed) -> Value {
    json!({ "informed": informed.informed, "reason": informed.reason })
}

fn reporter(reporter: &Reporter) -> Value {
    let organisation = reporter.organisation.clone().unwrap_or_default();
    json!({
        "name": reporter.name,
        "role": reporter.role,
        "unit": reporter.unit,
        "phone": reporter.phone,
        "email": reporter.email,
        "police_district": reporter.police_district,
        "organisation": {
            "name": organisation.name,
            "organisation_number": organisation.organisation_number,
            "address": organisation.address.as_ref().map(address),
        },
    })
}

fn disclosure(disclosure: &Disclosure) -> Value {
    let basis = pb::LegalBasis::try_from(disclosure.legal_basis).map(|it| it.as_str_name());
    json!({
        "legal_basis": name(basis, "LEGAL_BASIS_"),
        "other_basis": disclosure.other_basis,
        "decided_by_name": disclosure.decided_by_name,
        "decided_by_role": disclosure.decided_by_role,
    })
}

fn phone_call(call: &PhoneCall) -> Value {
    let result = pb::PhoneCallResult::try_from(call.result).map(|it| it.as_str_name());
    json!({
        "call_time": time(call.call_time.as_ref()),
        "result": name(result, "PHONE_CALL_RESULT_"),
        "answered_by": call.answered_by,
        "number": call.number,
    })
}

fn attachment(file: &Attachment) -> Value {
    json!({
        "attachment_id": file.attachment_id,
        "file_name": file.file_name,
        "media_type": file.media_type,
        "size_bytes": file.size_bytes,
        "child_ids": file.child_ids,
    })
}

fn name<E>(name: Result<&'static str, E>, prefix: &str) -> String {
    name.map(|name| word(name, prefix)).unwrap_or_default()
}

/// The value without members that are null or empty.
fn filled(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(key, value)| (key, filled(value)));
            Value::Object(members.filter(|(_, value)| !is_empty(value)).collect::<Map<_, _>>())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(filled).collect()),
        other => other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn write(value: &Value, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::Object(_) | Value::Array(_) => {
                        lines.push(format!("{indent}{key}:"));
                        write(value, depth + 1, lines);
                    }
                    other => lines.push(format!("{indent}{key}: {}", plain(other))),
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                lines.push(format!("{indent}-"));
                write(value, depth + 1, lines);
            }
        }
        other => lines.push(format!("{indent}{}", plain(other))),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_are_left_out_and_the_rest_is_printed_in_depth() {
        let report = Report {
            report_id: "r".to_owned(),
            children: vec![Child {
                child_id: "c".to_owned(),
                informed: Some(Informed::default()),
                ..Child::default()
            }],
            ..Report::default()
        };
        assert_eq!(
            lines(&report),
            [
                "children:",
                "  -",
                "    child_id: c",
                "    informed:",
                "      informed: false",
                "report_id: r"
            ]
        );
    }
}
