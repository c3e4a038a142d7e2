//! One pass over the reports of a period. Everything counted comes from the same rows, so it agrees with itself whatever
//! happens meanwhile. Memory holds one row with its content at a time, and of each report its keys and its time.

use std::{collections::BTreeMap, time::Duration};

use framme_shared::{
    db::{StoreError, sealing::SealError},
    domain::{
        figures::{
            Counts, Event, EventKey, Figures, KnownChildren, MOST_EVENTS, Period, Promise, TimeToAssigned, nearest_rank,
        },
        organisation::OrganisationNumber,
        report::{ReportType, Urgency},
    },
    wire::pb::report as pb,
};
use futures::TryStreamExt as _;
use jiff::Timestamp;
use prost::Message as _;

use crate::{
    context::Context,
    store::figures::{ReportRow, of_period},
    submission::sealed,
};

/// Why figures cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A content does not open.
    #[error("the content of a report does not open")]
    Sealed(#[from] SealError),
    /// A content is no report.
    #[error("the content of a report cannot be read")]
    Content(#[from] prost::DecodeError),
    /// More reports than a file may have.
    #[error("there are more than {MOST_EVENTS} reports")]
    TooMany,
}

/// What the reports come to.
#[derive(Default)]
pub(super) struct Gathered {
    totals: Counts,
    types: BTreeMap<ReportType, Counts>,
    urgencies: BTreeMap<Urgency, Counts>,
    late: u64,
    by_letter: u64,
    /// Seconds from submission to assignment of each delivered report.
    elapsed: Vec<u64>,
    events: Vec<Event>,
}

pub(super) async fn gather(context: &Context, district: &str, period: Period) -> Result<Gathered, GatherError> {
    let mut gathered = Gathered::default();
    let mut rows = of_period(context.database.reader(), district, &period, MOST_EVENTS + 1);
    while let Some(row) = rows.try_next().await? {
        if gathered.events.len() == MOST_EVENTS {
            return Err(GatherError::TooMany);
        }
        let keys = EventKey::of(&row.report, &case_references(context, &row)?);
        gathered.add(&row, keys, &context.figures.promise);
    }
    Ok(gathered)
}

/// The police's references in a report. One whose content was removed has none any more, and is an event of its own.
fn case_references(context: &Context, row: &ReportRow) -> Result<Vec<String>, GatherError> {
    let (Some(content), Some(wrapped)) = (&row.content, &row.wrapped_key) else {
        return Ok(Vec::new());
    };
    let key = sealed::open_key(&context.keys, wrapped.clone())?;
    let content = sealed::open_content(&key, &row.transmission, content)?;
    Ok(pb::Report::decode(content.as_slice())?.police_case_references)
}

impl Gathered {
    fn add(&mut self, row: &ReportRow, keys: Vec<EventKey>, promise: &Promise) {
        let of_type = self.types.entry(row.report_type).or_default();
        let of_urgency = self.urgencies.entry(row.urgency).or_default();
        for counts in [&mut self.totals, of_type, of_urgency] {
            counts.add_report(row.standing, row.children);
        }
        self.by_letter += u64::from(row.by_letter);
        if let Some(delivered_at) = row.delivered_at {
            // The two times are of two clocks, so what came later may show the earlier time.
            let elapsed = Duration::try_from(delivered_at.duration_since(row.submitted_at)).unwrap_or_default();
            self.late += u64::from(elapsed > promise.of(row.urgency));
            self.elapsed.push(elapsed.as_secs());
        }
        self.events.push(Event {
            keys,
            sent: whole_second(row.submitted_at),
            children: row.children,
            standing: row.standing,
        });
    }

    pub(super) fn into_figures(
        mut self,
        sender: OrganisationNumber,
        time: Timestamp,
        district: &str,
        period: Period,
        promise: Promise,
        known: KnownChildren,
    ) -> Figures {
        self.elapsed.sort_unstable();
        Figures {
            sender,
            time,
            district: district.to_owned(),
            period,
            totals: self.totals,
            late: self.late,
            promise,
            by_letter: self.by_letter,
            to_assigned: time_to_assigned(&self.elapsed),
            types: self.types.into_iter().collect(),
            urgencies: self.urgencies.into_iter().collect(),
            known,
            events: self.events,
        }
    }
}

/// Of times in rising order.
fn time_to_assigned(elapsed: &[u64]) -> Option<TimeToAssigned> {
    let at = |per_cent| {
        let place = nearest_rank(per_cent, elapsed.len() as u64)?;
        elapsed.get(usize::try_from(place).ok()?).copied()
    };
    Some(TimeToAssigned {
        median: at(50)?,
        p90: at(90)?,
    })
}

/// Reports are never from before 2010.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
