//! Deadlines, as both local interfaces show them.

use jiff::Timestamp;

use super::{
    pb::report as pb,
    status::Failure,
    time::{from_pb, to_pb},
};
use crate::domain::{
    calendar::{Length, Unit},
    clocks::{ClockPolicy, Running, running},
    escalation::{Deadline, Facts, StepTaken},
    ids::TransmissionId,
};

const DEFAULT_PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 1_000;

/// The longest that somebody may ask for; what is granted is less for most.
const MOST_MINUTES: u32 = 24 * 60;

/// Where a page begins, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageOfDeadlines {
    /// After this place of the list.
    pub after: Option<(Timestamp, TransmissionId)>,
    /// So many at most.
    pub size: u32,
}

impl PageOfDeadlines {
    /// Reads what a request says of its page.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn read(page_size: u32, page_token: &str) -> Result<Self, Failure> {
        let size = match page_size {
            0 => DEFAULT_PAGE,
            1..=LARGEST_PAGE => page_size,
            _ => return Err(Failure::invalid_field("page_size", "must be at most 1000")),
        };
        let after =
            if page_token.is_empty() {
                None
            } else {
                let place = place(page_token);
                Some(place.ok_or_else(|| {
                    Failure::invalid_field("page_token", "must be the next_page_token of a page before")
                })?)
            };
        Ok(Self { after, size })
    }

    /// The page of what was found, which is one more than asked for when there is another page; and the token of that.
    /// `place` is where one stands in the list.
    #[must_use]
    pub fn cut(
        self,
        mut found: Vec<Deadline>,
        place: impl Fn(&Deadline) -> Option<Timestamp>,
    ) -> (Vec<Deadline>, String) {
        let has_more = found.len() > self.size as usize;
        found.truncate(self.size as usize);
        let last = found.last().filter(|_| has_more);
        let token = last.and_then(|last| Some(format!("{}/{}", place(last)?.as_microsecond(), last.transmission)));
        (found, token.unwrap_or_default())
    }
}

fn place(token: &str) -> Option<(Timestamp, TransmissionId)> {
    let (micros, id) = token.split_once('/')?;
    let time = Timestamp::from_microsecond(micros.parse().ok()?).ok()?;
    Some((time, TransmissionId::parse(id).ok()?))
}

/// Which transmission a request is about.
///
/// # Errors
/// Names the field.
pub fn transmission(text: &str) -> Result<TransmissionId, Failure> {
    TransmissionId::parse(text).map_err(|_| Failure::invalid_field("transmission_id", "must be a UUID"))
}

/// For how long somebody wants to be left alone; `None` for the longest that is allowed.
///
/// # Errors
/// Names the field.
pub fn wanted(minutes: u32) -> Result<Option<Length>, Failure> {
    if minutes > MOST_MINUTES {
        return Err(Failure::invalid_field("minutes", "must be at most 1440"));
    }
    // None is no length.
    Ok(Length::new(minutes, Unit::Minutes).ok())
}

/// The clocks of a transmission, and whom people are told.
#[must_use]
pub fn to_message(deadline: &Deadline, facts: &Facts, policy: &ClockPolicy) -> pb::Deadline {
    pb::Deadline {
        transmission_id: deadline.transmission.to_string(),
        r#type: pb::ReportType::from(facts.report_type).into(),
        urgency: pb::Urgency::from(facts.urgency).into(),
        submitted_time: Some(to_pb(facts.submitted_at)),
        clocks: running(&facts.matter(), policy).iter().map(clock).collect(),
        escalation: escalation(deadline),
    }
}

fn clock(running: &Running) -> pb::RunningClock {
    pb::RunningClock {
        clock: pb::Clock::from(running.clock).into(),
        due_time: Some(to_pb(running.due)),
        children: u32::try_from(running.children.len()).unwrap_or(u32::MAX),
    }
}

fn escalation(deadline: &Deadline) -> Option<pb::Escalation> {
    let (clock, due) = deadline.late?;
    let told = deadline.position.told;
    let rung = told.map_or(pb::Rung::Unspecified, |told| told.rung.into());
    Some(pb::Escalation {
        clock: pb::Clock::from(clock).into(),
        due_time: Some(to_pb(due)),
        rung: rung.into(),
        told_time: told.map(|told| to_pb(told.at)),
        turns: deadline.position.turns,
        next_time: deadline.look_at.map(to_pb),
        snoozed_until_time: deadline.position.snooze.map(|snooze| to_pb(snooze.until)),
        acknowledged_by: deadline.snoozed_by.clone().unwrap_or_default(),
    })
}

/// A step of an escalation.
#[must_use]
pub fn step(step: StepTaken) -> pb::EscalationStep {
    let (rung, contacts) = step.told.unzip();
    let contacts = contacts.unwrap_or_default();
    pb::EscalationStep {
        step_time: Some(to_pb(step.at)),
        kind: pb::EscalationStepKind::from(step.kind).into(),
        clock: pb::Clock::from(step.clock).into(),
        due_time: Some(to_pb(step.due)),
        rung: rung.map_or(pb::Rung::Unspecified, pb::Rung::from).into(),
        contacts: contacts.split_whitespace().map(str::to_owned).collect(),
        actor: step.actor,
    }
}

/// A deadline as one line for people.
#[must_use]
pub fn line(deadline: &pb::Deadline) -> String {
    let clocks: Vec<String> = deadline.clocks.iter().map(clock_in_line).collect();
    let told = deadline.escalation.as_ref().map_or(String::new(), |escalation| {
        let rung = word(escalation.rung().as_str_name(), "RUNG_");
        let by = match escalation.acknowledged_by.as_str() {
            "" => String::new(),
            by => format!(", acknowledged by {by}"),
        };
        format!("  LATE, told {} times, last {rung}{by}", escalation.turns)
    });
    let urgency = word(deadline.urgency().as_str_name(), "URGENCY_");
    format!(
        "{}  {urgency:<6}  {}{told}",
        deadline.transmission_id,
        clocks.join(", ")
    )
}

fn clock_in_line(clock: &pb::RunningClock) -> String {
    let name = word(clock.clock().as_str_name(), "CLOCK_");
    format!("{name} until {}", moment(clock.due_time.as_ref()))
}

/// A step as one line for people.
#[must_use]
pub fn step_line(step: &pb::EscalationStep) -> String {
    let kind = word(step.kind().as_str_name(), "ESCALATION_STEP_KIND_");
    let clock = word(step.clock().as_str_name(), "CLOCK_");
    let whom = match step.rung() {
        pb::Rung::Unspecified => format!("by {}", step.actor),
        rung => format!("{}: {}", word(rung.as_str_name(), "RUNG_"), step.contacts.join(", ")),
    };
    format!("{}  {kind:<12}  {clock}  {whom}", moment(step.step_time.as_ref()))
}

fn word(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_lowercase().replace('_', " ")
}

fn moment(time: Option<&prost_types::Timestamp>) -> String {
    let time = time.and_then(|time| from_pb(time).ok());
    time.map_or_else(String::new, |time: Timestamp| time.strftime("%F %T").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_where_the_one_before_ended() {
        let first = PageOfDeadlines::read(0, "").unwrap();
        assert_eq!((first.after, first.size), (None, 50));
        let id = "0190b8a4-0000-4000-8000-000000000001";
        let next = PageOfDeadlines::read(7, &format!("1700000000000000/{id}")).unwrap();
        let (time, transmission) = next.after.unwrap();
        assert_eq!(time.as_second(), 1_700_000_000);
        assert_eq!(transmission.to_string(), id);
        for token in ["x", "1/2", "/", id] {
            assert!(PageOfDeadlines::read(7, token).is_err(), "{token}");
        }
        assert!(PageOfDeadlines::read(1_001, "").is_err());
    }

    #[test]
    fn nobody_asks_to_be_left_alone_for_more_than_a_day() {
        assert_eq!(wanted(0).unwrap(), None);
        assert!(wanted(1_440).unwrap().is_some());
        assert!(wanted(1_441).is_err());
    }
}
