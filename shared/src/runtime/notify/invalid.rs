//! What the configuration of notices may not be.

use crate::domain::notice::ContactName;

/// Notices that each key alone allows and that make no sense as a whole. Never shows an address or a secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidNotification {
    /// Without it nobody knows where to look.
    #[error(
        "notification.where must be https://… (http only on this machine) without a query, when there are contacts"
    )]
    Place,
    /// Outside its range.
    #[error("notification.digest_seconds must be 0-86400")]
    Digest,
    /// Passwords and notices would go over the network in the clear.
    #[error("notification.smtp.tls may be plain only when the host is this machine")]
    PlainSmtp,
    /// Half an account.
    #[error("notification.smtp.user and notification.smtp.password_file go together")]
    Account,
    /// No address.
    #[error("notification.smtp.from must be an e-mail address")]
    From,
    /// A mail server is needed.
    #[error("contacts: {0} has an e-mail address, and notification.smtp is missing")]
    NoSmtp(ContactName),
    /// A contact stands there twice.
    #[error("contacts: {0} is configured twice")]
    Twice(ContactName),
    /// Neither or both.
    #[error("contacts: {0} must have email, or webhook with secret_file, and not both")]
    Address(ContactName),
    /// No e-mail address.
    #[error("contacts: the email of {0} is no e-mail address")]
    Email(ContactName),
    /// No usable address.
    #[error("contacts: the webhook of {0} must be https://… (http only on this machine)")]
    Webhook(ContactName),
    /// Nobody.
    #[error("contacts: {contact} names {instead} as instead, which is not configured")]
    Instead {
        /// Who names it.
        contact: ContactName,
        /// Whom.
        instead: ContactName,
    },
    /// Nobody would be told.
    #[error("contacts: {0} leads back to itself by instead")]
    Circle(ContactName),
    /// Nobody.
    #[error("notification.desks names {0}, which is not configured")]
    Desk(ContactName),
}
