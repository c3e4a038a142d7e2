//! What a configuration may not be.

use framme_shared::{
    domain::{
        clocks::InvalidClockPolicy,
        escalation::InvalidLadders,
        holding::{InvalidSchedule, MOST_AT_ONCE},
        report::limits,
        retry::InvalidBackoff,
        statement,
    },
    runtime::notify::InvalidNotification,
};

use crate::directory::Faults;

/// A configuration that each key alone allows and that makes no sense as a whole.
#[derive(Debug, thiserror::Error)]
pub enum InvalidConfig {
    /// The short form of a directory breaks a rule.
    #[error(transparent)]
    Receivers(#[from] Faults),
    /// There must be somebody to send to.
    #[error("directory: must name a file, or receivers must have at least one")]
    NoReceivers,
    /// Which of them would be right?
    #[error("receivers: must be left out when there is a directory")]
    TwoDirectories,
    /// Outside its range.
    #[error("outbox.in_flight must be 1-256")]
    InFlight,
    /// Outside its range.
    #[error("outbox.lease_seconds must be 5-3600")]
    Lease,
    /// Outside its range.
    #[error("outbox.poll_ms must be 10-60000")]
    Poll,
    /// A backoff that never waits.
    #[error("outbox.backoff_base_ms, outbox.backoff_cap_ms: {0}")]
    Backoff(#[from] InvalidBackoff),
    /// A schedule that never asks.
    #[error("confirmation.days, confirmation.every_days: {0}")]
    ConfirmationSchedule(#[from] InvalidSchedule),
    /// Outside its range.
    #[error("confirmation.grace_hours must be 1-720")]
    ConfirmationGrace,
    /// Outside its range.
    #[error("confirmation.batch must be 1-{MOST_AT_ONCE}")]
    ConfirmationBatch,
    /// Outside its range.
    #[error("confirmation.lease_seconds must be 60-3600")]
    ConfirmationLease,
    /// Outside its range.
    #[error("confirmation.poll_ms must be 10-3600000")]
    ConfirmationPoll,
    /// Nobody can dial it.
    #[error("letters.desk_phone must be digits with single spaces or hyphens between, optionally after a plus")]
    DeskPhone,
    /// Outside its range.
    #[error("letters.ask_every_minutes must be 1-1440")]
    LettersAskEvery,
    /// Outside its range.
    #[error("letters.poll_ms must be 10-3600000")]
    LettersPoll,
    /// Outside its range.
    #[error("figures.promise_hours must be 1-8784 for each urgency")]
    Promise,
    /// Outside its range.
    #[error("attachments.max_bytes must be 1-{}", limits::ATTACHMENT_BYTES)]
    AttachmentBytes,
    /// Outside its range.
    #[error("reconciliation.hour must be 0-23")]
    ReconciliationHour,
    /// Outside its range.
    #[error("reconciliation.days must be 1-366")]
    ReconciliationDays,
    /// Outside its range.
    #[error("reconciliation.numbers_seconds must be 10-86400")]
    ReconciliationNumbers,
    /// Outside its range.
    #[error("reconciliation.second_look_seconds must be 0-25")]
    ReconciliationSecondLook,
    /// Outside their ranges.
    #[error(
        "readiness: every_seconds must be 10-900, silent_minutes 1-1440, clock_stopped_minutes 3-1440, unworked_hours 1-168"
    )]
    Readiness,
    /// Outside their ranges.
    #[error("drills: every_days must be 1-90, answer_hours 1-168")]
    Drills,
    /// Clocks that the law or their own sense does not allow.
    #[error(transparent)]
    Clocks(#[from] InvalidClockPolicy),
    /// Ladders that this side cannot have.
    #[error("escalation: {0}")]
    Escalation(#[from] InvalidLadders),
    /// Hours that make no sense.
    #[error(transparent)]
    Statements(#[from] statement::InvalidSchedule),
    /// Who is told, and how.
    #[error(transparent)]
    Notification(#[from] InvalidNotification),
}
