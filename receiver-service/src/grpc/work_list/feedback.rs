//! What is told to the reporter and the prosecutor, as asked for.

use framme_shared::{
    domain::lifecycle::Feedback,
    wire::{
        pb::{
            receiver::{
                ChildChange, ChildChanged, RecordConfirmationRequest, RecordInvestigationEndRequest,
                RecordOutcomeRequest, RecordProsecutionAnswerRequest,
            },
            report as pb,
        },
        scope::Scope,
        time::from_pb,
    },
};
use jiff::Timestamp;
use prost::Message;

use super::moves::{make, read_target};
use crate::{
    authority::{Caller, Rpc},
    core::Core,
    error::Refusal,
    grpc::read,
    work_list::Move,
};

/// 2010-01-01: nothing was investigated before that is told here.
const EARLIEST: Timestamp = Timestamp::constant(1_262_304_000, 0);

pub(super) async fn confirm(
    core: &Core,
    caller: &Caller,
    message: &RecordConfirmationRequest,
) -> Result<ChildChanged, Refusal> {
    let told = |_: &mut Scope<'_>| {
        Some(Feedback::Confirmed {
            investigation_opened: message.investigation_opened,
        })
    };
    tell(
        core,
        caller,
        Rpc::RecordConfirmation,
        message,
        message.change.as_ref(),
        told,
    )
    .await
}

pub(super) async fn end_investigation(
    core: &Core,
    caller: &Caller,
    message: &RecordInvestigationEndRequest,
) -> Result<ChildChanged, Refusal> {
    let told = |scope: &mut Scope<'_>| {
        let ended = ended(scope, "ended_time", message.ended_time.as_ref())?;
        Some(Feedback::InvestigationEnded { ended })
    };
    tell(
        core,
        caller,
        Rpc::RecordInvestigationEnd,
        message,
        message.change.as_ref(),
        told,
    )
    .await
}

pub(super) async fn conclude(
    core: &Core,
    caller: &Caller,
    message: &RecordOutcomeRequest,
) -> Result<ChildChanged, Refusal> {
    let told = |scope: &mut Scope<'_>| {
        let ended = ended(
            scope,
            "investigation_ended_time",
            message.investigation_ended_time.as_ref(),
        );
        let conclusion = scope.enum_value::<pb::InvestigationConclusion, _>("conclusion", message.conclusion);
        Some(Feedback::Concluded {
            ended: ended?,
            conclusion: conclusion?,
        })
    };
    tell(core, caller, Rpc::RecordOutcome, message, message.change.as_ref(), told).await
}

pub(super) async fn answer_prosecution(
    core: &Core,
    caller: &Caller,
    message: &RecordProsecutionAnswerRequest,
) -> Result<ChildChanged, Refusal> {
    let told = |scope: &mut Scope<'_>| {
        let answer = scope.enum_value::<pb::ProsecutionAnswer, _>("answer", message.answer)?;
        Some(Feedback::ProsecutionAnswered(answer))
    };
    tell(
        core,
        caller,
        Rpc::RecordProsecutionAnswer,
        message,
        message.change.as_ref(),
        told,
    )
    .await
}

async fn tell(
    core: &Core,
    caller: &Caller,
    rpc: Rpc,
    message: &impl Message,
    change: Option<&ChildChange>,
    told: impl FnOnce(&mut Scope<'_>) -> Option<Feedback>,
) -> Result<ChildChanged, Refusal> {
    let (target, told) = read::message(|scope| {
        let target = read_target(scope, caller, change);
        let told = told(scope);
        Some((target?, told?))
    })?;
    make(core, caller, rpc, message, target, Move::Tell(told)).await
}

/// To the microsecond, which is what a receipt holds. Whether it is in the future is seen by the clock of the change.
fn ended(scope: &mut Scope<'_>, field: &str, time: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    let time = scope.present(field, time)?;
    let ended = from_pb(time).map_err(|rule| scope.refuse(field, rule)).ok()?;
    if ended < EARLIEST {
        scope.refuse(field, "must not be before 2010-01-01");
        return None;
    }
    Timestamp::from_microsecond(ended.as_microsecond()).ok()
}
