//! The answer to a sender, and what the sender says of itself.

use framme_shared::{
    db::{Change, StoreError, Tx, heartbeat},
    domain::{municipality::Area, organisation::OrganisationNumber},
    wire::{
        pb::exchange::{AlertAddressState, AreaReadiness, CheckReadinessResponse, DutyState},
        time::to_pb,
    },
};
use jiff::{SignedDuration, Timestamp};

use super::people::{last_worked, staffing};
use crate::{
    core::Core,
    error::Refusal,
    staff::Areas,
    store::{notified, sender_call, staffing::everybody, waiting},
};

/// What a sender said: it called now.
pub struct Called {
    /// Who.
    pub sender: OrganisationNumber,
    /// Version of its software.
    pub software_version: String,
    /// How long before the call its clock worker had completed a step; `None` for never.
    pub clocks_beat_age: Option<SignedDuration>,
    /// Where it sends reports here for.
    pub areas: Vec<Area>,
}

impl Change for Called {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        let beat = self
            .clocks_beat_age
            .map(|age| at.saturating_sub(age).unwrap_or(Timestamp::UNIX_EPOCH));
        let areas: Areas = self.areas.iter().copied().collect();
        sender_call::write(tx.conn(), &self.sender, beat, &self.software_version, &areas, at).await
    }
}

/// What is answered to a sender that asks about these areas.
///
/// # Errors
/// Those of storage.
pub async fn answer(
    core: &Core,
    sender: &OrganisationNumber,
    areas: &[Area],
    has_duty: bool,
) -> Result<CheckReadinessResponse, Refusal> {
    let (reader, now) = (core.db.reader(), core.clock.now());
    let mut connection = reader.acquire().await.map_err(StoreError::from)?;
    let people = everybody(&mut connection, now).await?;
    let waits = waiting::of_sender(&mut connection, sender).await?;
    drop(connection);
    let sums = waiting::sums_of_sender(reader, sender).await?;
    let works = notified::works(reader, now).await?;
    let area_of = |area: &Area| {
        let text = area.to_string();
        let there = staffing(&people, &text, has_duty, now);
        let within = || {
            let inside = |waits: &&waiting::OfSender| Area::parse(&waits.area).is_ok_and(|waits| area.covers(&waits));
            waits.iter().filter(inside)
        };
        AreaReadiness {
            area: text.clone(),
            may_open: there.may_open,
            can_open: there.can_open,
            seen_lately: there.seen_lately,
            caseworkers: there.caseworkers,
            duty: DutyState::from(there.duty).into(),
            last_worked_time: last_worked(&people, &text).map(to_pb),
            waiting: within().map(|waits| waits.reports).sum(),
            waiting_since_time: within().map(|waits| waits.since).min().map(to_pb),
        }
    };
    Ok(CheckReadinessResponse {
        receiver_time: Some(to_pb(now)),
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        clocks_beat_time: heartbeat::last(reader, heartbeat::CLOCKS).await?.map(to_pb),
        areas: areas.iter().map(area_of).collect(),
        alert_address: match works {
            None => AlertAddressState::Unspecified,
            Some(true) => AlertAddressState::Works,
            Some(false) => AlertAddressState::Dead,
        }
        .into(),
        reports_unopened: sums.unopened,
        reports_unassigned: sums.unassigned,
    })
}
