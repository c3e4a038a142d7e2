//! The report as headings, fields and running text, in the order in which somebody must know it.

use framme_shared::{
    domain::municipality::MunicipalityNumber,
    wire::pb::report::{
        Address, AddressGrading, Attachment, Carer, Child, Informed, LegalBasis, PhoneCall, PhoneCallResult,
        ReportType, Urgency, child::Identity,
    },
};

use super::{Sheet, cover::unbroken, flow::Block};

/// Everything that a report tells.
pub(super) fn blocks(sheet: &Sheet) -> Vec<Block> {
    let mut body = Body {
        sheet,
        blocks: Vec::new(),
    };
    body.about();
    body.account();
    body.children();
    body.carers();
    body.others();
    body.reporter();
    body.disclosure();
    body.calls();
    body.attachments();
    body.blocks
}

struct Body<'s> {
    sheet: &'s Sheet,
    blocks: Vec<Block>,
}

impl Body<'_> {
    fn heading(&mut self, key: &str) {
        self.blocks.push(Block::Heading(self.sheet.word(key)));
    }

    fn subheading(&mut self, text: String) {
        self.blocks.push(Block::Subheading(text));
    }

    /// Nothing when the value is empty.
    fn field(&mut self, key: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.blocks.push(Block::Field(self.sheet.word(key), value));
        }
    }

    /// A part of the account under its heading; nothing when it is empty.
    fn told(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.subheading(self.sheet.word(key));
            self.blocks.push(Block::Text(text.to_owned()));
        }
    }

    fn note(&mut self, text: String) {
        self.blocks.push(Block::Note(text));
    }

    fn about(&mut self) {
        let (sheet, report) = (self.sheet, &self.sheet.content);
        let title = match ReportType::try_from(report.r#type) {
            Ok(ReportType::Notice) => sheet.word("type.notice"),
            Ok(ReportType::ProsecutionTransfer) => sheet.word("type.prosecution_transfer"),
            _ => sheet.word("type.concern_report"),
        };
        self.blocks.push(Block::Title(title));
        let urgency = match Urgency::try_from(report.urgency) {
            Ok(Urgency::Acute) => sheet.word("urgency.acute"),
            Ok(Urgency::Urgent) => sheet.word("urgency.urgent"),
            _ => sheet.word("urgency.normal"),
        };
        self.field("about.urgency", urgency);
        self.field("about.written", sheet.written_moment(report.written_time.as_ref()));
        self.field("about.report", report.report_id.as_str());
        self.field("about.transmission", sheet.transmission.to_string());
        self.field("about.follows_up", report.follows_up_report_id.as_str());
        self.field("about.references", report.police_case_references.join("\u{2002}"));
        self.field("about.channel", report.channel.as_str());
    }

    fn account(&mut self) {
        let Some(account) = &self.sheet.content.account else {
            return;
        };
        self.heading("account");
        self.told("account.safety", &account.immediate_safety);
        self.told("account.observed", &account.observed);
        self.told("account.history", &account.history);
        self.told("account.other_views", &account.other_views);
    }

    fn children(&mut self) {
        let children = &self.sheet.content.children;
        self.heading("children");
        if !self.sheet.shows_addresses() {
            self.note(self.sheet.word("address.left_out"));
        }
        for (place, child) in children.iter().enumerate() {
            self.child(place, children.len(), child);
        }
    }

    fn child(&mut self, place: usize, count: usize, child: &Child) {
        let sheet = self.sheet;
        let values = [("number", (place + 1).to_string()), ("count", count.to_string())];
        let number = sheet.text("child", &values);
        self.subheading(if child.name.is_empty() {
            number
        } else {
            format!("{number}: {}", child.name)
        });
        match &child.identity {
            Some(Identity::IdentityNumber(number)) => self.field("child.identity_number", number.as_str()),
            Some(Identity::BirthDate(date)) => self.field("child.birth_date", sheet.written_date(date)),
            Some(Identity::Unborn(unborn)) if unborn.expected_date.is_empty() => {
                self.field("child.unborn", sheet.word("child.no_date"));
            }
            Some(Identity::Unborn(unborn)) => {
                let date = sheet.written_date(&unborn.expected_date);
                self.field("child.unborn", sheet.text("child.expected", &[("date", date)]));
            }
            None => {}
        }
        self.address(child.address.as_ref());
        self.field("phone", child.phone.as_str());
        let name = MunicipalityNumber::parse(&child.municipality_number).map(|number| number.name());
        self.field(
            "child.municipality",
            format!("{} {}", child.municipality_number, name.unwrap_or_default()).trim_end(),
        );
        let district = [child.city_district_number.as_str(), child.city_district_name.as_str()];
        self.field("child.city_district", district.join(" ").trim());
        self.informed(child.informed.as_ref());
    }

    fn address(&mut self, address: Option<&Address>) {
        let sheet = self.sheet;
        let Some(address) = address else {
            return;
        };
        if !sheet.shows_addresses() {
            return;
        }
        let grading = match AddressGrading::try_from(address.grading) {
            Ok(AddressGrading::Open) => String::new(),
            Ok(AddressGrading::Confidential) => sheet.word("grading.confidential"),
            Ok(AddressGrading::StrictlyConfidentialAbroad) => sheet.word("grading.strictly_confidential_abroad"),
            _ => sheet.word("grading.strictly_confidential"),
        };
        self.field("address", written(address));
        self.field("address.grading", grading);
    }

    fn informed(&mut self, informed: Option<&Informed>) {
        let Some(informed) = informed else {
            return;
        };
        let said = if informed.informed {
            self.sheet.word("informed.yes")
        } else {
            self.sheet.word("informed.no")
        };
        self.field("informed", said);
        self.field("informed.reason", informed.reason.as_str());
    }

    fn carers(&mut self) {
        let carers = &self.sheet.content.carers;
        if carers.is_empty() {
            return;
        }
        self.heading("carers");
        for carer in carers {
            self.carer(carer);
        }
    }

    fn carer(&mut self, carer: &Carer) {
        self.subheading(carer.name.clone());
        self.field("carer.relation", carer.relation.as_str());
        self.field("child.identity_number", carer.identity_number.as_str());
        self.address(carer.address.as_ref());
        self.field("phone", carer.phone.as_str());
        self.informed(carer.informed.as_ref());
    }

    fn others(&mut self) {
        let report = &self.sheet.content;
        if report.interpreter_need.is_empty() && report.other_services.is_empty() {
            return;
        }
        self.heading("others");
        self.told("others.interpreter", &report.interpreter_need);
        self.told("others.services", &report.other_services);
    }

    fn reporter(&mut self) {
        let Some(reporter) = &self.sheet.content.reporter else {
            return;
        };
        self.heading("reporter");
        self.field("name", reporter.name.as_str());
        self.field("role", reporter.role.as_str());
        self.field("reporter.unit", reporter.unit.as_str());
        self.field("reporter.district", reporter.police_district.as_str());
        if let Some(organisation) = &reporter.organisation {
            let number = &organisation.organisation_number;
            self.field("reporter.organisation", format!("{} ({number})", organisation.name));
            let address = organisation.address.as_ref().map(written);
            self.field("address", address.unwrap_or_default());
        }
        self.field("phone", reporter.phone.as_str());
        self.field("reporter.email", reporter.email.as_str());
    }

    fn disclosure(&mut self) {
        let Some(disclosure) = &self.sheet.content.disclosure else {
            return;
        };
        let sheet = self.sheet;
        let basis = match LegalBasis::try_from(disclosure.legal_basis) {
            Ok(LegalBasis::DutyToReport) => sheet.word("basis.duty_to_report"),
            Ok(LegalBasis::CriminalCaseNotice) => sheet.word("basis.criminal_case_notice"),
            Ok(LegalBasis::ProsecutionTransfer) => sheet.word("basis.prosecution_transfer"),
            Ok(LegalBasis::PoliceRegistersAct) => sheet.word("basis.police_registers_act"),
            Ok(LegalBasis::Consent) => sheet.word("basis.consent"),
            _ => disclosure.other_basis.clone(),
        };
        self.heading("disclosure");
        self.field("disclosure.basis", basis);
        self.field("disclosure.decided_by", disclosure.decided_by_name.as_str());
        self.field("role", disclosure.decided_by_role.as_str());
    }

    fn calls(&mut self) {
        let calls = &self.sheet.content.phone_calls;
        if calls.is_empty() {
            return;
        }
        self.heading("calls");
        for call in calls {
            self.call(call);
        }
    }

    fn call(&mut self, call: &PhoneCall) {
        let sheet = self.sheet;
        self.subheading(sheet.written_moment(call.call_time.as_ref()));
        let result = if call.result == i32::from(PhoneCallResult::Reached) {
            sheet.word("call.reached")
        } else {
            sheet.word("call.not_reached")
        };
        self.field("call.result", result);
        self.field("call.answered_by", call.answered_by.as_str());
        self.field("call.number", call.number.as_str());
    }

    fn attachments(&mut self) {
        let attachments = &self.sheet.content.attachments;
        if attachments.is_empty() {
            return;
        }
        self.heading("attachments");
        self.blocks.push(Block::Text(match &self.sheet.desk_phone {
            Some(phone) => self
                .sheet
                .text("attachments.get_by_phone", &[("phone", unbroken(phone))]),
            None => self.sheet.word("attachments.get"),
        }));
        for attachment in attachments {
            self.attachment(attachment);
        }
    }

    fn attachment(&mut self, attachment: &Attachment) {
        self.subheading(attachment.file_name.clone());
        self.field("attachment.type", attachment.media_type.as_str());
        self.field("attachment.size", size(attachment.size_bytes));
        let children = &self.sheet.content.children;
        let concerned = attachment.child_ids.iter().filter_map(|id| {
            let place = children.iter().position(|child| child.child_id == *id)?;
            Some((place + 1).to_string())
        });
        let concerned = concerned.collect::<Vec<_>>().join(", ");
        self.field("attachment.children", concerned);
    }
}

/// An address on one line.
fn written(address: &Address) -> String {
    let place = [address.postal_code.as_str(), address.city.as_str()].join(" ");
    let country = if address.country_code == "NO" {
        ""
    } else {
        &address.country_code
    };
    let parts = address.lines.iter().map(String::as_str).chain([place.trim(), country]);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// In the unit that people say.
fn size(bytes: u64) -> String {
    let (kilo, mega) = (1_000, 1_000_000);
    if bytes < kilo {
        format!("{bytes} B")
    } else if bytes < mega {
        format!("{} kB", bytes.div_ceil(kilo))
    } else {
        format!("{},{} MB", bytes / mega, bytes % mega / 100_000)
    }
}
