//! Sees to it that nobody is left out: desks hear of their tasks, and what does not arrive is told to others.

use std::sync::Arc;

use super::{Office, Step};
use crate::{
    db::{
        StoreError,
        notices::{self, LeaveToOthers, Relay, TellDesk},
    },
    runtime::shutdown::{Shutdown, TaskError},
};

/// Puts notices into the outbox for those who would otherwise not be told.
pub struct Keeper {
    office: Arc<Office>,
}

impl Keeper {
    /// One for the service.
    #[must_use]
    pub fn new(office: Arc<Office>) -> Self {
        Self { office }
    }

    /// Steps until a stop is asked for.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), TaskError> {
        loop {
            let stepped = tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                stepped = self.step() => stepped,
            };
            if self.office.rest(stepped, &shutdown).await.is_break() {
                return Ok(());
            }
        }
    }

    /// Tells desks of tasks, and others of what does not arrive.
    ///
    /// # Errors
    /// When storage fails; what was not done is found again.
    pub async fn step(&self) -> Result<Step, StoreError> {
        let done = self.tell_desks().await? + self.relay().await? + self.leave_to_others().await?;
        Ok(if done > 0 { Step::Worked } else { self.office.idle(None) })
    }

    async fn tell_desks(&self) -> Result<u64, StoreError> {
        let office = &self.office;
        let mut told = 0;
        for (desk, contacts) in office.notification.desks() {
            for contact in contacts {
                let now = office.clock.now();
                if notices::is_untold(office.database.reader(), desk, &contact, now).await? {
                    told += office.database.change(TellDesk { desk, contact }).await?;
                }
            }
        }
        Ok(told)
    }

    async fn relay(&self) -> Result<u64, StoreError> {
        let office = &self.office;
        let mut relayed = 0;
        for (contact, is_dead) in notices::without_relay(office.database.reader()).await? {
            let is_configured = office.notification.contact(&contact).is_some();
            let to = office.notification.instead_of(&contact);
            let is_left_out = is_dead || !is_configured;
            // One whose channel is known to be dead, and for whom nobody stands in, has a task.
            if is_left_out && !(is_dead && to.is_empty()) {
                let relay = Relay {
                    contact,
                    is_configured,
                    to,
                };
                relayed += office.database.change(relay).await?;
            }
        }
        Ok(relayed)
    }

    async fn leave_to_others(&self) -> Result<u64, StoreError> {
        let office = &self.office;
        let mut left = 0;
        for contact in notices::told_elsewhere(office.database.reader()).await? {
            if office.notification.contact(&contact).is_none() {
                left += office.database.change(LeaveToOthers(contact)).await?;
            }
        }
        Ok(left)
    }
}
