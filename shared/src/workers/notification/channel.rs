//! The worker that sends to one contact. A contact that hangs delays nobody else's messages.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use super::{Office, Step};
use crate::{
    db::{
        StoreError,
        notices::{self, ClaimMessage, Claimed, NotTaken, Taken},
    },
    domain::{
        notice::{ContactName, DeliveryFailure, Due, LONGEST_PAUSE, hook, text},
        report::Urgency,
        retry::Backoff,
    },
    runtime::{
        notify::Parcel,
        shutdown::{Shutdown, TaskError},
    },
};

/// The longest first wait after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest wait while something acute is in the message.
const LONGEST_ACUTE_PAUSE: Duration = Duration::from_secs(60);

/// Sends to one contact.
pub struct ChannelWorker {
    office: Arc<Office>,
    contact: ContactName,
}

impl ChannelWorker {
    /// A worker for a contact of the configuration.
    #[must_use]
    pub fn new(office: Arc<Office>, contact: ContactName) -> Self {
        Self { office, contact }
    }

    /// Steps until a stop is asked for. A message on its way is left alone then: its lease runs out, and it is sent again
    /// under the same id.
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

    /// Sends one message, if one is due.
    ///
    /// # Errors
    /// When storage fails. What was sent is then sent again, under the same id, when its lease has run out.
    pub async fn step(&self) -> Result<Step, StoreError> {
        let office = &self.office;
        let reader = office.database.reader();
        let gather = office.notification.gather;
        match notices::next_due(reader, &self.contact, office.clock.now(), gather).await? {
            Due::Nothing => return Ok(office.idle(None)),
            Due::Later(at) => return Ok(office.idle(Some(at))),
            Due::Again(_) | Due::Gather => {}
        }
        let token = office.random.new_uuid().to_string();
        let claim = ClaimMessage {
            contact: self.contact.clone(),
            service: office.service.clone(),
            token: token.clone(),
            gather,
        };
        let Some(claimed) = office.database.change(claim).await? else {
            return Ok(office.idle(None));
        };
        match self.send(&claimed).await {
            Ok(()) => self.taken(claimed, token).await?,
            Err(failure) => self.not_taken(claimed, token, failure).await?,
        }
        Ok(Step::Worked)
    }

    async fn send(&self, claimed: &Claimed) -> Result<(), DeliveryFailure> {
        let office = &self.office;
        let contact = office.notification.contact(&self.contact);
        let contact = contact.ok_or(DeliveryFailure::NotConfigured)?;
        let place = &office.notification.place;
        let parcel = Parcel {
            id: &claimed.id,
            text: &text(contact.language, &claimed.message, place, office.clock.now()),
            hook: &hook(&claimed.message, place, claimed.made_at),
            made_at: claimed.made_at,
        };
        office.courier.deliver(contact, &parcel).await
    }

    async fn taken(&self, claimed: Claimed, token: String) -> Result<(), StoreError> {
        let notices = claimed.message.total();
        let taken = Taken {
            contact: self.contact.clone(),
            id: claimed.id,
            token,
        };
        if self.office.database.change(taken).await? {
            tracing::info!(contact = %self.contact, notices, "A message was taken");
        }
        Ok(())
    }

    async fn not_taken(&self, claimed: Claimed, token: String, failure: DeliveryFailure) -> Result<(), StoreError> {
        let attempt = u32::try_from(claimed.attempt).unwrap_or(u32::MAX);
        let attempt = NonZeroU32::new(attempt).unwrap_or(NonZeroU32::MIN);
        let jitter = self.office.random.next_u64();
        let not_taken = NotTaken {
            contact: self.contact.clone(),
            id: claimed.id,
            token,
            failure,
            wait: backoff(claimed.message.first().urgency).delay(attempt, jitter),
        };
        self.office.database.change(not_taken).await?;
        tracing::info!(contact = %self.contact, failure = %failure, attempt, "A message was not taken, and is tried again");
        Ok(())
    }
}

fn backoff(urgency: Urgency) -> Backoff {
    let longest = match urgency {
        Urgency::Acute => LONGEST_ACUTE_PAUSE,
        Urgency::Urgent | Urgency::Normal => LONGEST_PAUSE,
    };
    Backoff::new(FIRST_PAUSE, longest).expect("seconds below minutes below a day")
}
