//! Who calls the local API, as its credential proves.

use framme_shared::domain::{ids::CredentialId, staff_id::StaffId, staff_role::StaffReference};

use super::rules::{Reach, Role, Rpc, rule};
use crate::staff::Access;

/// A caller whose credential is valid now.
#[derive(Debug, Clone)]
pub struct Caller {
    /// With which credential.
    pub credential: CredentialId,
    /// Whose it is.
    pub holder: Holder,
}

/// Whose a credential is.
#[derive(Debug, Clone)]
pub enum Holder {
    /// A person who is active in the staff register.
    Person(Access),
    /// A case system, by its name.
    CaseSystem(StaffId),
}

/// In whose name a change is made, once it is known to be allowed: what a receipt states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The person's own credential was used.
    Person(StaffReference),
    /// A program, on behalf of a person.
    ProgramFor {
        /// The program.
        program: StaffId,
        /// The person.
        person: StaffReference,
    },
}

impl Caller {
    /// A key for what belongs to this caller alone, such as request ids: `staff/…` or `program/…`.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.holder {
            Holder::Person(access) => format!("staff/{}", access.staff),
            Holder::CaseSystem(name) => format!("program/{name}"),
        }
    }

    /// Whether the caller may make this call at all, for whichever children.
    #[must_use]
    pub fn may(&self, rpc: Rpc) -> bool {
        match &self.holder {
            Holder::Person(access) => access.roles.iter().any(|role| rule(rpc, Role::Staff(*role)).is_some()),
            Holder::CaseSystem(_) => rule(rpc, Role::CaseSystem).is_some(),
        }
    }

    /// Whether the caller may make this call for a child who lives in `area` and is with `caseworker`.
    #[must_use]
    pub fn reaches(&self, rpc: Rpc, area: &str, caseworker: Option<&StaffId>) -> bool {
        match &self.holder {
            Holder::Person(access) => access.acts_as(rpc, area, caseworker).is_some(),
            Holder::CaseSystem(_) => rule(rpc, Role::CaseSystem).is_some_and(|rule| rule.reach == Reach::Everything),
        }
    }
}

impl Access {
    /// The role in which this person may make this call for such a child; `None` when there is none. Somebody
    /// inactive has none.
    #[must_use]
    pub fn acts_as(&self, rpc: Rpc, area: &str, caseworker: Option<&StaffId>) -> Option<StaffReference> {
        if !self.active {
            return None;
        }
        let reaches = |reach| match reach {
            Reach::Everything => true,
            Reach::Served => self.areas.cover(area),
            Reach::Own => caseworker == Some(&self.staff),
        };
        self.roles
            .iter()
            .find(|role| rule(rpc, Role::Staff(**role)).is_some_and(|rule| reaches(rule.reach)))
            .map(|role| StaffReference {
                role: *role,
                staff: self.staff.clone(),
            })
    }
}

impl Actor {
    /// The person and the program of it as one text for the ledger: `staff/…` or `program/… for staff/…`.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Person(person) => format!("staff/{}", person.staff),
            Self::ProgramFor { program, person } => format!("program/{program} for staff/{}", person.staff),
        }
    }
}

#[cfg(test)]
mod tests {
    use framme_shared::domain::staff_role::StaffRole;

    use super::*;

    fn access(roles: &[StaffRole], areas: &[&str], active: bool) -> Access {
        Access {
            staff: StaffId::parse("a-1").unwrap(),
            roles: roles.iter().copied().collect(),
            areas: areas.iter().copied().collect(),
            active,
        }
    }

    #[test]
    fn an_intake_leader_reaches_the_areas_served_and_no_other() {
        let leader = access(&[StaffRole::IntakeLeader], &["0301/05", "5501"], true);
        for area in ["0301/05", "5501", "5501/01"] {
            assert!(leader.acts_as(Rpc::AssignChild, area, None).is_some(), "{area}");
        }
        for area in ["0301/06", "0301", "5503"] {
            assert!(leader.acts_as(Rpc::AssignChild, area, None).is_none(), "{area}");
        }
    }

    #[test]
    fn a_caseworker_reaches_own_children_only() {
        let caseworker = access(&[StaffRole::Caseworker], &["5501"], true);
        let other = StaffId::parse("b-2").unwrap();
        assert!(
            caseworker
                .acts_as(Rpc::GetTransmission, "5501", Some(&caseworker.staff))
                .is_some()
        );
        assert!(caseworker.acts_as(Rpc::GetTransmission, "5501", Some(&other)).is_none());
        assert!(caseworker.acts_as(Rpc::GetTransmission, "5501", None).is_none());
        assert!(
            caseworker
                .acts_as(Rpc::AssignChild, "5501", Some(&caseworker.staff))
                .is_none()
        );
    }

    #[test]
    fn somebody_inactive_reaches_nothing() {
        let left = access(StaffRole::ALL, &["5501"], false);
        for rpc in Rpc::ALL {
            assert!(left.acts_as(rpc, "5501", Some(&left.staff)).is_none());
        }
    }

    #[test]
    fn the_receipt_names_the_role_that_allowed_it() {
        let both = access(&[StaffRole::IntakeLeader, StaffRole::Caseworker], &["5501"], true);
        let as_leader = both.acts_as(Rpc::GetTransmission, "5501", None).unwrap();
        assert_eq!(as_leader.role, StaffRole::IntakeLeader);
        let as_caseworker = both
            .acts_as(Rpc::GetTransmission, "0301/05", Some(&both.staff))
            .unwrap();
        assert_eq!(as_caseworker.role, StaffRole::Caseworker);
    }
}
