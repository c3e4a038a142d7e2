//! What somebody in the child welfare service may do, and a person as a receipt names one.

use super::{closed_set::closed_set, staff_id::StaffId};

closed_set! {
    /// A role in the staff register.
    StaffRole in "staff role" {
        /// Intake leader (fordeler): sees and assigns everything in the municipalities served.
        IntakeLeader = "intake_leader",
        /// Caseworker (saksbehandler): can be given children.
        Caseworker = "caseworker",
        /// Duty service (barnevernvakt): as intake leader, and can be given children.
        Duty = "duty",
        /// Administrator: staff, credentials and settings; no content.
        Administrator = "administrator",
    }
}

impl StaffRole {
    /// Whether a child can be assigned to somebody in this role.
    #[must_use]
    pub const fn can_be_given_children(self) -> bool {
        matches!(self, Self::Caseworker | Self::Duty)
    }
}

/// A person, named by role and role-scoped staff id: all that leaves the service about who did something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StaffReference {
    /// In which role the person acts.
    pub role: StaffRole,
    /// Who, as known inside the service only.
    pub staff: StaffId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_found_again_by_its_word() {
        for role in StaffRole::ALL {
            assert_eq!(StaffRole::parse(role.as_str()), Ok(*role));
        }
        assert!(StaffRole::parse("Caseworker").is_err());
    }

    #[test]
    fn only_caseworkers_and_duty_can_be_given_children() {
        let able: Vec<_> = StaffRole::ALL
            .iter()
            .filter(|role| role.can_be_given_children())
            .collect();
        assert_eq!(able, [&StaffRole::Caseworker, &StaffRole::Duty]);
    }
}
