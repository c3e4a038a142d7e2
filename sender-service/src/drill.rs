//! Drills: a report about nobody goes the whole way, on a schedule and when a person asks, and somebody must assign it.

mod content;
mod follow;
mod start;
mod worker;

pub use content::content;
pub use follow::FollowDrill;
pub use start::{Prepared, StartDrill, Started, prepare};
pub use worker::DrillWorker;

use framme_shared::{
    db::StoreError,
    domain::{ids::ReportId, organisation::OrganisationNumber},
};

use crate::{config::DrillConfig, context::Context, store::drill};

/// Who sends and withdraws drills that no person asked for.
const PROGRAM: &str = "program-drill";

/// What drills are made by.
#[derive(Debug, Default)]
pub struct Drills {
    /// When, and how long there is time.
    pub config: DrillConfig,
}

/// Sends a drill to a receiver, in the area that has had none for longest; `None` when it serves no area.
///
/// # Errors
/// When storage fails.
pub async fn start(
    context: &Context,
    receiver: &OrganisationNumber,
    id: ReportId,
    by: &str,
) -> Result<Option<Started>, StoreError> {
    let last = drill::last_by_area(context.database.reader(), receiver).await?;
    let areas = context.areas_of(receiver);
    let Some(area) = areas.iter().min_by_key(|area| (last.get(*area), **area)) else {
        return Ok(None);
    };
    let prepared = match prepare(context, id, *receiver, *area, by) {
        Ok(prepared) => prepared,
        Err(violations) => {
            tracing::error!(%violations, "The text of a drill breaks a rule of reports");
            return Ok(None);
        }
    };
    let answer = context.drills.config.answer();
    let started = context.database.change(StartDrill { prepared, answer }).await?;
    if matches!(started, Started::Now(_)) {
        context.windows.ring(receiver);
        context.followers.tell([&id]);
    }
    Ok(Some(started))
}
