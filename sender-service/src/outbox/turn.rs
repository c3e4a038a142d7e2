//! One change per turn of a worker: how earlier attempts ended, and what is claimed next.

use std::time::Duration;

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::{ids::TransmissionId, organisation::OrganisationNumber},
};
use jiff::{SignedDuration, Timestamp};

use crate::store::{
    confirmation,
    delivery::{self, Claimed},
    letter, reconciliation, redirect,
    withdrawal::{self, ClaimedWithdrawal},
};

/// What was attempted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Delivery,
    Withdrawal,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) kind: Kind,
    pub(super) transmission: TransmissionId,
    /// Of the claim.
    pub(super) token: String,
    pub(super) outcome: Outcome,
}

/// Done, or to be tried again: there is no third.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Again {
        failure: &'static str,
        next_attempt_at: Timestamp,
    },
}

/// Records what ended and claims what is due.
pub(super) struct Turn {
    pub(super) receiver: OrganisationNumber,
    pub(super) ended: Vec<Ended>,
    /// How many may be claimed; 0 claims nothing.
    pub(super) limit: u32,
    /// Of the new claims.
    pub(super) token: String,
    pub(super) lease: Duration,
    /// How long after a hand-over it is asked for the first time whether it is still held.
    pub(super) first_question: SignedDuration,
}

/// What a worker may do next.
#[derive(Default)]
pub(super) struct Claims {
    pub(super) deliveries: Vec<Claimed>,
    pub(super) withdrawals: Vec<ClaimedWithdrawal>,
    pub(super) lease_until: Timestamp,
}

impl Change for Turn {
    type Outcome = Claims;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Claims, StoreError> {
        let at = tx.at();
        self.record(tx, at).await?;
        if self.limit == 0 {
            return Ok(Claims::default());
        }
        let lease_until = at.saturating_add(self.lease).unwrap_or(Timestamp::MAX);
        let limit = i64::from(self.limit);
        let deliveries = delivery::claim(tx.conn(), &self.receiver, &self.token, lease_until, limit, at).await?;
        let left = limit - deliveries.len() as i64;
        let withdrawals = if left > 0 {
            withdrawal::claim(tx.conn(), &self.receiver, &self.token, lease_until, left, at).await?
        } else {
            Vec::new()
        };
        Ok(Claims {
            deliveries,
            withdrawals,
            lease_until,
        })
    }
}

impl Turn {
    async fn record(&self, tx: &mut Tx, at: Timestamp) -> Result<(), StoreError> {
        let handed_over: Vec<TransmissionId> = self
            .ended
            .iter()
            .filter(|ended| ended.kind == Kind::Delivery && ended.outcome == Outcome::Done)
            .map(|ended| ended.transmission)
            .collect();
        delivery::hand_over(tx.conn(), &handed_over, self.first_question, at, "SettleDeliveries").await?;
        for ended in &self.ended {
            let (id, token) = (&ended.transmission, ended.token.as_str());
            match (ended.kind, ended.outcome) {
                (Kind::Delivery, Outcome::Done) => {}
                (Kind::Withdrawal, Outcome::Done) => withdrawal::done(tx.conn(), id, at).await?,
                // Whose lease has run out records nothing: another attempt is under way, and that one will.
                (
                    Kind::Delivery,
                    Outcome::Again {
                        failure,
                        next_attempt_at,
                    },
                ) => {
                    delivery::put_back(tx.conn(), id, token, failure, next_attempt_at, at).await?;
                }
                (
                    Kind::Withdrawal,
                    Outcome::Again {
                        failure,
                        next_attempt_at,
                    },
                ) => {
                    withdrawal::put_back(tx.conn(), id, token, failure, next_attempt_at, at).await?;
                }
            }
        }
        Ok(())
    }
}

/// Ends all leases at the start of the only process on an embedded database.
pub struct ReleaseLeases;

impl Change for ReleaseLeases {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        delivery::release_all(tx.conn(), at).await?;
        withdrawal::release_all(tx.conn(), at).await?;
        redirect::release_all(tx.conn(), at).await?;
        reconciliation::release_all(tx.conn(), at).await?;
        confirmation::release_all(tx.conn(), at).await?;
        letter::release_all(tx.conn(), at).await
    }
}
