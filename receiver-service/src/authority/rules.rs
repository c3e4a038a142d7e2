//! The authorisation table: RPC times role.

use framme_shared::domain::staff_role::StaffRole;

/// A call of the local API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rpc {
    /// `WorkListService.ListTransmissions`
    ListTransmissions,
    /// `WorkListService.GetTransmission`
    GetTransmission,
    /// `WorkListService.DownloadAttachment`
    DownloadAttachment,
    /// `WorkListService.AssignChild`
    AssignChild,
    /// `WorkListService.RevokeAssignment`
    RevokeAssignment,
    /// `WorkListService.RegisterChild`
    RegisterChild,
    /// `WorkListService.RejectChild`
    RejectChild,
    /// `WorkListService.RedirectChild`
    RedirectChild,
    /// `WorkListService.RecordAssessment`
    RecordAssessment,
    /// `WorkListService.RecordConfirmation`
    RecordConfirmation,
    /// `WorkListService.RecordInvestigationEnd`
    RecordInvestigationEnd,
    /// `WorkListService.RecordOutcome`
    RecordOutcome,
    /// `WorkListService.RecordProsecutionAnswer`
    RecordProsecutionAnswer,
    /// `WorkListService.ListOwedFeedback`
    ListOwedFeedback,
    /// `StaffService.CreateStaff`
    CreateStaff,
    /// `StaffService.UpdateStaff`
    UpdateStaff,
    /// `StaffService.ListStaff`
    ListStaff,
    /// `StaffService.IssueCredential`
    IssueCredential,
    /// `StaffService.RevokeCredential`
    RevokeCredential,
    /// `StatementService.ListStatements`
    ListStatements,
    /// `StatementService.GetStatement`
    GetStatement,
    /// `TaskService.ListTasks`
    ListTasks,
    /// `TaskService.CloseTask`
    CloseTask,
    /// `DeadlineService.ListDeadlines`
    ListDeadlines,
    /// `DeadlineService.GetDeadline`
    GetDeadline,
    /// `DeadlineService.AcknowledgeDeadline`
    AcknowledgeDeadline,
    /// `LetterService.ConfirmLetter`
    ConfirmLetter,
    /// `WaitingService.CountWaiting`
    CountWaiting,
}

impl Rpc {
    /// Every call of the local API.
    pub const ALL: [Self; 28] = [
        Self::ListTransmissions,
        Self::GetTransmission,
        Self::DownloadAttachment,
        Self::AssignChild,
        Self::RevokeAssignment,
        Self::RegisterChild,
        Self::RejectChild,
        Self::RedirectChild,
        Self::RecordAssessment,
        Self::RecordConfirmation,
        Self::RecordInvestigationEnd,
        Self::RecordOutcome,
        Self::RecordProsecutionAnswer,
        Self::ListOwedFeedback,
        Self::CreateStaff,
        Self::UpdateStaff,
        Self::ListStaff,
        Self::IssueCredential,
        Self::RevokeCredential,
        Self::ListTasks,
        Self::CloseTask,
        Self::ListDeadlines,
        Self::GetDeadline,
        Self::AcknowledgeDeadline,
        Self::ListStatements,
        Self::GetStatement,
        Self::ConfirmLetter,
        Self::CountWaiting,
    ];

    /// Whether a person who may assign works the list by this call: looks at it, reads, or moves a child.
    #[must_use]
    pub const fn works_the_list(self) -> bool {
        matches!(
            self,
            Self::ListTransmissions
                | Self::GetTransmission
                | Self::DownloadAttachment
                | Self::AssignChild
                | Self::RevokeAssignment
                | Self::RegisterChild
                | Self::RejectChild
                | Self::RedirectChild
                | Self::RecordAssessment
        )
    }

    /// The method's name in the contract.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::ListTransmissions => "ListTransmissions",
            Self::GetTransmission => "GetTransmission",
            Self::DownloadAttachment => "DownloadAttachment",
            Self::AssignChild => "AssignChild",
            Self::RevokeAssignment => "RevokeAssignment",
            Self::RegisterChild => "RegisterChild",
            Self::RejectChild => "RejectChild",
            Self::RedirectChild => "RedirectChild",
            Self::RecordAssessment => "RecordAssessment",
            Self::RecordConfirmation => "RecordConfirmation",
            Self::RecordInvestigationEnd => "RecordInvestigationEnd",
            Self::RecordOutcome => "RecordOutcome",
            Self::RecordProsecutionAnswer => "RecordProsecutionAnswer",
            Self::ListOwedFeedback => "ListOwedFeedback",
            Self::CreateStaff => "CreateStaff",
            Self::UpdateStaff => "UpdateStaff",
            Self::ListStaff => "ListStaff",
            Self::IssueCredential => "IssueCredential",
            Self::RevokeCredential => "RevokeCredential",
            Self::ListStatements => "ListStatements",
            Self::GetStatement => "GetStatement",
            Self::ListTasks => "ListTasks",
            Self::CloseTask => "CloseTask",
            Self::ListDeadlines => "ListDeadlines",
            Self::GetDeadline => "GetDeadline",
            Self::AcknowledgeDeadline => "AcknowledgeDeadline",
            Self::ConfirmLetter => "ConfirmLetter",
            Self::CountWaiting => "CountWaiting",
        }
    }
}

/// In which capacity somebody calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A person of the staff register, in one of that person's roles.
    Staff(StaffRole),
    /// A case system.
    CaseSystem,
}

/// Of which children a rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// All that this service has.
    Everything,
    /// Those who live in an area that the person serves.
    Served,
    /// Those that the person has as caseworker.
    Own,
}

/// One row of the table: this role may make this call, for these children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The call.
    pub rpc: Rpc,
    /// The role.
    pub role: Role,
    /// For whom. Without meaning for calls that concern no child.
    pub reach: Reach,
}

const LEADER: Role = Role::Staff(StaffRole::IntakeLeader);
const DUTY: Role = Role::Staff(StaffRole::Duty);
const CASEWORKER: Role = Role::Staff(StaffRole::Caseworker);
const ADMINISTRATOR: Role = Role::Staff(StaffRole::Administrator);

const fn may(role: Role, rpc: Rpc, reach: Reach) -> Rule {
    Rule { rpc, role, reach }
}

/// The table. Of a role's rows for one call the first that reaches the child counts.
pub const RULES: &[Rule] = &[
    may(LEADER, Rpc::ListTransmissions, Reach::Served),
    may(DUTY, Rpc::ListTransmissions, Reach::Served),
    may(CASEWORKER, Rpc::ListTransmissions, Reach::Own),
    may(Role::CaseSystem, Rpc::ListTransmissions, Reach::Everything),
    may(LEADER, Rpc::GetTransmission, Reach::Served),
    may(DUTY, Rpc::GetTransmission, Reach::Served),
    may(CASEWORKER, Rpc::GetTransmission, Reach::Own),
    may(Role::CaseSystem, Rpc::GetTransmission, Reach::Everything),
    may(LEADER, Rpc::DownloadAttachment, Reach::Served),
    may(DUTY, Rpc::DownloadAttachment, Reach::Served),
    may(CASEWORKER, Rpc::DownloadAttachment, Reach::Own),
    may(Role::CaseSystem, Rpc::DownloadAttachment, Reach::Everything),
    may(LEADER, Rpc::AssignChild, Reach::Served),
    may(DUTY, Rpc::AssignChild, Reach::Served),
    may(Role::CaseSystem, Rpc::AssignChild, Reach::Everything),
    may(LEADER, Rpc::RevokeAssignment, Reach::Served),
    may(DUTY, Rpc::RevokeAssignment, Reach::Served),
    may(Role::CaseSystem, Rpc::RevokeAssignment, Reach::Everything),
    may(LEADER, Rpc::RegisterChild, Reach::Served),
    // Somebody of the duty service who has been given a child is its caseworker.
    may(DUTY, Rpc::RegisterChild, Reach::Own),
    may(CASEWORKER, Rpc::RegisterChild, Reach::Own),
    may(Role::CaseSystem, Rpc::RegisterChild, Reach::Everything),
    may(LEADER, Rpc::RejectChild, Reach::Served),
    may(DUTY, Rpc::RejectChild, Reach::Served),
    may(LEADER, Rpc::RedirectChild, Reach::Served),
    may(DUTY, Rpc::RedirectChild, Reach::Served),
    may(LEADER, Rpc::RecordAssessment, Reach::Served),
    may(DUTY, Rpc::RecordAssessment, Reach::Own),
    may(CASEWORKER, Rpc::RecordAssessment, Reach::Own),
    may(Role::CaseSystem, Rpc::RecordAssessment, Reach::Everything),
    may(LEADER, Rpc::RecordConfirmation, Reach::Served),
    may(DUTY, Rpc::RecordConfirmation, Reach::Own),
    may(CASEWORKER, Rpc::RecordConfirmation, Reach::Own),
    may(Role::CaseSystem, Rpc::RecordConfirmation, Reach::Everything),
    may(LEADER, Rpc::RecordInvestigationEnd, Reach::Served),
    may(DUTY, Rpc::RecordInvestigationEnd, Reach::Own),
    may(CASEWORKER, Rpc::RecordInvestigationEnd, Reach::Own),
    may(Role::CaseSystem, Rpc::RecordInvestigationEnd, Reach::Everything),
    may(LEADER, Rpc::RecordOutcome, Reach::Served),
    may(DUTY, Rpc::RecordOutcome, Reach::Own),
    may(CASEWORKER, Rpc::RecordOutcome, Reach::Own),
    may(Role::CaseSystem, Rpc::RecordOutcome, Reach::Everything),
    may(LEADER, Rpc::RecordProsecutionAnswer, Reach::Served),
    may(DUTY, Rpc::RecordProsecutionAnswer, Reach::Own),
    may(CASEWORKER, Rpc::RecordProsecutionAnswer, Reach::Own),
    may(Role::CaseSystem, Rpc::RecordProsecutionAnswer, Reach::Everything),
    may(LEADER, Rpc::ListOwedFeedback, Reach::Served),
    may(DUTY, Rpc::ListOwedFeedback, Reach::Served),
    may(CASEWORKER, Rpc::ListOwedFeedback, Reach::Own),
    may(Role::CaseSystem, Rpc::ListOwedFeedback, Reach::Everything),
    may(ADMINISTRATOR, Rpc::CreateStaff, Reach::Everything),
    may(ADMINISTRATOR, Rpc::UpdateStaff, Reach::Everything),
    may(ADMINISTRATOR, Rpc::ListStaff, Reach::Everything),
    may(LEADER, Rpc::ListStaff, Reach::Everything),
    may(DUTY, Rpc::ListStaff, Reach::Everything),
    may(Role::CaseSystem, Rpc::ListStaff, Reach::Everything),
    may(ADMINISTRATOR, Rpc::IssueCredential, Reach::Everything),
    may(ADMINISTRATOR, Rpc::RevokeCredential, Reach::Everything),
    may(LEADER, Rpc::ListStatements, Reach::Everything),
    may(ADMINISTRATOR, Rpc::ListStatements, Reach::Everything),
    may(LEADER, Rpc::GetStatement, Reach::Everything),
    may(ADMINISTRATOR, Rpc::GetStatement, Reach::Everything),
    may(LEADER, Rpc::ListTasks, Reach::Everything),
    may(DUTY, Rpc::ListTasks, Reach::Everything),
    may(ADMINISTRATOR, Rpc::ListTasks, Reach::Everything),
    may(LEADER, Rpc::CloseTask, Reach::Everything),
    may(ADMINISTRATOR, Rpc::CloseTask, Reach::Everything),
    may(LEADER, Rpc::ListDeadlines, Reach::Everything),
    may(DUTY, Rpc::ListDeadlines, Reach::Everything),
    may(ADMINISTRATOR, Rpc::ListDeadlines, Reach::Everything),
    may(Role::CaseSystem, Rpc::ListDeadlines, Reach::Everything),
    may(LEADER, Rpc::GetDeadline, Reach::Everything),
    may(DUTY, Rpc::GetDeadline, Reach::Everything),
    may(ADMINISTRATOR, Rpc::GetDeadline, Reach::Everything),
    may(Role::CaseSystem, Rpc::GetDeadline, Reach::Everything),
    may(LEADER, Rpc::AcknowledgeDeadline, Reach::Everything),
    may(DUTY, Rpc::AcknowledgeDeadline, Reach::Everything),
    may(LEADER, Rpc::ConfirmLetter, Reach::Everything),
    may(DUTY, Rpc::ConfirmLetter, Reach::Everything),
    may(LEADER, Rpc::CountWaiting, Reach::Everything),
    may(DUTY, Rpc::CountWaiting, Reach::Everything),
    may(CASEWORKER, Rpc::CountWaiting, Reach::Everything),
    may(ADMINISTRATOR, Rpc::CountWaiting, Reach::Everything),
    may(Role::CaseSystem, Rpc::CountWaiting, Reach::Everything),
];

/// The row for this call and role, if there is one.
#[must_use]
pub fn rule(rpc: Rpc, role: Role) -> Option<Rule> {
    RULES.iter().copied().find(|rule| rule.rpc == rpc && rule.role == role)
}

#[cfg(test)]
mod tests {
    use framme_shared::wire::pb::DESCRIPTORS;
    use prost::Message as _;

    use super::*;

    #[test]
    fn every_call_of_the_contract_stands_in_the_table() {
        let set = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap();
        let methods: Vec<String> = set
            .file
            .iter()
            .filter(|file| file.package() == "framme.receiver.v1")
            .flat_map(|file| &file.service)
            .flat_map(|service| service.method.iter().map(|method| method.name().to_owned()))
            .collect();
        let known: Vec<_> = Rpc::ALL.iter().map(|rpc| rpc.method().to_owned()).collect();
        assert_eq!(methods, known);
        for rpc in Rpc::ALL {
            assert!(
                RULES.iter().any(|rule| rule.rpc == rpc),
                "nobody may call {}",
                rpc.method()
            );
        }
    }

    #[test]
    fn a_role_has_at_most_one_row_for_a_call() {
        for (index, rule) in RULES.iter().enumerate() {
            let twice = RULES[index + 1..]
                .iter()
                .any(|other| other.rpc == rule.rpc && other.role == rule.role);
            assert!(!twice, "{rule:?}");
        }
    }

    #[test]
    fn an_administrator_reaches_no_child_and_no_content() {
        let content = [
            Rpc::ListTransmissions,
            Rpc::GetTransmission,
            Rpc::DownloadAttachment,
            Rpc::AssignChild,
            Rpc::RevokeAssignment,
            Rpc::RegisterChild,
            Rpc::RejectChild,
            Rpc::RedirectChild,
            Rpc::RecordAssessment,
            Rpc::RecordConfirmation,
            Rpc::RecordInvestigationEnd,
            Rpc::RecordOutcome,
            Rpc::RecordProsecutionAnswer,
            Rpc::ListOwedFeedback,
        ];
        for rpc in content {
            assert_eq!(rule(rpc, ADMINISTRATOR), None);
        }
    }

    #[test]
    fn no_program_rejects_or_redirects() {
        assert_eq!(rule(Rpc::RejectChild, Role::CaseSystem), None);
        assert_eq!(rule(Rpc::RedirectChild, Role::CaseSystem), None);
    }
}
