//! From an answer to what is wrong. Pure: the same answer at the same time always comes to the same.

use std::time::Duration;

use jiff::Timestamp;

use super::{Answer, AreaReadiness, Duty, Found, Incident};

/// From when on something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Nobody has worked the list for so long though reports wait.
    pub unworked: Duration,
    /// A heartbeat is older than this.
    pub beat: Duration,
    /// The clocks differ by more than this.
    pub offset: Duration,
}

/// Everything that is wrong by this answer at a time. `first_answered` is when the receiver answered first: a clock worker
/// that has never completed a step has that long not done so.
#[must_use]
pub fn judge(answer: &Answer, first_answered: Timestamp, policy: &Policy, now: Timestamp) -> Vec<Found> {
    let mut found: Vec<Found> = answer
        .areas
        .iter()
        .flat_map(|area| of_area(area, policy, now))
        .collect();
    let mut whole = |incident, told| {
        found.push(Found {
            incident,
            area: None,
            told,
        });
    };
    if answer.alert_address_works == Some(false) {
        whole(
            Incident::AlertAddressDead,
            "the receiver does not reach its own people with notices".to_owned(),
        );
    }
    let (offset, sure) = (answer.clock_offset.unsigned_abs(), answer.uncertainty);
    if offset.saturating_sub(sure) > policy.offset {
        let told = format!("its clock is {} seconds ahead", answer.clock_offset.as_secs());
        whole(Incident::ClockOffset, told);
    }
    if let Some(told) = stopped(answer.clocks_beat_at, first_answered, policy, now) {
        whole(Incident::PeerClockStopped, told);
    }
    found
}

/// What to say of a clock worker that has stopped; `None` while it beats.
#[must_use]
pub(super) fn stopped(
    beat: Option<Timestamp>,
    first_heard: Timestamp,
    policy: &Policy,
    now: Timestamp,
) -> Option<String> {
    let is_old = age(beat.unwrap_or(first_heard), now) > policy.beat;
    is_old.then(|| match beat {
        Some(beat) => format!("its clock worker last completed a step at {beat:.0}"),
        None => format!("its clock worker has completed no step since {first_heard:.0}"),
    })
}

fn of_area(area: &AreaReadiness, policy: &Policy, now: Timestamp) -> Vec<Found> {
    let mut found = Vec::new();
    let mut here = |incident, told| {
        found.push(Found {
            incident,
            area: Some(area.area),
            told,
        });
    };
    let staffing = &area.staffing;
    if staffing.is_nobody() {
        let told = format!(
            "{} may open and assign, 0 of them have a valid credential; {} wait",
            staffing.may_open, area.waiting
        );
        here(Incident::NobodyCanOpen, told);
    }
    if staffing.duty == Duty::Uncovered {
        here(
            Incident::DutyUncovered,
            "nobody of the duty service could open".to_owned(),
        );
    }
    if let Some(since) = area.waiting_since {
        // Whoever worked the list before anything came has not seen it.
        let unworked_since = area.last_worked_at.map_or(since, |worked| worked.max(since));
        if area.waiting > 0 && age(unworked_since, now) > policy.unworked {
            let told = format!(
                "{} wait, nobody has worked the list since {unworked_since:.0}",
                area.waiting
            );
            here(Incident::NobodyWorksList, told);
        }
    }
    found
}

/// How long ago; nothing for what is to come.
fn age(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::{municipality::Area, readiness::Staffing};

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
    const POLICY: Policy = Policy {
        unworked: Duration::from_secs(4 * 3_600),
        beat: Duration::from_secs(600),
        offset: Duration::from_secs(30),
    };

    fn good() -> Answer {
        Answer {
            at: NOW,
            areas: vec![AreaReadiness {
                staffing: Staffing {
                    may_open: 1,
                    can_open: 1,
                    seen_lately: 1,
                    caseworkers: 1,
                    duty: Duty::Absent,
                },
                ..AreaReadiness::nobody(Area::parse("5501").unwrap())
            }],
            software_version: "1".to_owned(),
            clock_offset: SignedDuration::ZERO,
            uncertainty: Duration::ZERO,
            clocks_beat_at: Some(NOW),
            alert_address_works: None,
            reports_unopened: 0,
            reports_unassigned: 0,
        }
    }

    fn wrong(change: impl FnOnce(&mut Answer)) -> Vec<Incident> {
        let mut answer = good();
        change(&mut answer);
        let found = judge(&answer, ago(86_400), &POLICY, NOW);
        found.into_iter().map(|found| found.incident).collect()
    }

    fn ago(seconds: i64) -> Timestamp {
        NOW - SignedDuration::from_secs(seconds)
    }

    #[test]
    fn a_receiver_with_which_nothing_is_wrong_is_ready() {
        assert_eq!(wrong(|_| {}), []);
    }

    #[test]
    fn an_area_in_which_nobody_could_open_is_an_incident_before_anything_waits() {
        let found = wrong(|answer| answer.areas[0].staffing.can_open = 0);
        assert_eq!(found, [Incident::NobodyCanOpen]);
    }

    #[test]
    fn a_list_counts_as_unworked_only_for_as_long_as_something_has_waited() {
        let waits = |since, worked: Option<i64>| {
            wrong(|answer| {
                let area = &mut answer.areas[0];
                (area.waiting, area.waiting_since) = (1, Some(ago(since)));
                area.last_worked_at = worked.map(ago);
            })
        };
        assert_eq!(waits(14_400, None), []);
        assert_eq!(waits(14_401, None), [Incident::NobodyWorksList]);
        assert_eq!(waits(14_401, Some(14_400)), []);
        assert_eq!(waits(60, Some(1_000_000)), []);
        assert_eq!(waits(1_000_000, Some(14_401)), [Incident::NobodyWorksList]);
    }

    #[test]
    fn clocks_differ_only_by_more_than_the_call_leaves_open() {
        let off = |seconds, unsure| {
            wrong(|answer| {
                answer.clock_offset = SignedDuration::from_secs(seconds);
                answer.uncertainty = Duration::from_secs(unsure);
            })
        };
        assert_eq!(off(30, 0), []);
        assert_eq!(off(31, 0), [Incident::ClockOffset]);
        assert_eq!(off(-31, 0), [Incident::ClockOffset]);
        assert_eq!(off(31, 1), []);
        assert_eq!(off(i64::MIN, 0), [Incident::ClockOffset]);
    }

    #[test]
    fn a_clock_worker_has_stopped_when_its_last_step_is_old_or_never_came() {
        let beat = |beat: Option<i64>| wrong(|answer| answer.clocks_beat_at = beat.map(ago));
        assert_eq!(beat(Some(600)), []);
        assert_eq!(beat(Some(601)), [Incident::PeerClockStopped]);
        assert_eq!(beat(None), [Incident::PeerClockStopped]);
        let mut never = good();
        never.clocks_beat_at = None;
        assert_eq!(judge(&never, ago(600), &POLICY, NOW), []);
    }

    #[test]
    fn an_uncovered_duty_and_a_dead_address_are_incidents_and_an_unknown_address_is_none() {
        assert_eq!(
            wrong(|answer| answer.areas[0].staffing.duty = Duty::Uncovered),
            [Incident::DutyUncovered]
        );
        assert_eq!(
            wrong(|answer| answer.alert_address_works = Some(false)),
            [Incident::AlertAddressDead]
        );
        assert_eq!(wrong(|answer| answer.alert_address_works = Some(true)), []);
    }
}
