//! The sender's configuration: flag before environment before file before default, and no unknown keys.

use std::{path::PathBuf, time::Duration};

use framme_shared::{
    db::DatabaseConfig,
    domain::{
        figures::Promise,
        holding::{InvalidSchedule, MOST_AT_ONCE, Schedule},
        municipality::Area,
        organisation::OrganisationNumber,
        report::limits,
        retry::{Backoff, InvalidBackoff},
        statement,
    },
    runtime::{
        serve::{LocalAddress, ServeLimits},
        telemetry::LogFormat,
        tls::TlsFiles,
    },
};
use serde::Deserialize;

use crate::directory::{ClaimedTwice, Directory};

/// Environment variables that begin so are configuration: `FRAMME_SENDER_DATABASE__URL`.
pub const ENV_PREFIX: &str = "FRAMME_SENDER_";

/// Everything that can be configured; see `sender.example.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The organisation number in the sender's enterprise certificate.
    pub organisation: OrganisationNumber,
    /// Refuses synthetic identity numbers. Default true.
    #[serde(default = "yes")]
    pub production: bool,
    /// How log lines look.
    #[serde(default)]
    pub log_format: LogFormat,
    /// Where reports are kept.
    pub database: DatabaseConfig,
    /// The enterprise certificate, and whom the sender believes: receivers, and the signatures of receipts.
    pub tls: TlsFiles,
    /// How often certificates, trust and revocation lists are read again, in seconds. Default 30.
    #[serde(default = "reload_seconds")]
    pub tls_reload_seconds: u64,
    /// The interface for police systems, the command line and the board.
    pub local: LocalConfig,
    /// How the outbox delivers.
    #[serde(default)]
    pub outbox: OutboxConfig,
    /// When receivers are asked whether they still hold what they have confirmed.
    #[serde(default)]
    pub confirmation: ConfirmationConfig,
    /// Files that go with reports.
    #[serde(default)]
    pub attachments: AttachmentLimits,
    /// How receivers are asked whether both sides hold the same.
    #[serde(default)]
    pub reconciliation: ReconciliationConfig,
    /// How figures are made.
    #[serde(default)]
    pub figures: FiguresConfig,
    /// When daily statements are made and missed.
    #[serde(default)]
    pub statements: statement::Schedule,
    /// Who gets reports about whom.
    pub receivers: Vec<ReceiverConfig>,
}

/// The local interface.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalConfig {
    /// `127.0.0.1:7443`, or `unix:/run/framme/sender.sock` (no TLS there: the file's permissions guard it).
    pub address: LocalAddress,
    /// Its own certificate; that of the exchange if left out.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
    /// Limits of the listener.
    #[serde(default = "ServeLimits::local")]
    pub limits: ServeLimits,
}

/// How the outbox delivers.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboxConfig {
    /// Deliveries under way to one receiver at once, 1-256. Default 120.
    pub in_flight: u32,
    /// How long a worker may hold a delivery before another may take it, in seconds. Default 30.
    pub lease_seconds: u64,
    /// The longest first wait after a failure, in milliseconds. Default 1,000.
    pub backoff_base_ms: u64,
    /// The longest wait after any failure, in milliseconds. Default 300,000.
    pub backoff_cap_ms: u64,
    /// How often an idle worker looks for work that nothing woke it for, in milliseconds. Default 1,000.
    pub poll_ms: u64,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self {
            in_flight: 120,
            lease_seconds: 30,
            backoff_base_ms: 1_000,
            backoff_cap_ms: 300_000,
            poll_ms: 1_000,
        }
    }
}

impl OutboxConfig {
    /// How long to wait after failures.
    ///
    /// # Errors
    /// When the base is zero or more than the cap.
    pub fn backoff(&self) -> Result<Backoff, InvalidBackoff> {
        Backoff::new(
            Duration::from_millis(self.backoff_base_ms),
            Duration::from_millis(self.backoff_cap_ms),
        )
    }

    /// How long a claim holds.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// How long an idle worker waits.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }
}

/// When receivers are asked whether they still hold what they have confirmed.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfirmationConfig {
    /// On which days after the hand-over, 1-365 each. Default 1 and 7.
    pub days: Vec<u32>,
    /// And then every so many days, 1-365, until every child is assessed or ended. Default 30.
    pub every_days: u32,
    /// For how long an answer may be missing before nothing that it is about counts as delivered, in hours, 1-720. Default 24.
    pub grace_hours: u64,
    /// Transmissions of one question, 1-200. Default 200.
    pub batch: u32,
    /// Whether files are read back too, one question for each report that has some. Default true.
    pub with_attachments: bool,
    /// How long a worker may take for its questions before another may ask them, in seconds, 60-3600. Default 120.
    pub lease_seconds: u64,
    /// How often an idle worker looks whether something is due, in milliseconds, 10-3600000. Default 10,000.
    pub poll_ms: u64,
}

impl Default for ConfirmationConfig {
    fn default() -> Self {
        Self {
            days: vec![1, 7],
            every_days: 30,
            grace_hours: 24,
            batch: 200,
            with_attachments: true,
            lease_seconds: 120,
            poll_ms: 10_000,
        }
    }
}

impl ConfirmationConfig {
    /// When to ask.
    ///
    /// # Errors
    /// When days or their number are outside of their ranges, or not in order.
    pub fn schedule(&self) -> Result<Schedule, InvalidSchedule> {
        Schedule::new(&self.days, self.every_days)
    }

    /// For how long an answer may be missing.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_hours * 60 * 60)
    }

    /// How long a claim holds.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// How long an idle worker waits.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    fn check(&self) -> Result<(), InvalidConfig> {
        self.schedule()?;
        if !(1..=720).contains(&self.grace_hours) {
            return Err(InvalidConfig::ConfirmationGrace);
        }
        if !(1..=MOST_AT_ONCE).contains(&(self.batch as usize)) {
            return Err(InvalidConfig::ConfirmationBatch);
        }
        if !(60..=3_600).contains(&self.lease_seconds) {
            return Err(InvalidConfig::ConfirmationLease);
        }
        if !(10..=3_600_000).contains(&self.poll_ms) {
            return Err(InvalidConfig::ConfirmationPoll);
        }
        Ok(())
    }
}

/// Files that go with reports.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttachmentLimits {
    /// The largest file in bytes, 1 to 4 GiB less 1 MiB. Default 100 MiB.
    pub max_bytes: u64,
}

impl Default for AttachmentLimits {
    fn default() -> Self {
        Self {
            max_bytes: 100 * 1024 * 1024,
        }
    }
}

/// How receivers are asked whether both sides hold the same.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReconciliationConfig {
    /// Compare every night, and on Sundays everything. Default true.
    pub scheduled: bool,
    /// From which hour of the day on, in Norway, 0-23. Default 3.
    pub hour: u8,
    /// How many days back a night's comparison goes, 1-366. Default 35.
    pub days: u32,
    /// How often a receiver is asked which numbers it lacks, in seconds, 10-86,400. Default 300.
    pub numbers_seconds: u64,
    /// How long to wait before what differs is looked at again, in seconds, 0-25: what moves meanwhile is no difference.
    /// Default 10.
    pub second_look_seconds: u64,
}

impl Default for ReconciliationConfig {
    fn default() -> Self {
        Self {
            scheduled: true,
            hour: 3,
            days: 35,
            numbers_seconds: 300,
            second_look_seconds: 10,
        }
    }
}

/// How figures are made.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FiguresConfig {
    /// Hours from submission to assignment, per urgency: what comes later is delivered late. Default 1 for acute, 4 for
    /// urgent, 48 for normal; no law sets them.
    pub promise_hours: Promise,
}

/// One receiver.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiverConfig {
    /// The organisation number in its certificate.
    pub organisation: OrganisationNumber,
    /// `https://host:port`.
    pub endpoint: String,
    /// What it serves: municipality numbers ("5501") and city districts ("0301/05").
    pub municipalities: Vec<Area>,
}

/// A configuration that each key alone allows and that makes no sense as a whole.
#[derive(Debug, thiserror::Error)]
pub enum InvalidConfig {
    /// An area has two receivers.
    #[error("receivers: {0}")]
    Receivers(#[from] ClaimedTwice),
    /// A receiver stands there twice.
    #[error("receivers: {0} is configured twice")]
    ReceiverTwice(OrganisationNumber),
    /// There must be somebody to send to.
    #[error("receivers: at least one must be configured")]
    NoReceivers,
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
    /// Hours that make no sense.
    #[error(transparent)]
    Statements(#[from] statement::InvalidSchedule),
}

impl Config {
    /// Checks what no single key shows, and gives the directory of receivers.
    ///
    /// # Errors
    /// See [`InvalidConfig`].
    pub fn check(&self) -> Result<Directory, InvalidConfig> {
        if self.receivers.is_empty() {
            return Err(InvalidConfig::NoReceivers);
        }
        if !(1..=256).contains(&self.outbox.in_flight) {
            return Err(InvalidConfig::InFlight);
        }
        if !(5..=3_600).contains(&self.outbox.lease_seconds) {
            return Err(InvalidConfig::Lease);
        }
        if !(10..=60_000).contains(&self.outbox.poll_ms) {
            return Err(InvalidConfig::Poll);
        }
        self.outbox.backoff()?;
        self.confirmation.check()?;
        if !(1..=limits::ATTACHMENT_BYTES).contains(&self.attachments.max_bytes) {
            return Err(InvalidConfig::AttachmentBytes);
        }
        self.reconciliation.check()?;
        if !self.figures.promise_hours.is_sensible() {
            return Err(InvalidConfig::Promise);
        }
        self.statements.check()?;
        let mut directory = Directory::default();
        for (index, receiver) in self.receivers.iter().enumerate() {
            if self.receivers[..index]
                .iter()
                .any(|before| before.organisation == receiver.organisation)
            {
                return Err(InvalidConfig::ReceiverTwice(receiver.organisation));
            }
            for area in &receiver.municipalities {
                directory.add(*area, receiver.organisation)?;
            }
        }
        Ok(directory)
    }

    /// The files that the local interface proves itself with.
    pub fn local_tls(&self) -> &TlsFiles {
        self.local.tls.as_ref().unwrap_or(&self.tls)
    }

    /// The configuration file that is read when none is named and this exists.
    pub fn default_file() -> PathBuf {
        PathBuf::from("sender.toml")
    }
}

impl ReconciliationConfig {
    fn check(&self) -> Result<(), InvalidConfig> {
        if self.hour > 23 {
            return Err(InvalidConfig::ReconciliationHour);
        }
        if !(1..=366).contains(&self.days) {
            return Err(InvalidConfig::ReconciliationDays);
        }
        if !(10..=86_400).contains(&self.numbers_seconds) {
            return Err(InvalidConfig::ReconciliationNumbers);
        }
        // A receiver ends a call that is silent for longer.
        if self.second_look_seconds > 25 {
            return Err(InvalidConfig::ReconciliationSecondLook);
        }
        Ok(())
    }
}

fn yes() -> bool {
    true
}

fn reload_seconds() -> u64 {
    30
}

#[cfg(test)]
mod tests {
    use framme_shared::runtime::config;

    use super::*;

    const EXAMPLE: &str = include_str!("../sender.example.toml");

    #[test]
    fn the_example_is_a_configuration() {
        let config: Config = config::parse(EXAMPLE).unwrap();
        let directory = config.check().unwrap();
        assert!(directory.receiver_of(&Area::parse("5501").unwrap()).is_some());
    }

    #[test]
    fn a_receiver_that_stands_there_twice_is_refused() {
        let mut config: Config = config::parse(EXAMPLE).unwrap();
        config.receivers.push(config.receivers[0].clone());
        assert!(matches!(config.check(), Err(InvalidConfig::ReceiverTwice(_))));
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        let config: Config = config::parse(EXAMPLE).unwrap();
        let with = |change: fn(&mut Config)| {
            let mut config = config.clone();
            change(&mut config);
            config.check()
        };
        assert!(matches!(with(|c| c.outbox.in_flight = 0), Err(InvalidConfig::InFlight)));
        assert!(matches!(
            with(|c| c.outbox.lease_seconds = 1),
            Err(InvalidConfig::Lease)
        ));
        assert!(matches!(with(|c| c.outbox.poll_ms = 0), Err(InvalidConfig::Poll)));
        assert!(matches!(
            with(|c| c.outbox.backoff_base_ms = 0),
            Err(InvalidConfig::Backoff(_))
        ));
        assert!(matches!(
            with(|c| c.confirmation.days = vec![7, 1]),
            Err(InvalidConfig::ConfirmationSchedule(_))
        ));
        assert!(matches!(
            with(|c| c.confirmation.grace_hours = 0),
            Err(InvalidConfig::ConfirmationGrace)
        ));
        assert!(matches!(
            with(|c| c.confirmation.batch = 201),
            Err(InvalidConfig::ConfirmationBatch)
        ));
        assert!(matches!(
            with(|c| c.confirmation.lease_seconds = 59),
            Err(InvalidConfig::ConfirmationLease)
        ));
        assert!(matches!(
            with(|c| c.confirmation.poll_ms = 9),
            Err(InvalidConfig::ConfirmationPoll)
        ));
        assert!(matches!(
            with(|c| c.figures.promise_hours.acute = 0),
            Err(InvalidConfig::Promise)
        ));
        assert!(matches!(
            with(|c| c.statements.alarm_hour = 3),
            Err(InvalidConfig::Statements(_))
        ));
        assert!(matches!(with(|c| c.receivers.clear()), Err(InvalidConfig::NoReceivers)));
        assert!(matches!(
            with(|c| c.reconciliation.hour = 24),
            Err(InvalidConfig::ReconciliationHour)
        ));
        assert!(matches!(
            with(|c| c.reconciliation.second_look_seconds = 26),
            Err(InvalidConfig::ReconciliationSecondLook)
        ));
    }

    #[test]
    fn a_file_may_be_as_large_as_its_pieces_can_be_told_apart() {
        let with = |max_bytes| {
            let mut config: Config = config::parse(EXAMPLE).unwrap();
            config.attachments.max_bytes = max_bytes;
            config.check().map(drop)
        };
        assert!(with(4_293_918_720).is_ok());
        for outside in [0, 4_293_918_721, u64::MAX] {
            let refused = with(outside).unwrap_err().to_string();
            assert_eq!(refused, "attachments.max_bytes must be 1-4293918720");
        }
    }
}
