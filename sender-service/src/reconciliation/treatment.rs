//! What can be done about differences without a person, worked out before anything is changed.

use std::collections::HashMap;

use framme_shared::{
    db::StoreError,
    domain::{
        ids::{ReportId, TransmissionId},
        lifecycle::ChildState,
        reconciliation::{ChildFact, Class, Difference, Entry, Period},
    },
};

use super::told::told;
use crate::{
    context::Context,
    peer::Peer,
    store::{
        child::{self, ChildRow},
        holdings::{self, Numbered, OpenTask},
    },
};

/// Everything that the end of a comparison goes by.
pub(super) struct Treatment {
    /// What lies behind the numbers of the differences.
    pub(super) rows: HashMap<u64, Numbered>,
    /// Children that are not where their receipts left them, and are there at the receiver.
    pub(super) replays: Vec<Replay>,
    /// Open tasks that a match settles.
    pub(super) tasks: Vec<OpenTask>,
}

/// The children of a transmission, as they are and as all their receipts together say.
pub(super) struct Replay {
    pub(super) sequence: u64,
    pub(super) report: ReportId,
    pub(super) transmission: TransmissionId,
    pub(super) moves: Vec<(ChildRow, ChildState)>,
}

/// Works it out. `theirs` is what the receiver says, by number.
pub(super) async fn work_out(
    context: &Context,
    peer: &Peer,
    period: &Period,
    differences: &[Difference],
    theirs: &HashMap<u64, Entry>,
) -> Result<Treatment, StoreError> {
    let reader = context.database.reader();
    let tasks = holdings::open_tasks(reader, &peer.organisation(), period).await?;
    let numbers: Vec<u64> = differences.iter().map(|one| one.sequence).collect();
    let mut conn = reader.acquire().await?;
    let rows = holdings::numbered(&mut conn, &peer.organisation(), &numbers).await?;
    drop(conn);
    let rows: HashMap<u64, Numbered> = rows.into_iter().map(|row| (row.sequence, row)).collect();
    let is_with_a_person = |id: TransmissionId| {
        let mut about = tasks.iter().filter(|task| task.transmission == id);
        about.any(|task| task.kind != Class::DifferentStage.as_str())
    };
    let moved: Vec<&Numbered> = differences
        .iter()
        .filter(|one| one.class == Class::DifferentStage)
        .filter_map(|one| rows.get(&one.sequence))
        .filter(|row| !is_with_a_person(row.transmission))
        .collect();
    let replays = replays(context, peer, &moved, theirs).await?;
    Ok(Treatment { rows, replays, tasks })
}

/// Of these transmissions, those whose receipts lead exactly to what the receiver says: there the own rows are wrong.
async fn replays(
    context: &Context,
    peer: &Peer,
    moved: &[&Numbered],
    theirs: &HashMap<u64, Entry>,
) -> Result<Vec<Replay>, StoreError> {
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<TransmissionId> = moved.iter().map(|row| row.transmission).collect();
    let told = told(context, peer, &ids).await?;
    let reports: Vec<ReportId> = moved.iter().map(|row| row.report).collect();
    let mut conn = context.database.reader().acquire().await?;
    let children = child::of_reports(&mut conn, &reports).await?;
    drop(conn);
    let mut replays = Vec::new();
    for row in moved {
        let (Some(receipts), Some(theirs)) = (told.get(&row.transmission), theirs.get(&row.sequence)) else {
            continue;
        };
        let own = children.iter().filter(|child| child.transmission == row.transmission);
        let all: Vec<(ChildRow, ChildState)> = own
            .map(|child| (child.clone(), receipts.state_of(child.child)))
            .collect();
        let mut facts: Vec<ChildFact> = all
            .iter()
            .map(|(child, state)| ChildFact::of(child.child, state))
            .collect();
        facts.sort_unstable();
        let moves: Vec<_> = all
            .into_iter()
            .filter(|(child, state)| !child.state.stage().is_ended() && child.state != *state)
            .collect();
        if facts == theirs.children && !moves.is_empty() {
            replays.push(Replay {
                sequence: row.sequence,
                report: row.report,
                transmission: row.transmission,
                moves,
            });
        }
    }
    Ok(replays)
}
