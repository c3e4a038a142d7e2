//! A report with a mark in every text that may be personal, and the proof that none was forgotten.

use framme_demo::world::Area;
use framme_shared::{
    domain::{digest::Digest, identity_number::synthetic::SyntheticNumbers},
    runtime::{
        clock::{Clock as _, SystemClock},
        random::{OsRandom, Random as _},
    },
    wire::{
        pb::{DESCRIPTORS, report as pb},
        report::fill_child_ids,
        time::to_pb,
    },
};
use jiff::{ToSpan as _, civil::date, tz::TimeZone};
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value,
};

use super::marks::mark;

/// Lies open in the sender's database on purpose: figures and lists show police districts. The control of the search.
pub(super) const POLICE_DISTRICT: &str = "Zq8xControlQ";

/// Texts of a report that are not personal data, or not text.
const OPEN: &[&str] = &[
    // Ids are made at random and say nothing.
    "report_id",
    "follows_up_report_id",
    "children.child_id",
    "attachments.attachment_id",
    "attachments.child_ids",
    // Numbers of places and organisations, from public registers.
    "children.municipality_number",
    "children.city_district_number",
    "reporter.organisation.organisation_number",
    "reporter.police_district",
    // Two letters.
    "children.address.country_code",
    "carers.address.country_code",
    "reporter.organisation.address.country_code",
    "attachments.sha256",
];

/// A report full of marks.
pub(super) struct Marked {
    pub(super) report: pb::Report,
    /// What its attachment holds.
    pub(super) file: Vec<u8>,
    /// Numbers and dates that are as good as marks.
    pub(super) numbers: Vec<String>,
}

impl Marked {
    /// About three children of this area: one with a number, one with a birth date, one unborn.
    pub(super) fn new(area: &Area) -> Self {
        let mut numbers = SyntheticNumbers::from_seed(7);
        let child = numbers.born(date(2014, 3, 9)).unwrap().expose();
        let carer = numbers.born(date(1984, 11, 23)).unwrap().expose();
        let today = SystemClock.now().to_zoned(TimeZone::UTC).date();
        let expected = (today + 123.days()).to_string();
        let born = "2013-02-27".to_owned();
        let (phone, called) = ("41739506281735".to_owned(), "58261940372846".to_owned());
        let file = mark("File").repeat(20_000).into_bytes();
        let mut report = report(&file);
        report.children = vec![
            one_child(area, pb::child::Identity::IdentityNumber(child.clone())),
            one_child(area, pb::child::Identity::BirthDate(born.clone())),
            one_child(
                area,
                pb::child::Identity::Unborn(pb::Unborn {
                    expected_date: expected.clone(),
                }),
            ),
        ];
        report.carers[0].identity_number = carer.clone();
        report.reporter.as_mut().unwrap().phone = phone.clone();
        report.phone_calls[0].number = called.clone();
        fill_child_ids(&mut report);
        Self {
            report,
            file,
            numbers: vec![child, carer, expected, born, phone, called],
        }
    }

    /// The same texts under other ids.
    pub(super) fn again(&self) -> pb::Report {
        let mut report = self.report.clone();
        report.report_id = OsRandom.new_uuid().to_string();
        for child in &mut report.children {
            child.child_id.clear();
        }
        fill_child_ids(&mut report);
        report
    }
}

fn address(place: &str) -> Option<pb::Address> {
    Some(pb::Address {
        lines: ["LineA", "LineB", "LineC"]
            .map(|line| mark(&format!("{place}{line}")))
            .into(),
        postal_code: mark("Postal"),
        city: mark(&format!("{place}City")),
        country_code: "NO".to_owned(),
        grading: pb::AddressGrading::StrictlyConfidential.into(),
    })
}

fn informed(place: &str) -> Option<pb::Informed> {
    Some(pb::Informed {
        informed: false,
        reason: mark(&format!("{place}Informed")),
    })
}

fn one_child((municipality, city_district): &Area, identity: pb::child::Identity) -> pb::Child {
    pb::Child {
        child_id: String::new(),
        identity: Some(identity),
        name: mark("ChildName"),
        address: address("Child"),
        phone: mark("ChildPhone"),
        municipality_number: municipality.clone(),
        city_district_number: city_district.clone(),
        city_district_name: mark("District"),
        informed: informed("Child"),
    }
}

fn report(file: &[u8]) -> pb::Report {
    let now = SystemClock.now();
    pb::Report {
        report_id: OsRandom.new_uuid().to_string(),
        r#type: pb::ReportType::Notice.into(),
        urgency: pb::Urgency::Acute.into(),
        disclosure: Some(pb::Disclosure {
            legal_basis: pb::LegalBasis::Other.into(),
            other_basis: mark("Basis"),
            decided_by_name: mark("DeciderName"),
            decided_by_role: mark("DeciderRole"),
        }),
        account: Some(pb::Account {
            observed: mark("Observed"),
            history: mark("History"),
            other_views: mark("Views"),
            immediate_safety: mark("Safety"),
        }),
        children: Vec::new(),
        carers: vec![pb::Carer {
            name: mark("CarerName"),
            phone: mark("CarerPhone"),
            identity_number: String::new(),
            address: address("Carer"),
            informed: informed("Carer"),
            relation: mark("Relation"),
        }],
        interpreter_need: mark("Interpreter"),
        other_services: mark("Services"),
        reporter: Some(pb::Reporter {
            name: mark("ReporterName"),
            role: mark("ReporterRole"),
            unit: mark("Unit"),
            phone: String::new(),
            email: format!("{}@politi.example", mark("Mail")),
            organisation: Some(pb::ReportingOrganisation {
                name: mark("Organisation"),
                organisation_number: "123456785".to_owned(),
                address: address("Organisation"),
            }),
            police_district: POLICE_DISTRICT.to_owned(),
        }),
        police_case_references: vec![mark("CaseA"), mark("CaseB")],
        phone_calls: vec![pb::PhoneCall {
            call_time: Some(to_pb(now)),
            result: pb::PhoneCallResult::Reached.into(),
            answered_by: mark("AnsweredBy"),
            number: String::new(),
        }],
        follows_up_report_id: OsRandom.new_uuid().to_string(),
        attachments: vec![pb::Attachment {
            attachment_id: OsRandom.new_uuid().to_string(),
            file_name: format!("{}.pdf", mark("FileName")),
            media_type: format!("application/{}", mark("Type")),
            size_bytes: file.len() as u64,
            sha256: Digest::of(file).as_bytes().to_vec().into(),
            child_ids: Vec::new(),
        }],
        written_time: Some(to_pb(now)),
        channel: mark("Channel"),
        drill: false,
    }
}

/// The report as its descriptor sees it.
pub(super) fn dynamic(report: &pb::Report) -> DynamicMessage {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let mut message = DynamicMessage::new(pool.get_message_by_name("framme.report.v1.Report").unwrap());
    message.transcode_from(report).unwrap();
    message
}

/// The paths of all fields with text or bytes that the contract has, except the open ones.
pub(super) fn personal_paths(message: &MessageDescriptor) -> Vec<String> {
    let mut paths = Vec::new();
    walk(message, "", &mut paths);
    paths.retain(|path| !OPEN.contains(&path.as_str()));
    paths
}

fn walk(message: &MessageDescriptor, before: &str, paths: &mut Vec<String>) {
    for field in message.fields() {
        let path = format!("{before}{}", field.name());
        match field.kind() {
            Kind::String | Kind::Bytes => paths.push(path),
            Kind::Message(inner) => walk(&inner, &format!("{path}."), paths),
            _ => {}
        }
    }
}

/// All texts at a path.
pub(super) fn texts_at(message: &DynamicMessage, path: &str) -> Vec<String> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let field = message.descriptor().get_field_by_name(name).unwrap();
    let value = message.get_field(&field).into_owned();
    let values = match value {
        Value::List(values) => values,
        value => vec![value],
    };
    values
        .iter()
        .flat_map(|value| match value {
            Value::String(text) if text.is_empty() => Vec::new(),
            Value::String(text) => vec![text.clone()],
            Value::Bytes(bytes) => vec![String::from_utf8_lossy(bytes).into_owned()],
            Value::Message(inner) => texts_at(inner, rest),
            other => panic!("{path} holds {other:?}"),
        })
        .collect()
}

/// Writes a text at a path, in the first element of each list on the way.
pub(super) fn write_at(message: &mut DynamicMessage, path: &str, text: &str) {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let field: FieldDescriptor = message.descriptor().get_field_by_name(name).unwrap();
    let new = match field.kind() {
        Kind::Bytes => Value::Bytes(text.as_bytes().to_vec().into()),
        _ => Value::String(text.to_owned()),
    };
    match message.get_field_mut(&field) {
        Value::Message(inner) => write_at(inner, rest, text),
        Value::List(values) => match &mut values[0] {
            Value::Message(inner) => write_at(inner, rest, text),
            value => *value = new,
        },
        value => *value = new,
    }
}
