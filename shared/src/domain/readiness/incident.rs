//! What can be wrong, each a kind of task.

use crate::domain::{closed_set::closed_set, municipality::Area};

closed_set! {
    /// A reason why reports would lie unseen. The word is the kind of the task that tells people.
    Incident in "readiness incident" {
        /// Nobody active has access and a valid credential for an area that reports go to.
        NobodyCanOpen = "nobody_can_open",
        /// There is a duty service, and nobody of it could open.
        DutyUncovered = "duty_uncovered",
        /// Reports wait, and no person has worked the list for hours.
        NobodyWorksList = "nobody_works_list",
        /// The receiver does not reach its own people.
        AlertAddressDead = "alert_address_dead",
        /// The two clocks differ.
        ClockOffset = "clock_offset",
        /// The receiver does not answer.
        ReceiverSilent = "receiver_silent",
        /// The receiver's clock worker has stopped: it escalates nothing.
        PeerClockStopped = "peer_clock_stopped",
        /// The receiver does not know the question, or answers what cannot be.
        ReadinessUnknown = "readiness_unknown",
        /// A sender that calls every few minutes has stopped calling.
        SenderSilent = "sender_silent",
        /// The sender's clock worker has stopped: it escalates nothing.
        SenderClockStopped = "sender_clock_stopped",
    }
}

impl Incident {
    /// Those that a receiver's answer decides.
    pub const OF_ANSWERS: &'static [Self] = &[
        Self::NobodyCanOpen,
        Self::DutyUncovered,
        Self::NobodyWorksList,
        Self::AlertAddressDead,
        Self::ClockOffset,
        Self::PeerClockStopped,
    ];
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What.
    pub incident: Incident,
    /// Where; `None` when it is about the whole service.
    pub area: Option<Area>,
    /// Particulars, without personal data.
    pub told: String,
}
