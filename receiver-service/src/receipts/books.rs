//! The books of several senders, open within one change.

use std::collections::{HashMap, hash_map::Entry};

use framme_shared::{
    db::{StoreError, Tx},
    domain::{organisation::OrganisationNumber, receipt::ChainHead},
};

use super::{Book, Notary};
use crate::{error::Refusal, store::peer};

/// A book for each sender that receipts are made for.
#[derive(Default)]
pub struct Books<'n> {
    by_sender: HashMap<OrganisationNumber, Book<'n>>,
}

impl<'n> Books<'n> {
    /// The sender's book: as it was left, or opened at the end of the chain that this change has read. A sender's first
    /// receipt begins its chain, which has no end yet.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of(
        &mut self,
        tx: &mut Tx,
        notary: &'n Notary,
        sender: OrganisationNumber,
        head: Option<ChainHead>,
    ) -> Result<&mut Book<'n>, StoreError> {
        match self.by_sender.entry(sender) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(place) => {
                let head = match head {
                    Some(head) => head,
                    None => peer::begin(tx, &sender).await?,
                };
                Ok(place.insert(Book::at(notary, sender, head)))
            }
        }
    }

    /// Writes what was entered and moves the ends of the chains.
    ///
    /// # Errors
    /// As [`Book::close`].
    pub async fn close(self, tx: &mut Tx, by: &'static str) -> Result<(), Refusal> {
        for book in self.by_sender.into_values() {
            book.close(tx, by).await?;
        }
        Ok(())
    }
}
