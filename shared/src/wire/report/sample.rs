//! One report in which every field is set: about nobody.

use super::pb;
use crate::{
    domain::{digest::Digest, identity_number::synthetic::SyntheticNumbers},
    wire::time::to_pb,
};

fn number(seed: u64, year: i16) -> String {
    SyntheticNumbers::from_seed(seed)
        .born(jiff::civil::date(year, 5, 4))
        .unwrap()
        .expose()
}

pub(crate) fn number_of_2039() -> String {
    number(1, 2039)
}

fn at(text: &str) -> Option<prost_types::Timestamp> {
    Some(to_pb(text.parse().unwrap()))
}

fn address(grading: pb::AddressGrading) -> Option<pb::Address> {
    Some(pb::Address {
        lines: vec!["c/o Prøve".into(), String::new(), "Eksempelveien 1".into()],
        postal_code: "0150".into(),
        city: "Oslo".into(),
        country_code: "NO".into(),
        grading: grading.into(),
    })
}

fn informed() -> Option<pb::Informed> {
    Some(pb::Informed {
        informed: true,
        reason: "Told at home".into(),
    })
}

fn not_informed() -> Option<pb::Informed> {
    Some(pb::Informed {
        informed: false,
        reason: "It would put the child in danger.\nSee account.".into(),
    })
}

pub(crate) fn full() -> pb::Report {
    pb::Report {
        report_id: "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20".into(),
        r#type: pb::ReportType::ConcernReport.into(),
        urgency: pb::Urgency::Acute.into(),
        disclosure: Some(pb::Disclosure {
            legal_basis: pb::LegalBasis::DutyToReport.into(),
            other_basis: String::new(),
            decided_by_name: "Prøve Leder".into(),
            decided_by_role: "Jourhavende jurist".into(),
        }),
        account: Some(pb::Account {
            observed: "Observed at the address.\n\tFirst\r\nsecond 🙂".into(),
            history: "Known from before.".into(),
            other_views: "A neighbour sees it otherwise.".into(),
            immediate_safety: "A dog that bites.".into(),
        }),
        children: children(),
        carers: vec![pb::Carer {
            name: "Prøve Foresatt".into(),
            phone: "000 00 001 (after four)".into(),
            identity_number: number(2, 1985),
            address: address(pb::AddressGrading::StrictlyConfidential),
            informed: not_informed(),
            relation: "mother".into(),
        }],
        interpreter_need: "Tigrinja, by phone".into(),
        other_services: "School health service".into(),
        reporter: Some(pb::Reporter {
            name: "Prøve Betjent".into(),
            role: "Politibetjent".into(),
            unit: "Operasjonssentralen".into(),
            phone: "+47 000 00 000".into(),
            email: "desk@politi.example".into(),
            organisation: Some(pb::ReportingOrganisation {
                name: "Prøve politidistrikt".into(),
                organisation_number: "123456785".into(),
                address: address(pb::AddressGrading::Open),
            }),
            police_district: "Oslo".into(),
        }),
        police_case_references: vec!["26/000001".into(), "PO-4711".into()],
        phone_calls: phone_calls(),
        follows_up_report_id: "0b9b0a2e-7f58-4f8d-8f3e-1f1d2c3b4a59".into(),
        attachments: attachments(),
        written_time: at("2026-03-01T11:58:30.123456789Z"),
        channel: "Fagsystem".into(),
        drill: false,
    }
}

fn children() -> Vec<pb::Child> {
    let child = pb::Child {
        child_id: "11111111-1111-4111-8111-111111111111".into(),
        identity: Some(pb::child::Identity::IdentityNumber(number(3, 2015))),
        name: "Kari Prøve".into(),
        address: address(pb::AddressGrading::Confidential),
        phone: "00000002".into(),
        municipality_number: "0301".into(),
        city_district_number: "05".into(),
        city_district_name: String::new(),
        informed: not_informed(),
    };
    vec![
        child.clone(),
        pb::Child {
            child_id: "22222222-2222-4222-8222-222222222222".into(),
            identity: Some(pb::child::Identity::BirthDate("2019-08-17".into())),
            name: "Ola Prøve".into(),
            municipality_number: "5501".into(),
            city_district_number: "01".into(),
            city_district_name: "Tromsøya".into(),
            informed: informed(),
            ..child.clone()
        },
        pb::Child {
            child_id: "33333333-3333-4333-8333-333333333333".into(),
            identity: Some(pb::child::Identity::Unborn(pb::Unborn {
                expected_date: "2026-06-15".into(),
            })),
            name: "not named yet".into(),
            city_district_number: "12".into(),
            address: None,
            ..child
        },
    ]
}

fn phone_calls() -> Vec<pb::PhoneCall> {
    let call = pb::PhoneCall {
        call_time: at("2026-03-01T11:40:00Z"),
        result: pb::PhoneCallResult::NotReached.into(),
        answered_by: String::new(),
        number: "00000003".into(),
    };
    vec![
        call.clone(),
        pb::PhoneCall {
            call_time: at("2026-03-01T11:45:00Z"),
            result: pb::PhoneCallResult::Reached.into(),
            answered_by: "Duty desk".into(),
            ..call
        },
    ]
}

fn attachments() -> Vec<pb::Attachment> {
    let attachment = pb::Attachment {
        attachment_id: "44444444-4444-4444-8444-444444444444".into(),
        file_name: "bilde 1.jpg".into(),
        media_type: "image/jpeg".into(),
        size_bytes: 104_857_600,
        sha256: Digest::of(b"a picture").as_bytes().to_vec().into(),
        child_ids: Vec::new(),
    };
    vec![
        attachment.clone(),
        pb::Attachment {
            attachment_id: "55555555-5555-4555-8555-555555555555".into(),
            file_name: "notat.pdf".into(),
            media_type: "application/pdf".into(),
            size_bytes: 1,
            child_ids: vec!["22222222-2222-4222-8222-222222222222".into()],
            ..attachment
        },
    ]
}
