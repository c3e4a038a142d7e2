//! The state of the exchange with each receiver.

use framme_shared::{
    domain::organisation::OrganisationNumber,
    wire::{
        pb::sender::{ListReceiversResponse, ReceiverState},
        status::Failure,
        time,
    },
};

use super::{Api, failure::storage};
use crate::store::receiver;

impl Api {
    pub(super) async fn receivers(&self) -> Result<ListReceiversResponse, Failure> {
        let rows = receiver::list(self.context.database.reader()).await.map_err(storage)?;
        Ok(ListReceiversResponse {
            receivers: rows
                .into_iter()
                // What waits there is told by tasks.
                .filter(|row| row.organisation != OrganisationNumber::NOBODY)
                .map(|row| ReceiverState {
                    organisation_number: row.organisation.to_string(),
                    last_transmission_sequence: row.last_transmission,
                    last_receipt_sequence: row.last_receipt,
                    confirmed_receipt_sequence: row.confirmed_receipt,
                    waiting: row.waiting,
                    last_contact_time: row.last_contact_at.map(time::to_pb),
                    distrusted_reason: row.distrusted_reason.unwrap_or_default(),
                })
                .collect(),
        })
    }
}
