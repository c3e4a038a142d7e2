//! Who can be told and how, as configured.

use std::path::PathBuf;

use serde::Deserialize;

use crate::domain::{language::Language, notice::ContactName, sensitive::Sensitive};

/// How people are told.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotificationConfig {
    /// Where people look, shown in what is sent: an address without anything about a report. `https://board.example.no`.
    #[serde(rename = "where")]
    pub place: Option<String>,
    /// For how long notices to one contact are gathered into one message, 0-86,400 seconds; acute ones never wait.
    /// Default 300.
    pub digest_seconds: u64,
    /// The authorities whose certificates mail server and webhooks may have, as PEM. Default: Debian's, of the public
    /// Internet. Enterprise certificates play no part here.
    pub authorities: PathBuf,
    /// The mail server; needed when a contact has an e-mail address.
    pub smtp: Option<SmtpConfig>,
    /// Who is told of tasks.
    pub desks: Desks,
}

impl Default for NotificationConfig {
    fn default() -> Self {
        Self {
            place: None,
            digest_seconds: 300,
            authorities: PathBuf::from("/etc/ssl/certs/ca-certificates.crt"),
            smtp: None,
            desks: Desks::default(),
        }
    }
}

/// The mail server that takes what is sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Its name, as in its certificate.
    pub host: String,
    /// 465 for implicit TLS, 587 for STARTTLS, as a rule.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// The account, where the server asks for one. With `password_file`, or neither.
    #[serde(default)]
    pub user: Option<Sensitive<String>>,
    /// The file with its password, read anew for each message.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Who sends: `Framme <framme@example.no>`.
    pub from: String,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// TLS from the first byte.
    Implicit,
    /// TLS by STARTTLS; a server that does not offer it gets nothing.
    Starttls,
    /// None at all: only for a mail server on this machine.
    Plain,
}

/// Who is told of the tasks of each desk. A desk without contacts is told by those that are told when all else fails.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Desks {
    /// The police district's desk.
    pub district: Vec<ContactName>,
    /// The intake of a child welfare service.
    pub intake: Vec<ContactName>,
    /// Who runs the service.
    pub operator: Vec<ContactName>,
}

/// Somebody who can be told: people behind an e-mail address, or a program behind a webhook.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactConfig {
    /// How the rest of the configuration, tasks and logs call it.
    pub name: ContactName,
    /// The language of what is sent.
    pub language: Language,
    /// The e-mail address; this or `webhook`.
    #[serde(default)]
    pub email: Option<Sensitive<String>>,
    /// The address that is posted to: https, or http on this machine.
    #[serde(default)]
    pub webhook: Option<Sensitive<String>>,
    /// The file with the secret that webhooks are signed with: `whsec_` and base64 of 24-64 bytes, read anew for each.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// Who is told when this contact cannot be reached.
    #[serde(default)]
    pub instead: Option<ContactName>,
    /// Whether this contact is told when nobody else can be: when a contact without `instead` cannot be reached, or one
    /// is named that is not configured. Where nobody has it, everybody is told.
    #[serde(default)]
    pub fallback: bool,
}
