use super::{Scope, pb};
use crate::domain::{
    report::{Disclosure, LegalBasis},
    text::Line,
};

pub(super) fn read(scope: &mut Scope<'_>, disclosure: &pb::Disclosure) -> Option<Disclosure> {
    let legal_basis = read_legal_basis(scope, disclosure);
    let decided_by_name = scope.required("decided_by_name", &disclosure.decided_by_name, Line::parse);
    let decided_by_role = scope.required("decided_by_role", &disclosure.decided_by_role, Line::parse);
    Some(Disclosure {
        legal_basis: legal_basis?,
        decided_by_name: decided_by_name?,
        decided_by_role: decided_by_role?,
    })
}

fn read_legal_basis(scope: &mut Scope<'_>, disclosure: &pb::Disclosure) -> Option<LegalBasis> {
    let known: Known = scope.enum_value::<pb::LegalBasis, _>("legal_basis", disclosure.legal_basis)?;
    let basis = match known.0 {
        pb::LegalBasis::Other => {
            let other = scope.required("other_basis", &disclosure.other_basis, Line::parse)?;
            return Some(LegalBasis::Other(other));
        }
        pb::LegalBasis::DutyToReport => LegalBasis::DutyToReport,
        pb::LegalBasis::CriminalCaseNotice => LegalBasis::CriminalCaseNotice,
        pb::LegalBasis::ProsecutionTransfer => LegalBasis::ProsecutionTransfer,
        pb::LegalBasis::PoliceRegistersAct => LegalBasis::PoliceRegistersAct,
        pb::LegalBasis::Consent => LegalBasis::Consent,
        pb::LegalBasis::Unspecified => return None,
    };
    if !disclosure.other_basis.is_empty() {
        scope.refuse("other_basis", "must be empty unless legal_basis is LEGAL_BASIS_OTHER");
        return None;
    }
    Some(basis)
}

/// A basis that is not the unspecified one; its text stands in another field.
struct Known(pb::LegalBasis);

impl From<pb::LegalBasis> for Option<Known> {
    fn from(basis: pb::LegalBasis) -> Self {
        (basis != pb::LegalBasis::Unspecified).then_some(Known(basis))
    }
}

pub(super) fn write(disclosure: &Disclosure) -> pb::Disclosure {
    let (legal_basis, other_basis) = match &disclosure.legal_basis {
        LegalBasis::DutyToReport => (pb::LegalBasis::DutyToReport, String::new()),
        LegalBasis::CriminalCaseNotice => (pb::LegalBasis::CriminalCaseNotice, String::new()),
        LegalBasis::ProsecutionTransfer => (pb::LegalBasis::ProsecutionTransfer, String::new()),
        LegalBasis::PoliceRegistersAct => (pb::LegalBasis::PoliceRegistersAct, String::new()),
        LegalBasis::Consent => (pb::LegalBasis::Consent, String::new()),
        LegalBasis::Other(text) => (pb::LegalBasis::Other, text.expose().to_owned()),
    };
    pb::Disclosure {
        legal_basis: legal_basis.into(),
        other_basis,
        decided_by_name: disclosure.decided_by_name.expose().to_owned(),
        decided_by_role: disclosure.decided_by_role.expose().to_owned(),
    }
}
