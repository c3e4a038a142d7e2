//! What an organisation signs.

use crate::domain::closed_set::closed_set;

closed_set! {
    /// What a signed text is: the header's `typ`, which tells it from everything else that is signed with the same key
    /// (RFC 8725, section 3.11).
    Kind in "kind of signed text" {
        /// What a receiver states about a transmission.
        Receipt = "framme-receipt+jws",
        /// What one side of a pair has of a day.
        Statement = "framme-statement+jws",
        /// What a receiver found when it was asked whether it still holds what it has confirmed.
        Holding = "framme-holding+jws",
        /// What a receiver says of a letter that came by post.
        Letter = "framme-letter+jws",
        /// What a comparison of both sides came to.
        Reconciliation = "framme-reconciliation+jws",
        /// The contents of an evidence package.
        Evidence = "framme-evidence+jws",
        /// A police district's figures of a period.
        Figures = "framme-figures+jws",
    }
}

impl Kind {
    /// Longer texts are refused unread. A receipt with a chain of four RSA certificates is about half of its limit.
    #[must_use]
    pub const fn most_bytes(self) -> usize {
        match self {
            Self::Receipt | Self::Letter => 32 * 1024,
            Self::Statement | Self::Reconciliation => 64 * 1024,
            Self::Holding => 2 * 1024 * 1024,
            Self::Evidence | Self::Figures => 64 * 1024 * 1024,
        }
    }
}
