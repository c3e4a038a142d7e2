//! How a matter was taken that a person at the sender ended.

use crate::domain::closed_set::closed_set;

closed_set! {
    /// How a matter was taken instead, when a named person closed children of it.
    ClosingKind in "closing" {
        /// By letter.
        Letter = "letter",
        /// By phone.
        Phone = "phone",
        /// In another way, or not at all: the reason says.
        Other = "other",
    }
}
