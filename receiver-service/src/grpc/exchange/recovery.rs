//! `RecoveryService`: after a restore from a backup.

use std::sync::{Arc, atomic::Ordering};

use framme_shared::{
    domain::{
        digest::Digest,
        organisation::OrganisationNumber,
        receipt::{ChainHead, MAX_SEQUENCE, Pair},
    },
    runtime::serve::MAX_MESSAGE_BYTES,
    wire::{
        pb::exchange::{
            ComparePairRequest, ComparePairResponse, ListSentRequest, ListSentResponse, RestoreReceiptsRequest,
            RestoreReceiptsResponse, SentTransmission,
            recovery_service_server::{RecoveryService, RecoveryServiceServer},
        },
        status::Failure,
        time::to_pb,
    },
};
use tonic::{Request, Response, Status};

use super::sender_of;
use crate::{
    core::Core,
    error::Refusal,
    grpc::read,
    recovery::{self, ComparePair, RestoreReceipts, Returned, restate_arrived},
    store::restoring,
};

/// Missing transmissions in one answer, which then has less than 4 MiB.
const MOST_MISSING: u32 = 100_000;
/// Receipts in one request.
const MOST_RECEIPTS: usize = 256;
const DEFAULT_PAGE: u32 = 20;
const LARGEST_PAGE: u32 = 100;

/// Serves senders after a restore.
pub struct Recovery {
    core: Arc<Core>,
}

impl Recovery {
    /// The service, ready to be added to the exchange listener's routes.
    pub fn service(core: Arc<Core>) -> RecoveryServiceServer<Self> {
        RecoveryServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn compare(
        &self,
        sender: OrganisationNumber,
        request: &ComparePairRequest,
    ) -> Result<ComparePairResponse, Refusal> {
        let last_receipt = read::message(|scope| {
            for (field, number) in [
                ("last_transmission_sequence", request.last_transmission_sequence),
                ("last_receipt_sequence", request.last_receipt_sequence),
            ] {
                if number > MAX_SEQUENCE {
                    scope.refuse(field, "must be below 2^53");
                }
            }
            let digest = read::sha256(scope, "last_receipt_sha256", &request.last_receipt_sha256)?;
            ChainHead::stored(request.last_receipt_sequence, digest)
                .map_err(|_| scope.refuse("last_receipt_sha256", "must be zero for no receipt and only then"))
                .ok()
        })?;
        let compare = ComparePair {
            sender,
            last_transmission: request.last_transmission_sequence,
            last_receipt,
            set_back: request.set_back,
        };
        let compared = self.core.db.change(compare).await??;
        if !compared.peer.is_recovering() {
            restate_arrived(&self.core, &sender).await?;
        }
        let missing = restoring::missing(self.core.db.reader(), &sender, MOST_MISSING).await?;
        let digest: Digest = compared.peer.last_sha256;
        Ok(ComparePairResponse {
            last_transmission_sequence: compared.last_transmission,
            last_receipt_sequence: compared.peer.last_sequence,
            last_receipt_sha256: digest.as_bytes().to_vec().into(),
            confirmed_receipt_sequence: compared.peer.confirmed_sequence,
            missing_transmission_ids: missing.iter().map(ToString::to_string).collect(),
        })
    }

    async fn restore(
        &self,
        sender: OrganisationNumber,
        request: &RestoreReceiptsRequest,
    ) -> Result<RestoreReceiptsResponse, Refusal> {
        if !(1..=MOST_RECEIPTS).contains(&request.receipts.len()) {
            return Err(Failure::invalid_field("receipts", "must be 1 to 256").into());
        }
        let restore = RestoreReceipts {
            sender,
            receipts: self.verified(sender, &request.receipts)?,
            notary: Arc::clone(&self.core.notary),
            keys: Arc::clone(&self.core.keys),
        };
        let restored = self.core.change_for(&sender, restore).await?;
        if !restored.missing.is_empty() {
            self.core.restoring.store(true, Ordering::Release);
        }
        Ok(RestoreReceiptsResponse {
            last_receipt_sequence: restored.last_sequence,
            missing_transmission_ids: restored.missing.iter().map(ToString::to_string).collect(),
        })
    }

    fn verified(&self, sender: OrganisationNumber, receipts: &[String]) -> Result<Vec<Returned>, Refusal> {
        let pair = Pair {
            sender,
            receiver: self.core.notary.organisation(),
        };
        let now = self.core.clock.now();
        let verified = receipts.iter().enumerate().map(|(place, jws)| {
            let receipt = self.core.trust.verify(jws, &pair, now);
            let receipt = receipt
                .map_err(|_| Failure::invalid_field(format!("receipts[{place}]"), "must be a receipt of this pair"))?;
            Ok(Returned {
                jws: jws.clone(),
                receipt,
            })
        });
        verified.collect()
    }

    async fn list(&self, sender: OrganisationNumber, request: &ListSentRequest) -> Result<ListSentResponse, Refusal> {
        let size = match request.page_size {
            0 => DEFAULT_PAGE,
            1..=LARGEST_PAGE => request.page_size,
            _ => return Err(Failure::invalid_field("page_size", "must be at most 100").into()),
        };
        if request.after_sequence > MAX_SEQUENCE {
            return Err(Failure::invalid_field("after_sequence", "must be below 2^53").into());
        }
        let sent = recovery::sent(&self.core, &sender, request.after_sequence, size).await?;
        let transmissions = sent.into_iter().map(|sent| SentTransmission {
            transmission_id: sent.sent_id.to_string(),
            sequence: sent.sequence,
            content: sent.content.into(),
            content_sha256: sent.sha256.as_bytes().to_vec().into(),
            submitted_time: Some(to_pb(sent.submitted_at)),
            redirected_from_transmission_id: sent.redirected_from.map(|id| id.to_string()).unwrap_or_default(),
        });
        Ok(ListSentResponse {
            transmissions: transmissions.collect(),
        })
    }
}

#[tonic::async_trait]
impl RecoveryService for Recovery {
    async fn compare_pair(
        &self,
        request: Request<ComparePairRequest>,
    ) -> Result<Response<ComparePairResponse>, Status> {
        let sender = sender_of(&request)?;
        Ok(Response::new(self.compare(sender, request.get_ref()).await?))
    }

    async fn restore_receipts(
        &self,
        request: Request<RestoreReceiptsRequest>,
    ) -> Result<Response<RestoreReceiptsResponse>, Status> {
        let sender = sender_of(&request)?;
        Ok(Response::new(self.restore(sender, request.get_ref()).await?))
    }

    async fn list_sent(&self, request: Request<ListSentRequest>) -> Result<Response<ListSentResponse>, Status> {
        let sender = sender_of(&request)?;
        Ok(Response::new(self.list(sender, request.get_ref()).await?))
    }
}
