//! `framme.receiver.v1`.

use framme_demo::world::World;
use framme_shared::{
    runtime::clock::{Clock as _, SystemClock},
    wire::{
        pb::{
            receiver::{
                AssignChildRequest, ChildChange, CreateStaffRequest, CredentialKind, DownloadAttachmentRequest,
                GetStatementRequest, GetTransmissionRequest, IssueCredentialRequest, ListOwedFeedbackRequest,
                ListStaffRequest, ListStatementsRequest, ListTransmissionsRequest, RecordAssessmentRequest,
                RecordConfirmationRequest, RecordInvestigationEndRequest, RecordOutcomeRequest,
                RecordProsecutionAnswerRequest, RedirectChildRequest, RegisterChildRequest, RejectChildRequest,
                RevokeCredentialRequest, StaffMember, StaffRole,
            },
            report::ErrorReason,
        },
        time::to_pb,
    },
};
use jiff::{SignedDuration, Timestamp};

use super::{A_NAME, Case, ID, NIL, OTHER_ID, UPPER_CASE, breaks, with_reason};

fn change() -> ChildChange {
    ChildChange {
        request_id: OTHER_ID.to_owned(),
        transmission_id: ID.to_owned(),
        child_id: ID.to_owned(),
        on_behalf_of_staff_id: String::new(),
    }
}

fn assign(change: ChildChange, caseworker: &str) -> AssignChildRequest {
    AssignChildRequest {
        change: Some(change),
        caseworker_staff_id: caseworker.to_owned(),
        known_to_service: 0,
    }
}

/// As the intake leader.
pub(super) fn work_list(world: &World) -> Vec<Case> {
    let list = ListTransmissionsRequest::default();
    let get = |id: &str| GetTransmissionRequest {
        transmission_id: id.to_owned(),
    };
    let reject = |reason| RejectChildRequest {
        change: Some(change()),
        reason,
    };
    let assess = |outcome| RecordAssessmentRequest {
        change: Some(change()),
        outcome,
    };
    let at = |seconds, nanos| prost_types::Timestamp { seconds, nanos };
    let end = |ended_time| RecordInvestigationEndRequest {
        change: Some(change()),
        ended_time,
    };
    let conclude = |conclusion, investigation_ended_time| RecordOutcomeRequest {
        change: Some(change()),
        investigation_ended_time,
        conclusion,
    };
    let answer = |answer| RecordProsecutionAnswerRequest {
        change: Some(change()),
        answer,
    };
    let owed = |page_size, token: &str| ListOwedFeedbackRequest {
        page_size,
        page_token: token.to_owned(),
        late_only: false,
    };
    let redirect = |to: &str| RedirectChildRequest {
        change: Some(change()),
        to_organisation_number: to.to_owned(),
    };
    let register = |number: &str| RegisterChildRequest {
        change: Some(change()),
        case_number: number.to_owned(),
    };
    let own = world.receivers[0].organisation.to_string();
    vec![
        breaks(
            &["page_size"],
            "ListTransmissions",
            ListTransmissionsRequest {
                page_size: 1_001,
                ..list.clone()
            },
        ),
        breaks(
            &["page_token"],
            "ListTransmissions",
            ListTransmissionsRequest {
                page_token: A_NAME.to_owned(),
                ..list
            },
        ),
        breaks(&["transmission_id"], "GetTransmission", get("")),
        breaks(&["transmission_id"], "GetTransmission", get(NIL)),
        breaks(&["transmission_id"], "GetTransmission", get(UPPER_CASE)),
        with_reason(ErrorReason::NotFound, &[], "GetTransmission", get(ID)),
        breaks(
            &["transmission_id", "attachment_id"],
            "DownloadAttachment",
            DownloadAttachmentRequest {
                transmission_id: A_NAME.to_owned(),
                attachment_id: NIL.to_owned(),
            },
        ),
        breaks(
            &["change", "caseworker_staff_id"],
            "AssignChild",
            AssignChildRequest::default(),
        ),
        breaks(
            &["change.request_id", "change.transmission_id", "change.child_id"],
            "AssignChild",
            assign(
                ChildChange {
                    request_id: NIL.to_owned(),
                    transmission_id: UPPER_CASE.to_owned(),
                    child_id: A_NAME.to_owned(),
                    on_behalf_of_staff_id: String::new(),
                },
                "cw-1",
            ),
        ),
        breaks(
            &["change.on_behalf_of_staff_id"],
            "AssignChild",
            assign(
                ChildChange {
                    on_behalf_of_staff_id: "il-1".to_owned(),
                    ..change()
                },
                "cw-1",
            ),
        ),
        breaks(&["caseworker_staff_id"], "AssignChild", assign(change(), A_NAME)),
        with_reason(ErrorReason::NotFound, &[], "AssignChild", assign(change(), "cw-1")),
        with_reason(
            ErrorReason::UnknownEnumValue,
            &["known_to_service"],
            "AssignChild",
            AssignChildRequest {
                known_to_service: 99,
                ..assign(change(), "cw-1")
            },
        ),
        breaks(&["reason"], "RejectChild", reject(0)),
        with_reason(ErrorReason::UnknownEnumValue, &["reason"], "RejectChild", reject(99)),
        breaks(&["outcome"], "RecordAssessment", assess(0)),
        with_reason(
            ErrorReason::UnknownEnumValue,
            &["outcome"],
            "RecordAssessment",
            assess(99),
        ),
        breaks(&["change"], "RecordConfirmation", RecordConfirmationRequest::default()),
        breaks(&["ended_time"], "RecordInvestigationEnd", end(None)),
        breaks(&["ended_time"], "RecordInvestigationEnd", end(Some(at(0, -1)))),
        breaks(&["ended_time"], "RecordInvestigationEnd", end(Some(at(0, 0)))),
        breaks(
            &["investigation_ended_time", "conclusion"],
            "RecordOutcome",
            conclude(0, None),
        ),
        with_reason(
            ErrorReason::UnknownEnumValue,
            &["conclusion"],
            "RecordOutcome",
            conclude(99, Some(at(1_700_000_000, 0))),
        ),
        breaks(&["answer"], "RecordProsecutionAnswer", answer(0)),
        with_reason(
            ErrorReason::UnknownEnumValue,
            &["answer"],
            "RecordProsecutionAnswer",
            answer(99),
        ),
        breaks(&["page_size"], "ListOwedFeedback", owed(1_001, "")),
        breaks(&["page_token"], "ListOwedFeedback", owed(0, A_NAME)),
        breaks(&["to_organisation_number"], "RedirectChild", redirect("123456786")),
        breaks(&["to_organisation_number"], "RedirectChild", redirect(&own)),
        breaks(&["case_number"], "RegisterChild", register("")),
        breaks(&["case_number"], "RegisterChild", register(&"9".repeat(61))),
        breaks(&["case_number"], "RegisterChild", register("2026\n1")),
    ]
}

/// As the case system.
pub(super) fn by_programs() -> Vec<Case> {
    let field = &["change.on_behalf_of_staff_id"];
    let named = ChildChange {
        on_behalf_of_staff_id: A_NAME.to_owned(),
        ..change()
    };
    vec![
        breaks(field, "AssignChild", assign(change(), "cw-1")),
        breaks(field, "AssignChild", assign(named, "cw-1")),
    ]
}

/// As the administrator.
pub(super) fn staff(world: &World) -> Vec<Case> {
    let right = StaffMember {
        staff_id: "cw-9".to_owned(),
        name: A_NAME.to_owned(),
        roles: vec![StaffRole::Caseworker.into()],
        active: true,
        municipalities: vec![world.receivers[0].areas[0].0.clone()],
    };
    let create = |staff: StaffMember| CreateStaffRequest {
        request_id: OTHER_ID.to_owned(),
        staff: Some(staff),
    };
    let with = |change: &dyn Fn(&mut StaffMember)| {
        let mut staff = right.clone();
        change(&mut staff);
        create(staff)
    };
    let mut cases = vec![
        breaks(
            &["page_size"],
            "ListStaff",
            ListStaffRequest {
                page_size: 1_001,
                page_token: String::new(),
            },
        ),
        breaks(
            &["page_token"],
            "ListStaff",
            ListStaffRequest {
                page_size: 1,
                page_token: A_NAME.to_owned(),
            },
        ),
        breaks(&["request_id", "staff"], "CreateStaff", CreateStaffRequest::default()),
        breaks(
            &["request_id"],
            "CreateStaff",
            CreateStaffRequest {
                request_id: UPPER_CASE.to_owned(),
                ..create(right.clone())
            },
        ),
        breaks(
            &["staff.staff_id"],
            "CreateStaff",
            with(&|it| it.staff_id = A_NAME.to_owned()),
        ),
        breaks(&["staff.name"], "CreateStaff", with(&|it| it.name = "é".repeat(201))),
        breaks(&["staff.name"], "CreateStaff", with(&|it| it.name.push('\n'))),
        breaks(&["staff.roles"], "CreateStaff", with(&|it| it.roles.clear())),
        breaks(&["staff.roles[0]"], "CreateStaff", with(&|it| it.roles = vec![0])),
        with_reason(
            ErrorReason::UnknownEnumValue,
            &["staff.roles[1]"],
            "CreateStaff",
            with(&|it| it.roles.push(99)),
        ),
        breaks(
            &["staff.municipalities"],
            "CreateStaff",
            with(&|it| it.municipalities.clear()),
        ),
        breaks(
            &["staff.municipalities[0]"],
            "CreateStaff",
            with(&|it| it.municipalities = vec!["1201".to_owned()]),
        ),
        with_reason(ErrorReason::NotFound, &[], "UpdateStaff", create(right.clone())),
        breaks(
            &["credential_id"],
            "RevokeCredential",
            RevokeCredentialRequest {
                credential_id: A_NAME.to_owned(),
            },
        ),
        with_reason(
            ErrorReason::NotFound,
            &[],
            "RevokeCredential",
            RevokeCredentialRequest {
                credential_id: ID.to_owned(),
            },
        ),
    ];
    cases.extend(credentials(SystemClock.now()));
    cases
}

fn credentials(now: Timestamp) -> Vec<Case> {
    let issue = |kind: i32, holder: &str, days: i64| IssueCredentialRequest {
        kind,
        holder_id: holder.to_owned(),
        expire_time: Some(to_pb(now + SignedDuration::from_hours(24 * days))),
    };
    let (person, program) = (CredentialKind::Person.into(), CredentialKind::CaseSystem.into());
    let call = "IssueCredential";
    vec![
        breaks(&["kind"], call, issue(0, "cw-1", 1)),
        with_reason(ErrorReason::UnknownEnumValue, &["kind"], call, issue(99, "cw-1", 1)),
        breaks(&["holder_id"], call, issue(program, A_NAME, 1)),
        breaks(&["holder_id"], call, issue(person, "nobody-1", 1)),
        breaks(&["expire_time"], call, issue(program, "a-program", -1)),
        breaks(&["expire_time"], call, issue(program, "a-program", 401)),
        breaks(
            &["expire_time"],
            call,
            IssueCredentialRequest {
                expire_time: None,
                ..issue(program, "a-program", 1)
            },
        ),
    ]
}

/// `StatementService`.
pub(super) fn statements() -> Vec<Case> {
    let list = |page_size, page_token: &str, organisation: &str| ListStatementsRequest {
        page_size,
        page_token: page_token.to_owned(),
        organisation: organisation.to_owned(),
    };
    let get = |organisation: &str, day: &str| GetStatementRequest {
        organisation: organisation.to_owned(),
        day: day.to_owned(),
    };
    vec![
        breaks(&["page_size"], "ListStatements", list(1_001, "", "")),
        breaks(&["page_token"], "ListStatements", list(0, A_NAME, "")),
        breaks(&["organisation"], "ListStatements", list(0, "", A_NAME)),
        breaks(&["organisation"], "GetStatement", get("", "2026-11-24")),
        breaks(&["day"], "GetStatement", get("974761076", "2026-02-30")),
        with_reason(
            ErrorReason::NotFound,
            &[],
            "GetStatement",
            get("974761076", "2020-01-01"),
        ),
    ]
}
