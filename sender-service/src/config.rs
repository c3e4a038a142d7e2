//! The sender's configuration: flag before environment before file before default, and no unknown keys.

mod confirmation;
mod feedback;
mod invalid;
mod letters;
mod outbox;
mod readiness;
mod reconciliation;

use std::path::PathBuf;

use framme_shared::{
    db::{DatabaseConfig, deadlines::Rules},
    domain::{
        clocks::ClockPolicy,
        escalation::LaddersInConfig,
        figures::Promise,
        municipality::Area,
        organisation::OrganisationNumber,
        report::limits,
        statement::{self, Side},
    },
    runtime::{
        notify::{ContactConfig, NotificationConfig},
        serve::{LocalAddress, ServeLimits},
        telemetry::LogFormat,
        tls::TlsFiles,
    },
};
use serde::Deserialize;

pub use self::{
    confirmation::ConfirmationConfig,
    feedback::FeedbackConfig,
    invalid::InvalidConfig,
    letters::LettersConfig,
    outbox::OutboxConfig,
    readiness::{DrillConfig, ReadinessConfig},
    reconciliation::ReconciliationConfig,
};
use crate::directory;

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
    /// What happens when a service has answered.
    #[serde(default)]
    pub feedback: FeedbackConfig,
    /// Reports that also go by post.
    #[serde(default)]
    pub letters: LettersConfig,
    /// Files that go with reports.
    #[serde(default)]
    pub attachments: AttachmentLimits,
    /// How long clocks run: from submission until somebody has a report, and until what is owed of it is told.
    #[serde(default)]
    pub clocks: ClockPolicy,
    /// Who is told when a clock has run out.
    #[serde(default)]
    pub escalation: LaddersInConfig,
    /// How receivers are asked whether both sides hold the same.
    #[serde(default)]
    pub reconciliation: ReconciliationConfig,
    /// How figures are made.
    #[serde(default)]
    pub figures: FiguresConfig,
    /// When daily statements are made and missed.
    #[serde(default)]
    pub statements: statement::Schedule,
    /// How people are told of what waits for them.
    #[serde(default)]
    pub notification: NotificationConfig,
    /// Who can be told.
    #[serde(default)]
    pub contacts: Vec<ContactConfig>,
    /// How receivers are asked whether somebody could open.
    #[serde(default)]
    pub readiness: ReadinessConfig,
    /// Drills.
    #[serde(default)]
    pub drills: DrillConfig,
    /// The register of child welfare services: who serves whom from when, and how each is reached.
    #[serde(default)]
    pub directory: Option<PathBuf>,
    /// The short form of a register: receivers, and whom each serves. Only without `directory`.
    #[serde(default)]
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

impl Config {
    /// Checks what no single key shows. The register is a file of its own, and checked by who reads it.
    ///
    /// # Errors
    /// See [`InvalidConfig`].
    pub fn check(&self) -> Result<(), InvalidConfig> {
        match (&self.directory, self.receivers.as_slice()) {
            (None, []) => return Err(InvalidConfig::NoReceivers),
            (Some(_), [_, ..]) => return Err(InvalidConfig::TwoDirectories),
            (None, receivers) => drop(directory::short_form(receivers)?),
            (Some(_), []) => {}
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
        self.letters.check()?;
        if !(1..=limits::ATTACHMENT_BYTES).contains(&self.attachments.max_bytes) {
            return Err(InvalidConfig::AttachmentBytes);
        }
        self.reconciliation.check()?;
        if !self.figures.promise_hours.is_sensible() {
            return Err(InvalidConfig::Promise);
        }
        self.statements.check()?;
        self.notification.checked(&self.contacts)?;
        self.readiness.check()?;
        self.drills.check()?;
        self.deadlines()?;
        Ok(())
    }

    /// By which rules deadlines are looked at.
    ///
    /// # Errors
    /// When clocks or ladders break a rule of theirs.
    pub fn deadlines(&self) -> Result<Rules, InvalidConfig> {
        self.clocks.check()?;
        Ok(Rules {
            policy: self.clocks.clone(),
            ladders: self.escalation.clone().of(Side::Sender)?,
            announce: false,
            contacts: Some(self.contacts.iter().map(|contact| contact.name.clone()).collect()),
        })
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
        config.check().unwrap();
        let directory = directory::short_form(&config.receivers).unwrap();
        let today = jiff::civil::date(2026, 3, 2);
        assert!(directory.route(Area::parse("5501").unwrap(), today).service().is_some());
    }

    #[test]
    fn a_receiver_that_stands_there_twice_is_refused() {
        let mut config: Config = config::parse(EXAMPLE).unwrap();
        config.receivers.push(config.receivers[0].clone());
        let refused = config.check().unwrap_err().to_string();
        assert_eq!(refused, "receivers[2] (123456785): stands there twice");
    }

    #[test]
    fn there_is_one_directory_and_not_two() {
        let mut config: Config = config::parse(EXAMPLE).unwrap();
        config.directory = Some(PathBuf::from("directory.toml"));
        assert!(matches!(config.check(), Err(InvalidConfig::TwoDirectories)));
        config.receivers.clear();
        assert!(config.check().is_ok());
        config.directory = None;
        assert!(matches!(config.check(), Err(InvalidConfig::NoReceivers)));
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
            with(|c| c.letters.desk_phone = Some("spør i resepsjonen".to_owned())),
            Err(InvalidConfig::DeskPhone)
        ));
        assert!(matches!(
            with(|c| c.letters.ask_every_minutes = 0),
            Err(InvalidConfig::LettersAskEvery)
        ));
        assert!(matches!(
            with(|c| c.letters.poll_ms = 9),
            Err(InvalidConfig::LettersPoll)
        ));
        assert!(matches!(
            with(|c| c.figures.promise_hours.acute = 0),
            Err(InvalidConfig::Promise)
        ));
        assert!(matches!(
            with(|c| c.statements.alarm_hour = 3),
            Err(InvalidConfig::Statements(_))
        ));
        assert!(matches!(
            with(|c| c.readiness.every_seconds = 901),
            Err(InvalidConfig::Readiness)
        ));
        assert!(matches!(
            with(|c| c.drills.answer_hours = 0),
            Err(InvalidConfig::Drills)
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
