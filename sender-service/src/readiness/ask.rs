//! One question to a receiver.

use std::time::Duration;

use framme_shared::{
    db::{StoreError, heartbeat},
    domain::{municipality::Area, readiness::Answer},
    runtime::connect::{CallFailure, classify},
    wire::{
        pb::exchange::{CheckReadinessRequest, readiness_service_client::ReadinessServiceClient},
        readiness::read_answer,
        status::{name_of, no_answer, reason_of},
        time::to_pb,
    },
};
use tonic::{Code, Status, transport::Channel};

use crate::context::Context;

/// What takes longer is no answer: half of it is how far off the receiver's clock may seem.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Why nothing is known of a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// It does not answer now; waiting may help. The word is from a closed set.
    Silent(&'static str),
    /// It answered, and nothing can be known from that.
    Unknown(&'static str),
}

impl NoAnswer {
    /// The word.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Silent(reason) | Self::Unknown(reason) => reason,
        }
    }
}

/// Asks about these areas, and reads the answer with suspicion.
pub(super) async fn ask(
    context: &Context,
    client: &ReadinessServiceClient<Channel>,
    areas: &[Area],
) -> Result<Result<Answer, NoAnswer>, StoreError> {
    let beat = heartbeat::last(context.database.reader(), heartbeat::CLOCKS).await?;
    let asked_at = context.clock.now();
    let request = CheckReadinessRequest {
        sender_time: Some(to_pb(asked_at)),
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        // A clock that was set back makes no heartbeat of times to come.
        clocks_beat_time: beat.map(|beat| to_pb(beat.min(asked_at))),
        areas: areas.iter().map(ToString::to_string).collect(),
    };
    let mut client = client.clone();
    let response = tokio::select! {
        response = client.check_readiness(request) => response,
        () = context.clock.sleep(CALL_LIMIT) => Err(no_answer()),
    };
    let now = context.clock.now();
    Ok(match response {
        Ok(response) => read_answer(response.get_ref(), areas, asked_at, now).map_err(|error| {
            tracing::error!(%error, "A receiver's answer whether somebody could open cannot be, and is not believed");
            NoAnswer::Unknown("not_believed")
        }),
        Err(status) => Err(failed(&status)),
    })
}

fn failed(status: &Status) -> NoAnswer {
    match classify(status) {
        CallFailure::Certificate(fault) => NoAnswer::Silent(fault.code()),
        CallFailure::Unavailable => NoAnswer::Silent("unreachable"),
        CallFailure::Answered(code) => match (reason_of(status), code) {
            (Some(reason), Code::Unavailable | Code::ResourceExhausted) => NoAnswer::Silent(name_of(reason)),
            (Some(reason), _) => NoAnswer::Unknown(name_of(reason)),
            (None, Code::Unimplemented) => NoAnswer::Unknown("unimplemented"),
            (None, Code::DeadlineExceeded | Code::Unavailable | Code::Cancelled) => NoAnswer::Silent("unavailable"),
            (None, _) => NoAnswer::Unknown("refused"),
        },
    }
}
