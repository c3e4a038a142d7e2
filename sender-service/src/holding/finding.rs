//! What can be wrong with what a receiver says it holds.

/// What was found. Every finding makes the transmission undelivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finding {
    /// The receiver has nothing under this id.
    Missing,
    /// It is there, and does not open or is not whole.
    Damaged,
    /// It digests differently from what was sent.
    OtherDigest,
    /// A child that was sent is not there.
    ChildMissing,
    /// A file digests differently from what was sent.
    OtherFile,
    /// The receiver does not know receipts that it has made.
    FewerReceipts,
    /// The receiver has another receipt where the sender has one that verifies.
    OtherReceipts,
    /// A child that has a caseworker by its receipts has none, or another one.
    OtherStage,
    /// No answer that could be believed, for longer than the grace.
    Unanswered,
}

impl Finding {
    /// Every finding.
    pub const ALL: [Self; 9] = [
        Self::Missing,
        Self::Damaged,
        Self::OtherDigest,
        Self::ChildMissing,
        Self::OtherFile,
        Self::FewerReceipts,
        Self::OtherReceipts,
        Self::OtherStage,
        Self::Unanswered,
    ];

    /// Its word, in tables and the ledger.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Damaged => "damaged",
            Self::OtherDigest => "other_digest",
            Self::ChildMissing => "child_missing",
            Self::OtherFile => "other_file",
            Self::FewerReceipts => "fewer_receipts",
            Self::OtherReceipts => "other_receipts",
            Self::OtherStage => "other_stage",
            Self::Unanswered => "unanswered",
        }
    }

    /// The kind of task that it is for people.
    #[must_use]
    pub const fn task(self) -> &'static str {
        match self {
            Self::Missing => "holding_missing",
            Self::Damaged => "holding_damaged",
            Self::OtherDigest => "holding_other_digest",
            Self::ChildMissing => "holding_child_missing",
            Self::OtherFile => "holding_other_file",
            Self::FewerReceipts => "holding_fewer_receipts",
            Self::OtherReceipts => "holding_other_receipts",
            Self::OtherStage => "holding_other_stage",
            Self::Unanswered => "holding_unanswered",
        }
    }

    /// Whether the receiver has lost something that sending again can bring back. The others are for people alone.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        match self {
            Self::Missing
            | Self::Damaged
            | Self::OtherDigest
            | Self::ChildMissing
            | Self::OtherFile
            | Self::FewerReceipts => true,
            Self::OtherReceipts | Self::OtherStage | Self::Unanswered => false,
        }
    }
}
