//! Enums of the contract and of the domain, both ways. Into the domain goes only what it knows: an unspecified value
//! becomes `None`, and one that this version does not know is found before (`Scope::enum_value`).

use super::pb;
use crate::domain::{
    clocks::Clock,
    drill::DrillResult,
    escalation::{Rung, StepKind},
    figures::KnownToService,
    lifecycle::{
        AssessmentOutcome, ClosingKind, Conclusion, Duty, ProsecutionAnswer, RejectionReason, Stage, Standing,
    },
    readiness::Duty as DutyService,
    report::{AddressGrading, ReportType, Urgency},
    staff_role::StaffRole,
};

macro_rules! both_ways {
    ($($package:ident::$pb:ident <=> $domain:ident { $($value:ident),+ $(,)? })+) => {$(
        impl From<$domain> for pb::$package::$pb {
            fn from(value: $domain) -> Self {
                match value { $($domain::$value => Self::$value),+ }
            }
        }

        impl From<pb::$package::$pb> for Option<$domain> {
            fn from(value: pb::$package::$pb) -> Self {
                match value {
                    pb::$package::$pb::Unspecified => None,
                    $(pb::$package::$pb::$value => Some($domain::$value)),+
                }
            }
        }
    )+};
}

both_ways! {
    report::ReportType <=> ReportType { ConcernReport, Notice, ProsecutionTransfer }
    report::Urgency <=> Urgency { Acute, Urgent, Normal }
    report::AddressGrading <=> AddressGrading { Open, Confidential, StrictlyConfidential, StrictlyConfidentialAbroad }
    report::Stage <=> Stage {
        Queued, Stored, Opened, Registered, Assigned, Assessed, Rejected, Redirected, Withdrawn, Closed,
    }
    report::RejectionReason <=> RejectionReason {
        NotOurArea, ChildNotIdentifiable, Duplicate, NotAChild, SentInError,
    }
    report::InvestigationConclusion <=> Conclusion { NoMeasures, MeasuresByAgreement, MeasuresByOrder, Moved, Other }
    report::ProsecutionAnswer <=> ProsecutionAnswer { MeasuresDecided, NoMeasures, AlreadyInMeasures }
    report::Duty <=> Duty { Review, Confirmation, Outcome, ProsecutionAnswer }
    report::AssessmentOutcome <=> AssessmentOutcome { FollowedUp, Dismissed, AcuteMeasures }
    report::Clock <=> Clock { Opened, Assigned, Review, Confirmation, Outcome, ProsecutionAnswer }
    report::Rung <=> Rung {
        ListOwner, IntakeLeaders, Duty, ReceiverManagement, Officer, Desk, Commander, SenderManagement,
    }
    report::EscalationStepKind <=> StepKind { Announced, Told, Acknowledged, Ended }
    sender::Standing <=> Standing { Open, Delivered, Closed }
    sender::ClosingKind <=> ClosingKind { Letter, Phone, Other }
    receiver::KnownToService <=> KnownToService { Known, NotKnown }
    sender::DrillResult <=> DrillResult { Waiting, Unanswered, Answered, Late, Ended }
    exchange::DutyState <=> DutyService { Covered, Uncovered, Absent }
    receiver::StaffRole <=> StaffRole { IntakeLeader, Caseworker, Duty, Administrator }
}
