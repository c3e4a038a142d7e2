//! The change by which a named person says who gets a transmission for which nobody certain was known.

use framme_shared::{
    db::{Change, StoreError, Tx, tasks},
    domain::{ids::TransmissionId, organisation::OrganisationNumber},
    wire::pb::sender::RouteTransmissionResponse,
};
use prost::Message as _;

use super::{
    need::{Need, ROUTE},
    withdraw::{Request, Requested},
};
use crate::{
    grpc,
    store::{letter, receiver, transmission, view, withdrawal},
};

/// Gives a transmission that waits for a person to a service.
pub struct RouteTransmission {
    /// Of which report, by whom and why.
    pub request: Request,
    /// Which.
    pub transmission: TransmissionId,
    /// To whom: a service of the directory, which has its row.
    pub to: OrganisationNumber,
    /// What a person must do then.
    pub need: Option<Need>,
}

impl Change for RouteTransmission {
    type Outcome = Requested;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Requested, StoreError> {
        if let Some(replayed) = self.request.replay(tx).await? {
            return Ok(replayed);
        }
        let Some(before) = view::load(tx.conn(), &self.request.report).await? else {
            return Ok(Requested::NotFound);
        };
        let waits_for_a_person = before
            .transmissions
            .iter()
            .any(|part| part.transmission == self.transmission && part.receiver == OrganisationNumber::NOBODY);
        if !waits_for_a_person {
            return Ok(Requested::NotFound);
        }
        let at = tx.at();
        let number = receiver::take_number(tx.conn(), &self.to, at).await?;
        transmission::route(tx.conn(), &self.transmission, &self.to, number, at).await?;
        withdrawal::route(tx.conn(), &self.transmission, &self.to, at).await?;
        letter::route(tx.conn(), &self.transmission, &self.to, at).await?;
        tasks::settle(tx, ROUTE, &self.transmission.to_string(), "routed").await?;
        if let Some(need) = &self.need {
            need.raise(tx, &self.transmission).await?;
        }
        let view = view::load(tx.conn(), &self.request.report)
            .await?
            .ok_or(StoreError::Missing)?;
        let answer = RouteTransmissionResponse {
            report: Some(grpc::view::report(&view)),
        };
        self.request
            .store(tx, "route_transmission", None, answer.encode_to_vec())
            .await
    }
}
