//! One synthetic report, as a police system would submit it.

use framme_shared::{domain::identity_number::synthetic::SyntheticNumbers, wire::pb::report as pb};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use uuid::Builder;

/// Organisation number of the synthetic police organisation that the reporters work for.
const POLICE_ORGANISATION: &str = "999000002";

const OBSERVED: &str = "Patruljen møtte barnet alene ute sent på kvelden. Barnet virket sliten og sulten, og fortalte \
                        at ingen voksne var hjemme. Dette er en oppdiktet melding til bruk i test. ";

/// What varies from one sample to the next.
#[derive(Debug, Clone)]
pub struct SampleReport {
    /// As in the official figures.
    pub police_district: String,
    /// One child for each entry: municipality number, and city district where there is one.
    pub children: Vec<(String, String)>,
    /// How soon somebody must act.
    pub urgency: pb::Urgency,
    /// When it was written.
    pub written: Timestamp,
}

/// Makes reports: the same seed and the same calls give the same reports, ids included.
pub struct Samples {
    rng: SmallRng,
    identity_numbers: SyntheticNumbers,
}

impl Samples {
    /// Starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: SmallRng::seed_from_u64(seed),
            identity_numbers: SyntheticNumbers::from_seed(seed),
        }
    }

    /// A report about the children of `sample`.
    pub fn report(&mut self, sample: &SampleReport) -> pb::Report {
        let children = sample.children.iter().map(|place| self.child(place)).collect();
        let acute = sample.urgency == pb::Urgency::Acute;
        pb::Report {
            report_id: self.uuid(),
            r#type: pb::ReportType::ConcernReport.into(),
            urgency: sample.urgency.into(),
            disclosure: Some(pb::Disclosure {
                legal_basis: pb::LegalBasis::DutyToReport.into(),
                other_basis: String::new(),
                decided_by_name: "Testleder Oppdiktet".to_owned(),
                decided_by_role: "jourhavende".to_owned(),
            }),
            account: Some(pb::Account {
                observed: OBSERVED.to_owned(),
                history: "Ingen tidligere meldinger er kjent.".to_owned(),
                other_views: String::new(),
                immediate_safety: String::new(),
            }),
            children,
            carers: vec![self.carer()],
            interpreter_need: String::new(),
            other_services: String::new(),
            reporter: Some(reporter(&sample.police_district)),
            police_case_references: vec![format!("TEST-{:06}", self.rng.random_range(0..1_000_000))],
            phone_calls: if acute {
                vec![phone_call(sample.written)]
            } else {
                Vec::new()
            },
            follows_up_report_id: String::new(),
            attachments: Vec::new(),
            written_time: Some(timestamp(sample.written)),
            channel: "framme-demo".to_owned(),
            drill: false,
        }
    }

    /// Lengthens the account until the whole report is about `bytes` long when serialised.
    pub fn report_of_size(&mut self, sample: &SampleReport, bytes: usize) -> pb::Report {
        use prost::Message as _;
        let mut report = self.report(sample);
        let missing = bytes.saturating_sub(report.encoded_len());
        if let Some(account) = report.account.as_mut() {
            account.observed.extend(OBSERVED.chars().cycle().take(missing));
        }
        report
    }

    fn child(&mut self, (municipality, city_district): &(String, String)) -> pb::Child {
        pb::Child {
            child_id: String::new(),
            identity: Some(pb::child::Identity::IdentityNumber(self.identity_number())),
            name: format!("Barn Oppdiktet {:04}", self.rng.random_range(0..10_000)),
            address: Some(pb::Address {
                lines: vec![format!("Testveien {}", self.rng.random_range(1..200))],
                postal_code: "0001".to_owned(),
                city: "Teststed".to_owned(),
                country_code: "NO".to_owned(),
                grading: pb::AddressGrading::Open.into(),
            }),
            phone: String::new(),
            municipality_number: municipality.clone(),
            city_district_number: city_district.clone(),
            city_district_name: String::new(),
            informed: Some(pb::Informed {
                informed: false,
                reason: "Hensynet til barnets sikkerhet.".to_owned(),
            }),
        }
    }

    fn carer(&mut self) -> pb::Carer {
        pb::Carer {
            name: format!("Foresatt Oppdiktet {:04}", self.rng.random_range(0..10_000)),
            phone: "+47 00 00 00 00".to_owned(),
            identity_number: String::new(),
            address: None,
            informed: Some(pb::Informed {
                informed: true,
                reason: String::new(),
            }),
            relation: "forelder".to_owned(),
        }
    }

    /// Of somebody born between 2008 and 2022.
    fn identity_number(&mut self) -> String {
        loop {
            let day = Date::constant(2008, 1, 1).saturating_add(self.rng.random_range(0..5_400).days());
            if let Some(number) = self.identity_numbers.born(day) {
                return number.expose();
            }
        }
    }

    fn uuid(&mut self) -> String {
        Builder::from_random_bytes(self.rng.random()).into_uuid().to_string()
    }
}

fn reporter(police_district: &str) -> pb::Reporter {
    pb::Reporter {
        name: "Betjent Oppdiktet".to_owned(),
        role: "politibetjent".to_owned(),
        unit: "Testseksjonen".to_owned(),
        phone: "+47 00 00 00 00".to_owned(),
        email: "betjent@politi.example".to_owned(),
        organisation: Some(pb::ReportingOrganisation {
            name: "Politiet (test)".to_owned(),
            organisation_number: POLICE_ORGANISATION.to_owned(),
            address: None,
        }),
        police_district: police_district.to_owned(),
    }
}

fn phone_call(at: Timestamp) -> pb::PhoneCall {
    pb::PhoneCall {
        call_time: Some(timestamp(at)),
        result: pb::PhoneCallResult::NotReached.into(),
        answered_by: String::new(),
        number: "+47 00 00 00 00".to_owned(),
    }
}

fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    }
}
