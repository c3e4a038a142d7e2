//! The moves of a child, as asked for.

use framme_shared::{
    domain::{
        ids::{ChildId, RequestId, TransmissionId},
        organisation::OrganisationNumber,
        staff_id::StaffId,
    },
    wire::{
        pb::{
            receiver::{
                AssignChildRequest, ChildChange, ChildChanged, KnownToService, RecordAssessmentRequest,
                RedirectChildRequest, RegisterChildRequest, RejectChildRequest, RevokeAssignmentRequest,
            },
            report as pb,
        },
        scope::Scope,
        status::Failure,
    },
};
use prost::Message;

use crate::{
    authority::{Caller, Rpc},
    content::seal_case_number,
    core::Core,
    error::Refusal,
    grpc::read,
    requests::Request,
    work_list::{Move, OnBehalf, change_child},
};

/// Which child, and on whose behalf.
pub(super) struct Target {
    request: RequestId,
    transmission: TransmissionId,
    child: ChildId,
    on_behalf: OnBehalf,
}

pub(super) fn read_target(scope: &mut Scope<'_>, caller: &Caller, change: Option<&ChildChange>) -> Option<Target> {
    let change = scope.present("change", change)?;
    let mut scope = scope.inside("change");
    let request = scope.required("request_id", &change.request_id, RequestId::parse);
    let transmission = read::transmission_id(&mut scope, &change.transmission_id);
    let child = scope.required("child_id", &change.child_id, ChildId::parse);
    let named = scope.optional("on_behalf_of_staff_id", &change.on_behalf_of_staff_id, StaffId::parse)?;
    let on_behalf = OnBehalf::of(caller, named);
    if on_behalf.is_none() {
        scope.refuse("on_behalf_of_staff_id", "must be set by programs, and by nobody else");
    }
    Some(Target {
        request: request?,
        transmission: transmission?,
        child: child?,
        on_behalf: on_behalf?,
    })
}

/// Makes a move that needs nothing of the content.
pub(super) async fn make(
    core: &Core,
    caller: &Caller,
    rpc: Rpc,
    message: &impl Message,
    target: Target,
    the_move: Move,
) -> Result<ChildChanged, Refusal> {
    let request = Request::new(caller.key(), target.request, rpc.method(), message, false);
    change_child(
        core,
        target.transmission,
        target.child,
        target.on_behalf,
        request,
        |_| the_move,
    )
    .await
}

pub(super) async fn assign(
    core: &Core,
    caller: &Caller,
    message: &AssignChildRequest,
) -> Result<ChildChanged, Refusal> {
    let (target, caseworker, known) = read::message(|scope| {
        let target = read_target(scope, caller, message.change.as_ref());
        let caseworker = scope.required("caseworker_staff_id", &message.caseworker_staff_id, StaffId::parse);
        let known = scope.optional_enum::<KnownToService, _>("known_to_service", message.known_to_service);
        Some((target?, caseworker?, known?))
    })?;
    make(
        core,
        caller,
        Rpc::AssignChild,
        message,
        target,
        Move::Assign { caseworker, known },
    )
    .await
}

pub(super) async fn revoke(
    core: &Core,
    caller: &Caller,
    message: &RevokeAssignmentRequest,
) -> Result<ChildChanged, Refusal> {
    let target = read::message(|scope| read_target(scope, caller, message.change.as_ref()))?;
    make(core, caller, Rpc::RevokeAssignment, message, target, Move::Revoke).await
}

pub(super) async fn register(
    core: &Core,
    caller: &Caller,
    message: &RegisterChildRequest,
) -> Result<ChildChanged, Refusal> {
    let (target, number) = read::message(|scope| {
        let target = read_target(scope, caller, message.change.as_ref());
        let number = read::line::<60>(scope, "case_number", &message.case_number);
        Some((target?, number?))
    })?;
    let Target {
        request,
        transmission,
        child,
        on_behalf,
    } = target;
    // The case number may lead to a person, so the request is kept sealed.
    let request = Request::new(caller.key(), request, Rpc::RegisterChild.method(), message, true);
    change_child(core, transmission, child, on_behalf, request, |content| {
        let sealed = seal_case_number(&content.key, &transmission, &child.to_string(), number.expose());
        Move::Register(sealed)
    })
    .await
}

pub(super) async fn reject(
    core: &Core,
    caller: &Caller,
    message: &RejectChildRequest,
) -> Result<ChildChanged, Refusal> {
    let (target, reason) = read::message(|scope| {
        let target = read_target(scope, caller, message.change.as_ref());
        let reason = scope.enum_value::<pb::RejectionReason, _>("reason", message.reason);
        Some((target?, reason?))
    })?;
    make(core, caller, Rpc::RejectChild, message, target, Move::Reject(reason)).await
}

pub(super) async fn redirect(
    core: &Core,
    caller: &Caller,
    message: &RedirectChildRequest,
) -> Result<ChildChanged, Refusal> {
    let (target, to) = read::message(|scope| {
        let target = read_target(scope, caller, message.change.as_ref());
        let to = scope.required(
            "to_organisation_number",
            &message.to_organisation_number,
            OrganisationNumber::parse,
        );
        Some((target?, to?))
    })?;
    if to == core.notary.organisation() {
        let rule = "must be another organisation than this one";
        return Err(Failure::invalid_field("to_organisation_number", rule).into());
    }
    make(core, caller, Rpc::RedirectChild, message, target, Move::Redirect(to)).await
}

pub(super) async fn assess(
    core: &Core,
    caller: &Caller,
    message: &RecordAssessmentRequest,
) -> Result<ChildChanged, Refusal> {
    let (target, outcome) = read::message(|scope| {
        let target = read_target(scope, caller, message.change.as_ref());
        let outcome = scope.enum_value::<pb::AssessmentOutcome, _>("outcome", message.outcome);
        Some((target?, outcome?))
    })?;
    make(
        core,
        caller,
        Rpc::RecordAssessment,
        message,
        target,
        Move::Assess(outcome),
    )
    .await
}
