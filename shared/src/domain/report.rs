//! A report about children: what the police write, with nothing about how it travels.

mod address;
mod attachment;
mod child;
mod contact;
mod disclosure;
mod kind;
mod people;
pub mod phone;
mod phone_call;
mod rules;
mod split;

use std::{fmt, ops::Deref};

use jiff::Timestamp;

pub use address::{Address, AddressGrading, CountryCode, InvalidCountryCode};
pub use attachment::{Attachment, FileName, InvalidFileName, InvalidMediaType, MediaType};
pub use child::{Child, ChildIdentity, Informed};
pub use contact::{EmailAddress, InvalidEmailAddress, InvalidPhoneNumber, PhoneNumber};
pub use disclosure::{Disclosure, LegalBasis};
pub use kind::{ReportType, Urgency};
pub use people::{Carer, Reporter, ReportingOrganisation};
pub use phone::PhoneSummary;
pub use phone_call::{PhoneCall, PhoneCallResult};
pub use rules::{BrokenRule, Outline, limits};

use super::{
    drill,
    ids::ReportId,
    masked::masked_debug,
    text::{Line, Text},
};

/// A report whose parts fit together: 1 to 50 children, acute ones with a phone call, ids that exist and are unique.
#[derive(Clone, PartialEq)]
pub struct Report(Parts);

/// The parts of a report, each right by itself.
#[derive(Clone, PartialEq)]
pub struct Parts {
    /// Given by the system that wrote it.
    pub id: ReportId,
    /// What kind of document.
    pub report_type: ReportType,
    /// How soon somebody must act.
    pub urgency: Urgency,
    /// Why it may be shared.
    pub disclosure: Disclosure,
    /// What is told.
    pub account: Account,
    /// Whom it concerns.
    pub children: Vec<Child>,
    /// Their carers (foresatte).
    pub carers: Vec<Carer>,
    /// Need for an interpreter, with the language.
    pub interpreter_need: Option<Text<1_000>>,
    /// Other services involved (andre hjelpeinstanser).
    pub other_services: Option<Text<4_000>>,
    /// Who reports.
    pub reporter: Reporter,
    /// Case numbers or log references of the police.
    pub police_case_references: Vec<Line<60>>,
    /// Calls to the service that must act.
    pub phone_calls: Vec<PhoneCall>,
    /// An earlier report that this one follows up or corrects.
    pub follows_up: Option<ReportId>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// When its writer finished it.
    pub written_at: Timestamp,
    /// Through which system or channel it was written (leveringskanal).
    pub channel: Option<Line<100>>,
    /// About nobody: see [`drill`].
    pub drill: bool,
}

/// What is told.
#[derive(Clone, PartialEq)]
pub struct Account {
    /// What was observed (melding).
    pub observed: Text<20_000>,
    /// What is known from before (historie).
    pub history: Option<Text<20_000>>,
    /// Other views on the matter (andre synspunkter).
    pub other_views: Option<Text<20_000>>,
    /// What one must know to be safe, or to keep a child safe, right now.
    pub immediate_safety: Option<Text<20_000>>,
}

impl Report {
    /// Puts parts together; all rules that they break together are named.
    pub fn new(parts: Parts) -> Result<Self, Vec<BrokenRule>> {
        let mut broken = Outline::from(&parts).broken_rules();
        if parts.drill && !drill::is_pure(&parts) {
            broken.push(BrokenRule {
                field: "drill".to_owned(),
                rule: "must be left out of a report that holds anything but what a drill holds",
            });
        }
        if broken.is_empty() {
            Ok(Self(parts))
        } else {
            Err(broken)
        }
    }

    /// Takes it apart again.
    pub fn into_parts(self) -> Parts {
        self.0
    }
}

/// A report reads as its parts; only its constructor writes them.
impl Deref for Report {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Report({})", self.id)
    }
}

masked_debug!(Parts, Account);
