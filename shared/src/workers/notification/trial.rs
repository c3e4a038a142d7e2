//! A person tries whether messages to a contact arrive.

use std::sync::Arc;

use crate::{
    domain::notice::{ContactName, DeliveryFailure, MessageId, test_hook, test_text},
    runtime::{
        clock::Clock,
        exit::Exit,
        notify::{Courier, CourierError, Notification, Parcel},
        random::Random,
    },
};

/// Why nothing could be tried.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// Nobody.
    #[error("there is no contact {0} in the configuration")]
    NoContact(ContactName),
    /// The own side.
    #[error(transparent)]
    Courier(#[from] CourierError),
}

/// What came of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial(pub Result<(), DeliveryFailure>);

impl Trial {
    /// For the person.
    #[must_use]
    pub fn words(&self) -> String {
        match self.0 {
            Ok(()) => "The message was taken. Ask those who should have got it: what happens to it afterwards, nobody \
                       tells this service."
                .to_owned(),
            Err(failure) => format!("The message was not taken: {failure}."),
        }
    }

    /// For scripts.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self.0 {
            Ok(()) => Exit::Ok,
            Err(failure) if failure.is_permanent() => Exit::Refused,
            Err(_) => Exit::Unavailable,
        }
    }
}

/// Sends a message that says that it is a test. Nothing of it is stored.
///
/// # Errors
/// See [`TrialError`]; nothing was sent then.
pub async fn try_contact(
    notification: &Notification,
    name: &ContactName,
    clock: Arc<dyn Clock>,
    random: &dyn Random,
) -> Result<Trial, TrialError> {
    let contact = notification.contact(name);
    let contact = contact.ok_or_else(|| TrialError::NoContact(name.clone()))?;
    let courier = Courier::new(notification, Arc::clone(&clock))?;
    let now = clock.now();
    let parcel = Parcel {
        id: &MessageId::stored(random.new_uuid().simple().to_string()),
        text: &test_text(contact.language, &notification.place, now),
        hook: &test_hook(&notification.place, now),
        made_at: now,
    };
    Ok(Trial(courier.deliver(contact, &parcel).await))
}
