//! Whose task something is.

use super::closed_set::closed_set;

closed_set! {
    /// A desk: people who answer for something, by what they are there for.
    Desk in "desk" {
        /// The police district's desk, which answers for reports.
        District = "district",
        /// The intake of a child welfare service.
        Intake = "intake",
        /// Who runs the service: certificates, backups, versions.
        Operator = "operator",
    }
}
