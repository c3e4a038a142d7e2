//! The phone call that goes beside an acute report.

use jiff::Timestamp;

use super::PhoneNumber;
use crate::domain::{masked::masked_debug, text::Line};

/// One attempt to phone the service that must act.
#[derive(Clone, PartialEq)]
pub struct PhoneCall {
    /// When.
    pub at: Timestamp,
    /// How it ended.
    pub result: PhoneCallResult,
    /// The number called.
    pub number: Option<PhoneNumber>,
}

/// How a call ended.
#[derive(Clone, PartialEq, Eq)]
pub enum PhoneCallResult {
    /// Somebody took the message.
    Reached {
        /// Who.
        answered_by: Line<200>,
    },
    /// Nobody who could take it.
    NotReached,
}

masked_debug!(PhoneCall, PhoneCallResult);
