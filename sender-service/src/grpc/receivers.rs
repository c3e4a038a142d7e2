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
        let mut receivers = Vec::with_capacity(rows.len());
        // What waits at nobody is told by tasks.
        for row in rows
            .into_iter()
            .filter(|row| row.organisation != OrganisationNumber::NOBODY)
        {
            receivers.push(ReceiverState {
                readiness: Some(self.readiness_of(&row.organisation).await?),
                organisation_number: row.organisation.to_string(),
                last_transmission_sequence: row.last_transmission,
                last_receipt_sequence: row.last_receipt,
                confirmed_receipt_sequence: row.confirmed_receipt,
                waiting: row.waiting,
                last_contact_time: row.last_contact_at.map(time::to_pb),
                distrusted_reason: row.distrusted_reason.unwrap_or_default(),
            });
        }
        Ok(ListReceiversResponse { receivers })
    }
}
