//! One question to a receiver, and its answer if it can be believed.

use std::time::Duration;

use framme_shared::{
    domain::{
        digest::Digest,
        holding::{self, VerifiedHolding},
        ids::TransmissionId,
    },
    runtime::connect::{CallFailure, classify},
    wire::{
        pb::exchange::ConfirmHeldRequest,
        status::{name_of, no_answer, reason_of},
    },
};
use tonic::Status;

use crate::{context::Context, peer::Peer};

/// A receiver answers within 30 seconds; what takes longer is no answer.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(40);

/// An answer that is believed, as it came.
pub(super) struct Answer {
    pub(super) jws: String,
    pub(super) verified: VerifiedHolding,
}

/// No answer that could be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoAnswer {
    /// Why, from a closed set.
    pub(super) failure: &'static str,
    /// Waiting does not help by itself, a person must look.
    pub(super) for_a_person: bool,
}

/// Asks, and verifies what comes.
pub(super) async fn ask(
    context: &Context,
    peer: &Peer,
    transmissions: &[TransmissionId],
    with_files: bool,
) -> Result<Answer, NoAnswer> {
    let nonce = new_nonce(context);
    let request = ConfirmHeldRequest {
        transmission_ids: transmissions.iter().map(ToString::to_string).collect(),
        nonce: nonce.as_bytes().to_vec().into(),
        with_attachments: with_files,
    };
    let mut client = peer.holdings();
    let answer = tokio::select! {
        answer = client.confirm_held(request) => answer,
        () = context.clock.sleep(CALL_LIMIT) => Err(no_answer()),
    };
    let jws = answer.map_err(|status| failed(&status))?.into_inner().holding;
    let verifier = peer.trust.verifier();
    let verified = holding::verify(
        verifier.jws(),
        &jws,
        &peer.pair,
        &nonce,
        transmissions,
        context.clock.now(),
    )
    .map_err(|error| NoAnswer {
        failure: error.reason(),
        for_a_person: true,
    })?;
    Ok(Answer { jws, verified })
}

/// 32 bytes that nobody can foresee.
fn new_nonce(context: &Context) -> Digest {
    let mut bytes = [0; 32];
    context.random.fill(&mut bytes);
    Digest::of(&bytes)
}

fn failed(status: &Status) -> NoAnswer {
    match classify(status) {
        CallFailure::Certificate(fault) => NoAnswer {
            failure: fault.code(),
            for_a_person: true,
        },
        CallFailure::Unavailable => NoAnswer {
            failure: "unreachable",
            for_a_person: false,
        },
        CallFailure::Answered(code) => NoAnswer {
            failure: match (reason_of(status), code) {
                (Some(reason), _) => name_of(reason),
                (None, tonic::Code::Unimplemented) => "unimplemented",
                (None, tonic::Code::DeadlineExceeded | tonic::Code::Unavailable) => "unavailable",
                (None, _) => "refused",
            },
            for_a_person: false,
        },
    }
}
