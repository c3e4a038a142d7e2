//! `framme.exchange.v1.HoldingService`: senders ask whether what was confirmed is still there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use framme_shared::{
    domain::{digest::Digest, holding::MOST_AT_ONCE, ids::TransmissionId, organisation::OrganisationNumber},
    runtime::serve::MAX_MESSAGE_BYTES,
    wire::{
        pb::exchange::{
            ConfirmHeldRequest, ConfirmHeldResponse,
            holding_service_server::{HoldingService, HoldingServiceServer},
        },
        status::Failure,
    },
};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::{exchange::sender_of, read};
use crate::{
    core::Core,
    error::Refusal,
    holding::{Question, confirm_held},
};

/// How long a question waits for the one before it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers senders, one question of each at a time.
pub struct Holdings {
    core: Arc<Core>,
    /// By sender: only those on the allow list come here, so there are not more than that.
    turns: Mutex<HashMap<OrganisationNumber, Arc<Semaphore>>>,
}

impl Holdings {
    /// The service, ready to be added to the exchange listener's routes.
    pub fn service(core: Arc<Core>) -> HoldingServiceServer<Self> {
        let turns = Mutex::default();
        HoldingServiceServer::new(Self { core, turns }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    fn turn_of(&self, sender: OrganisationNumber) -> Arc<Semaphore> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(sender).or_insert_with(|| Arc::new(Semaphore::new(1))))
    }
}

#[tonic::async_trait]
impl HoldingService for Holdings {
    async fn confirm_held(
        &self,
        request: Request<ConfirmHeldRequest>,
    ) -> Result<Response<ConfirmHeldResponse>, Status> {
        let sender = sender_of(&request)?;
        let question = question(sender, request.get_ref())?;
        let turn = self.turn_of(sender);
        let _turn = tokio::select! {
            turn = turn.acquire() => turn.map_err(|_| Status::from(Failure::Overloaded))?,
            () = self.core.clock.sleep(PATIENCE) => return Err(Failure::Overloaded.into()),
        };
        let holding = confirm_held(&self.core, &question).await?;
        Ok(Response::new(ConfirmHeldResponse { holding }))
    }
}

fn question(sender: OrganisationNumber, request: &ConfirmHeldRequest) -> Result<Question, Refusal> {
    read::message(|scope| {
        let asked = &request.transmission_ids;
        let most = if request.with_attachments { 1 } else { MOST_AT_ONCE };
        if !(1..=most).contains(&asked.len()) {
            scope.refuse("transmission_ids", format!("must be 1 to {most}"));
        }
        let transmissions: Option<Vec<_>> = asked.iter().map(|id| TransmissionId::parse(id).ok()).collect();
        let transmissions = match transmissions {
            Some(ids) => distinct(&ids).then_some(ids),
            None => None,
        };
        if transmissions.is_none() {
            scope.refuse(
                "transmission_ids",
                "must be UUIDs in lower case with hyphens, each once",
            );
        }
        let nonce = Digest::from_slice(&request.nonce).ok();
        if nonce.is_none() {
            scope.refuse("nonce", "must be 32 bytes");
        }
        Some(Question {
            sender,
            transmissions: transmissions?,
            nonce: nonce?,
            with_files: request.with_attachments,
        })
    })
}

fn distinct(ids: &[TransmissionId]) -> bool {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}
