use super::{Rules, Scope, pb, read_time, time};
use crate::domain::{
    report::{PhoneCall, PhoneCallResult, PhoneNumber, limits},
    text::Line,
};

pub(super) fn read_all(scope: &mut Scope<'_>, calls: &[pb::PhoneCall], rules: &Rules) -> Option<Vec<PhoneCall>> {
    scope.bounded("phone_calls", calls, limits::PHONE_CALLS, |scope, field, call| {
        read(&mut scope.inside(field), call, rules)
    })
}

pub(super) fn read(scope: &mut Scope<'_>, call: &pb::PhoneCall, rules: &Rules) -> Option<PhoneCall> {
    let at = read_time(scope, "call_time", call.call_time.as_ref(), rules);
    let result = read_result(scope, call);
    let number = scope.optional("number", &call.number, PhoneNumber::parse);
    Some(PhoneCall {
        at: at?,
        result: result?,
        number: number?,
    })
}

fn read_result(scope: &mut Scope<'_>, call: &pb::PhoneCall) -> Option<PhoneCallResult> {
    let Reached(reached) = scope.enum_value::<pb::PhoneCallResult, _>("result", call.result)?;
    if reached {
        let answered_by = scope.required("answered_by", &call.answered_by, Line::parse)?;
        Some(PhoneCallResult::Reached { answered_by })
    } else if call.answered_by.is_empty() {
        Some(PhoneCallResult::NotReached)
    } else {
        scope.refuse("answered_by", "must be empty when nobody was reached");
        None
    }
}

/// A result that is not the unspecified one.
struct Reached(bool);

impl From<pb::PhoneCallResult> for Option<Reached> {
    fn from(result: pb::PhoneCallResult) -> Self {
        match result {
            pb::PhoneCallResult::Unspecified => None,
            pb::PhoneCallResult::Reached => Some(Reached(true)),
            pb::PhoneCallResult::NotReached => Some(Reached(false)),
        }
    }
}

pub(super) fn write(call: &PhoneCall) -> pb::PhoneCall {
    let (result, answered_by) = match &call.result {
        PhoneCallResult::Reached { answered_by } => (pb::PhoneCallResult::Reached, answered_by.expose().to_owned()),
        PhoneCallResult::NotReached => (pb::PhoneCallResult::NotReached, String::new()),
    };
    pb::PhoneCall {
        call_time: Some(time::to_pb(call.at)),
        result: result.into(),
        answered_by,
        number: call
            .number
            .as_ref()
            .map(|number| number.expose().to_owned())
            .unwrap_or_default(),
    }
}
