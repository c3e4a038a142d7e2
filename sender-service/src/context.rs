//! What every part of the running service shares.

use std::sync::Arc;

use framme_shared::{
    db::{Database, deadlines::Rules, sealing::MasterKeys},
    domain::{holding::Schedule, notice::ContactName, organisation::OrganisationNumber},
    runtime::{clock::Clock, random::Random},
};

use crate::{
    config::LettersConfig, directory::Current, figures::Sources, followers::Followers, signing::Signing,
    window::Windows,
};

/// Storage, keys, time, and who is told of what. Shared as `Arc<Context>`.
pub struct Context {
    /// Everything durable.
    pub database: Database,
    /// Wrap and unwrap data keys.
    pub keys: MasterKeys,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids and jitter.
    pub random: Arc<dyn Random>,
    /// Signs in the name of the sender.
    pub signing: Arc<Signing>,
    /// What figures are made by.
    pub figures: Sources,
    /// The sender's own organisation number.
    pub organisation: OrganisationNumber,
    /// Refuses synthetic identity numbers.
    pub production: bool,
    /// The largest attachment in bytes.
    pub max_attachment_bytes: u64,
    /// Who serves whom.
    pub directory: Current,
    /// Who waits for news of which report.
    pub followers: Followers,
    /// The deliveries under way to each receiver.
    pub windows: Windows,
    /// By which rules deadlines are looked at.
    pub deadlines: Arc<Rules>,
    /// When it is asked whether what was handed over is still there.
    pub confirmation: Schedule,
    /// Whom to tell that a service has answered.
    pub tell_answered: Arc<[ContactName]>,
    /// How letters are printed.
    pub letters: LettersConfig,
}
