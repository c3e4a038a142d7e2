//! The change that takes a checked register: before anything is routed by it, its services have their rows.

use std::collections::HashMap;

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx, tasks},
    domain::{digest::Digest, directory::Directory, organisation::OrganisationNumber},
};

use super::{BROKEN, SUBJECT};
use crate::{
    store::{directory, receiver, transmission},
    submission::need::LETTER,
};

/// Takes a directory.
pub struct TakeDirectory {
    services: Vec<(OrganisationNumber, Option<String>)>,
    text: Option<String>,
}

impl TakeDirectory {
    /// This one, read from this text; `None` for the short form.
    pub fn new(directory: &Directory, text: Option<String>) -> Self {
        let endpoint = |service: &framme_shared::domain::directory::Service| {
            let endpoint = service.endpoint.as_ref().map(|endpoint| endpoint.expose().to_owned());
            (service.organisation, endpoint)
        };
        Self {
            services: directory.services().map(endpoint).collect(),
            text,
        }
    }

    /// A receiver that a service has now is kept, for when the register names it no more.
    async fn take_endpoints(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        let known: HashMap<_, _> = receiver::endpoints(tx.conn()).await?.into_iter().collect();
        for (organisation, endpoint) in &self.services {
            let before = known.get(organisation).and_then(Option::as_ref);
            let Some(endpoint) = endpoint else { continue };
            if before == Some(endpoint) {
                continue;
            }
            receiver::set_endpoint(tx.conn(), organisation, endpoint, at).await?;
            if before.is_none() {
                // What was to go by letter is delivered.
                for transmission in transmission::waiting(tx.conn(), organisation).await? {
                    tasks::settle(tx, LETTER, &transmission.to_string(), "has_receiver").await?;
                }
            }
        }
        Ok(())
    }
}

impl Change for TakeDirectory {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        // Reports for which nobody is known wait there until a person says who is right.
        receiver::ensure(tx.conn(), &OrganisationNumber::NOBODY, at).await?;
        for (organisation, _) in &self.services {
            receiver::ensure(tx.conn(), organisation, at).await?;
        }
        self.take_endpoints(tx).await?;
        tasks::settle(tx, BROKEN, SUBJECT, "mended").await?;
        let Some(text) = &self.text else { return Ok(()) };
        let sha256 = Digest::of(text.as_bytes());
        if directory::keep(tx.conn(), text, &sha256, at).await? {
            tx.record(LedgerEntry {
                kind: "directory_taken",
                subject: SUBJECT.to_owned(),
                actor: "program".to_owned(),
                data: format!("sha256 {sha256}, {} services", self.services.len()),
            });
        }
        Ok(())
    }
}
