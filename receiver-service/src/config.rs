//! The receiver's configuration: flag before environment before file before default, and no unknown keys.

mod readiness;

use std::{net::SocketAddr, path::PathBuf};

use framme_shared::{
    db::{DatabaseConfig, deadlines::Rules},
    domain::{
        clocks::{ClockPolicy, InvalidClockPolicy},
        escalation::{InvalidLadders, LaddersInConfig},
        identity_number::TestNumbers,
        municipality::Area,
        organisation::OrganisationNumber,
        report::limits,
        statement::{InvalidSchedule, Schedule, Side},
    },
    runtime::{
        notify::{ContactConfig, InvalidNotification, NotificationConfig},
        serve::{LocalAddress, ServeLimits},
        telemetry::LogFormat,
        tls::TlsFiles,
    },
};
use serde::Deserialize;

pub use self::readiness::ReadinessConfig;

/// Environment variables that begin so are configuration: `FRAMME_RECEIVER_DATABASE__URL`.
pub const ENV_PREFIX: &str = "FRAMME_RECEIVER_";

/// Everything that can be configured; see `receiver.example.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The organisation number in the receiver's enterprise certificate.
    pub organisation: OrganisationNumber,
    /// Refuses synthetic identity numbers. Default true.
    #[serde(default = "yes")]
    pub production: bool,
    /// How log lines look.
    #[serde(default)]
    pub log_format: LogFormat,
    /// Where transmissions are kept.
    pub database: DatabaseConfig,
    /// The enterprise certificate, which also signs receipts, and whom the receiver believes.
    pub tls: TlsFiles,
    /// How often certificates, trust and revocation lists are read again, in seconds, 1-86,400. Default 30.
    #[serde(default = "reload_seconds")]
    pub tls_reload_seconds: u64,
    /// The interface for senders.
    pub exchange: ExchangeConfig,
    /// The interface for case systems, the command line and the inbox.
    pub local: LocalConfig,
    /// Files that go with transmissions.
    #[serde(default)]
    pub attachments: Limits,
    /// How long clocks run: from submission until somebody has a report, and until what is owed of it is told.
    #[serde(default)]
    pub clocks: ClockPolicy,
    /// Who is told when a clock has run out.
    #[serde(default)]
    pub escalation: LaddersInConfig,
    /// What is answered to senders that make figures.
    #[serde(default)]
    pub figures: FiguresConfig,
    /// When daily statements are made and missed.
    #[serde(default)]
    pub statements: Schedule,
    /// How people are told of what waits for them.
    #[serde(default)]
    pub notification: NotificationConfig,
    /// Who can be told.
    #[serde(default)]
    pub contacts: Vec<ContactConfig>,
    /// Which municipalities ("5501") and city districts ("0301/05") the service serves. Left out: those that its staff
    /// register names.
    #[serde(default)]
    pub serves: Vec<Area>,
    /// How it watches over its own readiness, and over its senders.
    #[serde(default)]
    pub readiness: ReadinessConfig,
    /// Who may send.
    pub peers: Vec<PeerConfig>,
}

/// The interface for senders.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeConfig {
    /// Where it listens.
    pub address: SocketAddr,
    /// Limits of the listener. Default: those for peers on the Internet, with 128 requests of one connection at once:
    /// a sender's window of 120 deliveries shares its connection with withdrawals. Only senders on the allow list get
    /// so far, and the deliveries of a window share the fsyncs that each of them waits for.
    #[serde(default = "exchange_limits")]
    pub limits: ServeLimits,
}

/// The local interface.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalConfig {
    /// `127.0.0.1:8444`, or `unix:/run/framme/receiver.sock` (no TLS there: the file's permissions guard it).
    pub address: LocalAddress,
    /// Its own certificate; that of the exchange if left out.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
    /// Limits of the listener.
    #[serde(default = "ServeLimits::local")]
    pub limits: ServeLimits,
}

/// Files that go with transmissions.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest file in bytes, 1 to 4 GiB less 1 MiB. Default 100 MiB.
    pub max_bytes: u64,
    /// Files of one transmission, at most. Default 20.
    pub max_files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 100 * 1024 * 1024,
            max_files: 20,
        }
    }
}

/// What is answered to senders that make figures: counts of children whose case was or was not known.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FiguresConfig {
    /// Whether anything is. Default true.
    pub answer: bool,
    /// Nothing is answered while fewer children of the period than this are counted: a count of one child tells of that
    /// child. Default 0, which always answers.
    pub least_children: u64,
}

impl Default for FiguresConfig {
    fn default() -> Self {
        Self {
            answer: true,
            least_children: 0,
        }
    }
}

/// An organisation that may send.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerConfig {
    /// The organisation number in its certificate.
    pub organisation: OrganisationNumber,
    /// The authorities that its certificate may be from, as in RFC 4514; every trusted one if left out.
    #[serde(default)]
    pub issuers: Vec<String>,
}

/// A configuration that each key alone allows and that makes no sense as a whole.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidConfig {
    /// A sender stands there twice.
    #[error("peers: {0} is configured twice")]
    PeerTwice(OrganisationNumber),
    /// Outside its range.
    #[error("tls_reload_seconds must be 1-86400")]
    Reload,
    /// Outside its range.
    #[error("attachments.max_bytes must be 1-{}", limits::ATTACHMENT_BYTES)]
    AttachmentBytes,
    /// Outside its range.
    #[error("attachments.max_files must be 1-20")]
    AttachmentFiles,
    /// Outside their ranges.
    #[error(
        "readiness: every_seconds must be 10-3600, sender_silent_minutes and clock_stopped_minutes 3-1440, \
         drill_answer_hours 1-168"
    )]
    Readiness,
    /// Clocks that the law or their own sense does not allow.
    #[error(transparent)]
    Clocks(#[from] InvalidClockPolicy),
    /// Ladders that this side cannot have.
    #[error("escalation: {0}")]
    Escalation(#[from] InvalidLadders),
    /// Hours that make no sense.
    #[error(transparent)]
    Statements(#[from] InvalidSchedule),
    /// Who is told, and how.
    #[error(transparent)]
    Notification(#[from] InvalidNotification),
}

impl Config {
    /// Checks what no single key shows.
    ///
    /// # Errors
    /// See [`InvalidConfig`].
    pub fn check(&self) -> Result<(), InvalidConfig> {
        for (index, peer) in self.peers.iter().enumerate() {
            if self.peers[..index]
                .iter()
                .any(|before| before.organisation == peer.organisation)
            {
                return Err(InvalidConfig::PeerTwice(peer.organisation));
            }
        }
        if !(1..=86_400).contains(&self.tls_reload_seconds) {
            return Err(InvalidConfig::Reload);
        }
        if !(1..=limits::ATTACHMENT_BYTES).contains(&self.attachments.max_bytes) {
            return Err(InvalidConfig::AttachmentBytes);
        }
        if !(1..=20).contains(&self.attachments.max_files) {
            return Err(InvalidConfig::AttachmentFiles);
        }
        self.notification.checked(&self.contacts)?;
        self.readiness.check()?;
        self.deadlines()?;
        Ok(self.statements.check()?)
    }

    /// By which rules deadlines are looked at.
    ///
    /// # Errors
    /// When clocks or ladders break a rule of theirs.
    pub fn deadlines(&self) -> Result<Rules, InvalidConfig> {
        self.clocks.check()?;
        Ok(Rules {
            policy: self.clocks.clone(),
            ladders: self.escalation.clone().of(Side::Receiver)?,
            announce: !self.contacts.is_empty(),
            contacts: Some(self.contacts.iter().map(|contact| contact.name.clone()).collect()),
        })
    }

    /// The files that the local interface proves itself with.
    #[must_use]
    pub fn local_tls(&self) -> &TlsFiles {
        self.local.tls.as_ref().unwrap_or(&self.tls)
    }

    /// Whether identity numbers that belong to nobody are taken.
    #[must_use]
    pub const fn test_numbers(&self) -> TestNumbers {
        if self.production {
            TestNumbers::Refused
        } else {
            TestNumbers::Accepted
        }
    }

    /// The configuration file that is read when none is named and this exists.
    #[must_use]
    pub fn default_file() -> PathBuf {
        PathBuf::from("receiver.toml")
    }
}

fn exchange_limits() -> ServeLimits {
    ServeLimits {
        requests_per_connection: 128,
        streams_per_connection: 160,
        ..ServeLimits::default()
    }
}

const fn yes() -> bool {
    true
}

const fn reload_seconds() -> u64 {
    30
}

#[cfg(test)]
mod tests {
    use framme_shared::runtime::config;

    use super::*;

    const EXAMPLE: &str = include_str!("../receiver.example.toml");

    #[test]
    fn the_example_is_a_configuration() {
        let config: Config = config::parse(EXAMPLE).unwrap();
        assert_eq!(config.check(), Ok(()));
        assert_eq!(config.peers.len(), 2);
        assert_eq!(config.test_numbers(), TestNumbers::Refused);
    }

    #[test]
    fn a_sender_that_stands_there_twice_is_refused() {
        let mut config: Config = config::parse(EXAMPLE).unwrap();
        config.peers.push(config.peers[0].clone());
        assert_eq!(
            config.check(),
            Err(InvalidConfig::PeerTwice(config.peers[0].organisation))
        );
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        let config: Config = config::parse(EXAMPLE).unwrap();
        let with = |change: fn(&mut Config)| {
            let mut config = config.clone();
            change(&mut config);
            config.check()
        };
        assert_eq!(with(|c| c.tls_reload_seconds = 0), Err(InvalidConfig::Reload));
        assert_eq!(with(|c| c.readiness.every_seconds = 9), Err(InvalidConfig::Readiness));
        assert_eq!(
            with(|c| c.attachments.max_files = 21),
            Err(InvalidConfig::AttachmentFiles)
        );
    }

    #[test]
    fn a_statement_is_missed_later_than_it_is_made() {
        let mut config: Config = config::parse(EXAMPLE).unwrap();
        config.statements.alarm_hour = config.statements.hour;
        assert!(matches!(config.check(), Err(InvalidConfig::Statements(_))));
    }

    #[test]
    fn a_file_may_be_as_large_as_at_a_sender() {
        let with = |max_bytes| {
            let mut config: Config = config::parse(EXAMPLE).unwrap();
            config.attachments.max_bytes = max_bytes;
            config.check()
        };
        assert_eq!(with(4_293_918_720), Ok(()));
        for outside in [0, 4_293_918_721, u64::MAX] {
            let refused = with(outside).unwrap_err().to_string();
            assert_eq!(refused, "attachments.max_bytes must be 1-4293918720");
        }
    }
}
