//! Figures as JSON: the payload of a file.

use std::borrow::Cow;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Counts, Event, EventKey, Figures, InvalidFigures, KnownChildren, Period, Promise, TimeToAssigned};
use crate::domain::{
    jws::present,
    lifecycle::Standing,
    organisation::OrganisationNumber,
    receipt::{read_time, written_time},
    report::{ReportType, Urgency},
};

const VERSION: u32 = 1;

/// The members in the order in which they are written. A reader takes them in any order, each at most once, and passes
/// over members that it does not know.
#[derive(Serialize, Deserialize)]
struct Members<'a> {
    ver: u32,
    sender: OrganisationNumber,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    district: Cow<'a, str>,
    #[serde(borrow)]
    from: Cow<'a, str>,
    #[serde(borrow)]
    until: Cow<'a, str>,
    totals: Counts,
    late: u64,
    promise_hours: PromiseHours,
    by_letter: u64,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    seconds_to_assigned: Option<TimeToAssigned>,
    types: Vec<OfType>,
    urgencies: Vec<OfUrgency>,
    known_to_service: KnownChildren,
    /// Left out of the summary only.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    events: Option<Vec<Entry>>,
}

/// All of them, unlike in a configuration.
#[derive(Serialize, Deserialize)]
struct PromiseHours {
    acute: u32,
    urgent: u32,
    normal: u32,
}

#[derive(Serialize, Deserialize)]
struct OfType {
    r#type: ReportType,
    counts: Counts,
}

#[derive(Serialize, Deserialize)]
struct OfUrgency {
    urgency: Urgency,
    counts: Counts,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    keys: Vec<EventKey>,
    /// Whole seconds since 1970.
    sent: i64,
    children: u64,
    standing: Standing,
}

pub(super) fn write(figures: &Figures) -> Result<Vec<u8>, InvalidFigures> {
    let entry = |event: &Event| Entry {
        keys: event.keys.clone(),
        sent: event.sent.as_second(),
        children: event.children,
        standing: event.standing,
    };
    encoded(figures, Some(figures.events.iter().map(entry).collect()))
}

pub(super) fn write_summary(figures: &Figures) -> Result<Vec<u8>, InvalidFigures> {
    encoded(figures, None)
}

fn encoded(figures: &Figures, events: Option<Vec<Entry>>) -> Result<Vec<u8>, InvalidFigures> {
    let day = |day: Date| day.to_string().into();
    let Promise { acute, urgent, normal } = figures.promise;
    let members = Members {
        ver: VERSION,
        sender: figures.sender,
        time: written_time(figures.time).into(),
        district: figures.district.as_str().into(),
        from: day(figures.period.from()),
        until: day(figures.period.until()),
        totals: figures.totals,
        late: figures.late,
        promise_hours: PromiseHours { acute, urgent, normal },
        by_letter: figures.by_letter,
        seconds_to_assigned: figures.to_assigned,
        types: figures
            .types
            .iter()
            .map(|(r#type, counts)| OfType {
                r#type: *r#type,
                counts: *counts,
            })
            .collect(),
        urgencies: figures
            .urgencies
            .iter()
            .map(|(urgency, counts)| OfUrgency {
                urgency: *urgency,
                counts: *counts,
            })
            .collect(),
        known_to_service: figures.known.clone(),
        events,
    };
    serde_json::to_vec(&members).map_err(|_| InvalidFigures::Malformed)
}

pub(super) fn read(payload: &[u8]) -> Result<Figures, InvalidFigures> {
    let members: Members<'_> = serde_json::from_slice(payload).map_err(|_| InvalidFigures::Malformed)?;
    if members.ver != VERSION {
        return Err(InvalidFigures::Version);
    }
    let entries = members.events.ok_or(InvalidFigures::Malformed)?;
    let event = |entry: Entry| {
        Ok(Event {
            keys: entry.keys,
            sent: Timestamp::from_second(entry.sent).map_err(|_| InvalidFigures::Malformed)?,
            children: entry.children,
            standing: entry.standing,
        })
    };
    let PromiseHours { acute, urgent, normal } = members.promise_hours;
    Ok(Figures {
        sender: members.sender,
        time: read_time(&members.time).map_err(|_| InvalidFigures::Malformed)?,
        district: members.district.into_owned(),
        period: Period::parse(&members.from, &members.until).map_err(|_| InvalidFigures::Malformed)?,
        totals: members.totals,
        late: members.late,
        promise: Promise { acute, urgent, normal },
        by_letter: members.by_letter,
        to_assigned: members.seconds_to_assigned,
        types: members.types.into_iter().map(|of| (of.r#type, of.counts)).collect(),
        urgencies: members
            .urgencies
            .into_iter()
            .map(|of| (of.urgency, of.counts))
            .collect(),
        known: members.known_to_service,
        events: entries.into_iter().map(event).collect::<Result<_, _>>()?,
    })
}
