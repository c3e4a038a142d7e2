//! How the played receiver answers whether it still holds what it has confirmed.

use std::{future::pending, sync::Arc};

use framme_demo::pki::Pki;
use framme_shared::{
    domain::{
        digest::Digest,
        holding::{Found, Held, HeldChild, Holding, LastReceipt, Presence, sign},
        ids::TransmissionId,
        lifecycle::ChildState,
        receipt::{ReceiptClaims, ReceiptSigner, Software, Statement, stored_claims},
    },
    runtime::clock::Clock as _,
    wire::pb::exchange::{ConfirmHeldRequest, ConfirmHeldResponse, holding_service_server::HoldingService},
};
use jiff::Timestamp;
use tonic::{Request, Response, Status};

use super::PlayedReceiver;

/// How it answers.
#[derive(Clone, Default)]
pub(crate) enum Answers {
    /// By what it holds.
    #[default]
    Truly,
    /// Never.
    Silent,
    /// With a failure.
    Away,
    /// As if the content did not open.
    Damaged,
    /// With the digest of something else.
    OtherDigest,
    /// As if it had never made its last receipt.
    Forgetful,
    /// As if nobody had the children.
    Unassigned,
    /// With the nonce of an earlier question.
    OldNonce,
    /// Signed by another organisation.
    SignedBy(Arc<ReceiptSigner>),
}

impl Answers {
    /// Signed by this organisation, with a good certificate of its own.
    pub(crate) fn signed_by(pki: &Pki, organisation: framme_shared::domain::organisation::OrganisationNumber) -> Self {
        let issued = pki.enterprise(organisation).unwrap();
        let signer = ReceiptSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes());
        Self::SignedBy(Arc::new(signer.unwrap()))
    }
}

/// What it was asked, and how it answers.
#[derive(Default)]
pub(super) struct Questions {
    answers: Answers,
    asked: Vec<(Timestamp, Vec<TransmissionId>)>,
    version: u32,
}

impl Questions {
    pub(super) fn software(&self) -> Software {
        Software {
            name: "played".to_owned(),
            version: format!("1.{}", self.version),
        }
    }
}

impl PlayedReceiver {
    pub(crate) fn set_answers(&self, answers: Answers) {
        self.state().questions.answers = answers;
    }

    /// What it was asked, and when.
    pub(crate) fn asked(&self) -> Vec<(Timestamp, Vec<TransmissionId>)> {
        self.state().questions.asked.clone()
    }

    /// Goes on with another version of its software.
    pub(crate) fn install(&self, version: u32) {
        self.state().questions.version = version;
    }

    /// Its storage loses a transmission. The receipts that it has made stay.
    pub(crate) fn lose(&self, transmission: &TransmissionId) {
        let lost = self.state().first_receipt.remove(&transmission.to_string());
        assert!(lost.is_some(), "it must be there to be lost");
    }

    fn presence(&self, id: &str, answers: &Answers) -> Presence {
        let state = self.state();
        let arrived = state.arrived.iter().rev().find(|arrived| arrived.transmission_id == id);
        let (Some(arrived), true) = (arrived, state.first_receipt.contains_key(id)) else {
            return Presence::Missing;
        };
        let of_it = |jws: &String| {
            let claims = stored_claims(jws).filter(|claims| claims.transmission.to_string() == id);
            claims.map(|claims| (claims, Digest::of(jws.as_bytes())))
        };
        let mut receipts: Vec<(ReceiptClaims, Digest)> = state.receipts.iter().filter_map(of_it).collect();
        let children = children(&arrived.content, &receipts);
        match answers {
            Answers::Damaged => return Presence::Damaged,
            Answers::Forgetful => drop(receipts.pop()),
            _ => {}
        }
        let stated = |(child, assigned): (_, ChildState)| {
            let unassigned = matches!(answers, Answers::Unassigned);
            let staff = assigned
                .assignment()
                .map(|assignment| assignment.caseworker.staff.clone());
            HeldChild {
                child,
                stage: Some(if unassigned {
                    framme_shared::domain::lifecycle::Stage::Stored
                } else {
                    assigned.stage()
                }),
                staff: staff.filter(|_| !unassigned),
            }
        };
        Presence::Held(Held {
            digest: match answers {
                Answers::OtherDigest => Digest::of(b"something else"),
                _ => Digest::of(&arrived.content),
            },
            receipts: receipts.len() as u64,
            last: receipts.last().map(|(claims, sha256)| LastReceipt {
                sequence: claims.sequence,
                sha256: *sha256,
            }),
            children: children.into_iter().map(stated).collect(),
            files: None,
        })
    }
}

/// The children of a transmission, as the receipts about it say.
fn children(
    content: &[u8],
    receipts: &[(ReceiptClaims, Digest)],
) -> Vec<(framme_shared::domain::ids::ChildId, ChildState)> {
    use prost::Message as _;
    let report = framme_shared::wire::pb::report::Report::decode(content).unwrap();
    let state = |child: framme_shared::domain::ids::ChildId| {
        let begin = ChildState::Queued {
            since: Timestamp::UNIX_EPOCH,
        };
        let about = receipts
            .iter()
            .filter(|(claims, _)| claims.child.is_none_or(|id| id == child));
        about.fold(begin, |state, (claims, _)| {
            let state = match claims.statement {
                Statement::Stored => state.lose(claims.time),
                _ => state,
            };
            state.apply(claims.statement.event().unwrap(), claims.time).unwrap()
        })
    };
    let ids = report.children.iter().map(|child| child.child_id.parse().unwrap());
    ids.map(|child| (child, state(child))).collect()
}

pub(super) struct Holdings(pub(super) Arc<PlayedReceiver>);

#[tonic::async_trait]
impl HoldingService for Holdings {
    async fn confirm_held(
        &self,
        request: Request<ConfirmHeldRequest>,
    ) -> Result<Response<ConfirmHeldResponse>, Status> {
        let request = request.into_inner();
        let now = self.0.clock.now();
        let ids = request.transmission_ids.iter().map(|id| id.parse().unwrap()).collect();
        let answers = {
            let mut state = self.0.state();
            state.questions.asked.push((now, ids));
            state.questions.answers.clone()
        };
        match &answers {
            Answers::Silent => return pending().await,
            Answers::Away => return Err(Status::unavailable("away")),
            _ => {}
        }
        let found = request.transmission_ids.iter().map(|id| Found {
            transmission: id.parse().unwrap(),
            presence: self.0.presence(id, &answers),
        });
        let software = self.0.state().questions.software();
        let mut holding = Holding {
            pair: self.0.pair,
            time: now,
            nonce: match &answers {
                Answers::OldNonce => Digest::of(b"an earlier question"),
                _ => Digest::from_slice(&request.nonce).unwrap(),
            },
            software,
            found: found.collect(),
        };
        let signer = match &answers {
            Answers::SignedBy(other) => {
                holding.pair.receiver = other.organisation();
                other
            }
            _ => &self.0.signer,
        };
        let holding = sign(signer.jws(), &holding).unwrap();
        Ok(Response::new(ConfirmHeldResponse { holding }))
    }
}
