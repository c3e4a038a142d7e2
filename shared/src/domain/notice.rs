//! Telling people that something waits: whom, on what occasion, and until when. Never about whom or what.

mod channel;
mod contact;
mod due;
mod hook;
mod message;
mod message_id;
mod text;

use jiff::Timestamp;

pub use self::{
    channel::{Channel, DeliveryFailure},
    contact::{ContactName, InvalidContactName},
    due::{Due, LEASE, LONGEST_PAUSE, Waiting, due},
    hook::{HOOK_TYPE, TEST_TYPE, hook, test_hook},
    message::{Counted, Message},
    message_id::{MessageId, Told},
    text::{Text, test_text, text},
};

use super::closed_set::closed_set;
use super::report::Urgency;

closed_set! {
    /// Why somebody is told.
    Occasion in "occasion" {
        /// A report waits for a person, and its time runs out or has run out.
        Waiting = "waiting",
        /// Something is wrong with the exchange or with a service; a task says what.
        Incident = "incident",
        /// A drill waits to be assigned.
        Drill = "drill",
        /// The child welfare service has answered about a report.
        Answered = "answered",
        /// An answer is owed, and its time runs out or has run out.
        Owed = "owed",
        /// A contact cannot be reached; sent to another one.
        Unreachable = "unreachable",
    }
}

/// Somebody is to be told that something waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Whom: a name in the configuration, never an address.
    pub contact: ContactName,
    /// Why.
    pub occasion: Occasion,
    /// Id of what waits: a transmission, an organisation number or the number of a task. It is for the program; what is
    /// sent does not name it.
    pub subject: String,
    /// Which telling of the same this is, from 0: each is sent once.
    pub turn: u32,
    /// How soon somebody must act.
    pub urgency: Urgency,
    /// Until when, where there is a deadline; it may have passed.
    pub until: Option<Timestamp>,
}
