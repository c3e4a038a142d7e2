//! Who may call what: data, so that it can be read at a glance and a test can compare it with the contract.

use std::fmt;

/// What a credential allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A police officer.
    Officer,
    /// The district desk.
    Desk,
    /// A police system.
    System,
    /// Runs the service.
    Administrator,
}

/// Not the name of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be officer, desk, system or administrator")]
pub struct UnknownRole;

impl Role {
    /// The role's name in configuration, commands and storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Desk => "desk",
            Self::System => "system",
            Self::Administrator => "administrator",
        }
    }

    /// Reads a role's name.
    ///
    /// # Errors
    /// When there is no such role.
    pub fn parse(text: &str) -> Result<Self, UnknownRole> {
        [Self::Officer, Self::Desk, Self::System, Self::Administrator]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }

    /// Whether credentials of this role belong to people, who then must be named by a staff id.
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Officer | Self::Desk)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

use Role::{Administrator, Desk, Officer, System};

/// One call of `framme.sender.v1` and who may make it.
pub struct Rule {
    /// The call's name in the contract.
    pub call: &'static str,
    /// Roles that may make it. Nobody else may.
    pub roles: &'static [Role],
}

/// Every call of the services.
pub const RULES: &[Rule] = &[
    rule("GetAttachmentUpload", &[Officer, Desk, System]),
    rule("UploadAttachment", &[Officer, Desk, System]),
    rule("SubmitReport", &[Officer, Desk, System]),
    rule("GetReport", &[Officer, Desk, System]),
    rule("ListReports", &[Officer, Desk, System]),
    rule("FollowReport", &[Officer, Desk, System]),
    rule("FollowReports", &[Officer, Desk, System]),
    rule("WithdrawReport", &[Officer, Desk]),
    rule("CloseReport", &[Desk]),
    rule("RouteTransmission", &[Desk]),
    rule("RouteChild", &[Desk]),
    rule("RecordPhoneCall", &[Officer, Desk]),
    rule("ListReceipts", &[Officer, Desk, System]),
    rule("GetFigures", &[Officer, Desk, System]),
    rule("ListReceivers", &[Desk, Administrator, System]),
    rule("StartReconciliation", &[Desk, Administrator]),
    rule("ListReconciliations", &[Desk, Administrator]),
    rule("GetReconciliation", &[Desk, Administrator]),
    rule("ListOwedFeedback", &[Officer, Desk, System]),
    rule("ListTasks", &[Officer, Desk, Administrator]),
    rule("CloseTask", &[Desk, Administrator]),
    rule("ListDeadlines", &[Officer, Desk, Administrator, System]),
    rule("GetDeadline", &[Officer, Desk, Administrator, System]),
    rule("AcknowledgeDeadline", &[Officer, Desk]),
    rule("ExportFigures", &[Desk]),
    rule("ListStatements", &[Desk, Administrator]),
    rule("GetStatement", &[Desk, Administrator]),
    rule("ListConfirmations", &[Officer, Desk, Administrator]),
    rule("AskHeld", &[Desk, Administrator]),
    rule("MarkFaultySoftware", &[Desk, Administrator]),
    rule("UnmarkFaultySoftware", &[Desk, Administrator]),
    rule("StartDrill", &[Desk, Administrator]),
    rule("ExportEvidence", &[Desk, Administrator]),
    rule("OrderLetter", &[Desk]),
    rule("PrintLetter", &[Desk]),
    rule("RecordLetterPosted", &[Desk]),
    rule("RecordLetterCall", &[Desk]),
    rule("ListLetters", &[Officer, Desk]),
];

/// Who may read the content of a report (`GetReport` with `include_content`).
pub const CONTENT_ROLES: &[Role] = &[Officer, Desk];

const fn rule(call: &'static str, roles: &'static [Role]) -> Rule {
    Rule { call, roles }
}

/// Whether a role may make a call. What is not in the table is refused.
pub fn allows(role: Role, call: &str) -> bool {
    RULES.iter().any(|rule| rule.call == call && rule.roles.contains(&role))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use framme_shared::wire::pb::DESCRIPTORS;
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    use super::*;

    #[test]
    fn every_call_of_the_contract_stands_in_the_table_and_no_other() {
        let files = FileDescriptorSet::decode(DESCRIPTORS).unwrap().file;
        let in_contract: BTreeSet<String> = files
            .iter()
            .filter(|file| file.package() == "framme.sender.v1")
            .flat_map(|file| &file.service)
            .flat_map(|service| &service.method)
            .map(|method| method.name().to_owned())
            .collect();
        let in_table: BTreeSet<String> = RULES.iter().map(|rule| rule.call.to_owned()).collect();
        assert_eq!(in_contract, in_table);
        assert_eq!(RULES.len(), in_table.len());
    }

    #[test]
    fn what_is_not_in_the_table_is_refused() {
        assert!(!allows(Administrator, "SubmitReport"));
        assert!(!allows(Officer, "CloseReport"));
        assert!(!allows(System, "WithdrawReport"));
        assert!(!allows(Desk, "DropEverything"));
    }

    #[test]
    fn roles_read_back_from_their_names() {
        for role in [Officer, Desk, System, Administrator] {
            assert_eq!(Role::parse(role.as_str()), Ok(role));
        }
        assert!(Role::parse("Desk").is_err());
    }
}
