//! What every part of the running service shares.

use std::sync::Arc;

use framme_shared::{
    db::{Database, deadlines::Rules, sealing::MasterKeys},
    domain::{
        holding::Schedule, municipality::Area, notice::ContactName, organisation::OrganisationNumber, statement::day_of,
    },
    runtime::{clock::Clock, random::Random},
};

use crate::{
    config::{LettersConfig, ReadinessConfig},
    directory::Current,
    drill::Drills,
    figures::Sources,
    followers::Followers,
    signing::Signing,
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
    /// How receivers are asked whether somebody could open.
    pub readiness: ReadinessConfig,
    /// What drills are made by.
    pub drills: Drills,
}

impl Context {
    /// Every area whose reports go to this receiver today.
    pub fn areas_of(&self, receiver: &OrganisationNumber) -> Vec<Area> {
        self.directory.now().areas_of(receiver, day_of(self.clock.now()))
    }
}
