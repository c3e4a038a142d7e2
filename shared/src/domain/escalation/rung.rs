//! The rungs, with the words that configuration and databases use.

use crate::domain::{closed_set::closed_set, statement::Side};

closed_set! {
    /// Whom an escalation tells; on each side from the nearest to the last.
    Rung in "rung" {
        /// At the receiver: whoever keeps the list on which the report waits.
        ListOwner = "list_owner",
        /// At the receiver: the intake leaders, who can assign.
        IntakeLeaders = "intake_leaders",
        /// At the receiver: the duty service (barnevernvakt).
        Duty = "duty",
        /// At the receiver: the management of the service.
        ReceiverManagement = "receiver_management",
        /// At the sender: the officer who reported.
        Officer = "officer",
        /// At the sender: the desk of the district.
        Desk = "desk",
        /// At the sender: the commander on duty.
        Commander = "commander",
        /// At the sender: the management of the district.
        SenderManagement = "sender_management",
    }
}

impl Rung {
    /// On which side it is.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::ListOwner | Self::IntakeLeaders | Self::Duty | Self::ReceiverManagement => Side::Receiver,
            Self::Officer | Self::Desk | Self::Commander | Self::SenderManagement => Side::Sender,
        }
    }

    /// Where an escalation starts at this side when somebody must act at once: a phone call reached nobody, or nobody can
    /// open what was sent.
    #[must_use]
    pub const fn that_can_act(side: Side) -> Self {
        match side {
            Side::Receiver => Self::Duty,
            Side::Sender => Self::Desk,
        }
    }
}
