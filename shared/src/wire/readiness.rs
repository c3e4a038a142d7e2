//! What a receiver answers about its readiness, read with suspicion: an answer that cannot be is none, and so is never
//! taken for a good one.

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    pb::exchange::{AlertAddressState, AreaReadiness as PbArea, CheckReadinessResponse, DutyState},
    time::from_pb,
};
use crate::domain::{
    municipality::Area,
    readiness::{Answer, AreaReadiness, Duty, MOST_AREAS, Staffing},
};

/// People of one service, at most.
const MOST_PEOPLE: u32 = 100_000;
/// Reports of one sender that wait, at most.
const MOST_WAITING: u64 = 1 << 40;
/// How far a time may be after the one at which the answer was made.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

/// An answer that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotBelieved(&'static str);

/// Reads the answer to a question about these areas, which was asked and answered at these times by the own clock.
///
/// # Errors
/// [`NotBelieved`].
pub fn read_answer(
    response: &CheckReadinessResponse,
    asked: &[Area],
    asked_at: Timestamp,
    now: Timestamp,
) -> Result<Answer, NotBelieved> {
    let receiver_time = response.receiver_time.as_ref().ok_or(NotBelieved("it tells no time"))?;
    let receiver_time = from_pb(receiver_time).map_err(|_| NotBelieved("its time is none"))?;
    if response.areas.len() > MOST_AREAS {
        return Err(NotBelieved("it answers for too many areas"));
    }
    let took = SignedDuration::max(now.duration_since(asked_at), SignedDuration::ZERO);
    let middle = now.saturating_sub(took / 2).unwrap_or(now);
    let clock = Clock { receiver_time, middle };
    let mut answered = read_areas(&response.areas, asked, &clock)?;
    let told: BTreeSet<Area> = answered.iter().map(|area| area.area).collect();
    // Of whom nothing is said, nobody is there.
    answered.extend(
        asked
            .iter()
            .filter(|area| !told.contains(area))
            .map(|area| AreaReadiness::nobody(*area)),
    );
    answered.sort_by_key(|area| area.area);
    answered.dedup_by_key(|area| area.area);
    Ok(Answer {
        at: now,
        areas: answered,
        software_version: version(&response.software_version)?,
        clock_offset: receiver_time.duration_since(middle),
        uncertainty: Duration::try_from(took / 2).unwrap_or_default(),
        clocks_beat_at: clock.own(response.clocks_beat_time.as_ref())?,
        alert_address_works: match response.alert_address() {
            AlertAddressState::Unspecified => None,
            AlertAddressState::Works => Some(true),
            AlertAddressState::Dead => Some(false),
        },
        reports_unopened: waiting(response.reports_unopened)?,
        reports_unassigned: waiting(response.reports_unassigned)?,
    })
}

/// Moves times of the receiver's clock to the own.
struct Clock {
    receiver_time: Timestamp,
    middle: Timestamp,
}

impl Clock {
    fn own(&self, time: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>, NotBelieved> {
        let Some(time) = time else { return Ok(None) };
        let time = from_pb(time).map_err(|_| NotBelieved("a time is none"))?;
        let age = self.receiver_time.duration_since(time);
        if age < -SLACK {
            return Err(NotBelieved("a time is to come"));
        }
        let own = self.middle.saturating_sub(age).unwrap_or(Timestamp::UNIX_EPOCH);
        // Whole microseconds, as storage keeps them.
        Ok(Timestamp::from_microsecond(own.as_microsecond()).ok())
    }
}

fn read_areas(areas: &[PbArea], asked: &[Area], clock: &Clock) -> Result<Vec<AreaReadiness>, NotBelieved> {
    let asked: BTreeSet<&Area> = asked.iter().collect();
    let mut told = BTreeSet::new();
    areas
        .iter()
        .map(|area| {
            let read = read_area(area, clock)?;
            if !asked.contains(&read.area) {
                return Err(NotBelieved("it answers for an area that was not asked about"));
            }
            if !told.insert(read.area) {
                return Err(NotBelieved("it answers twice for an area"));
            }
            Ok(read)
        })
        .collect()
}

fn read_area(area: &PbArea, clock: &Clock) -> Result<AreaReadiness, NotBelieved> {
    let people = [area.may_open, area.can_open, area.seen_lately, area.caseworkers];
    if people.iter().any(|count| *count > MOST_PEOPLE) {
        return Err(NotBelieved("it has too many people"));
    }
    if area.can_open > area.may_open || area.seen_lately > area.can_open {
        return Err(NotBelieved("more people can than may"));
    }
    let waiting = waiting(area.waiting)?;
    let waiting_since = clock.own(area.waiting_since_time.as_ref())?;
    if (waiting == 0) != waiting_since.is_none() {
        return Err(NotBelieved("what waits has no beginning"));
    }
    Ok(AreaReadiness {
        area: Area::parse(&area.area).map_err(|_| NotBelieved("an area is none"))?,
        staffing: Staffing {
            may_open: area.may_open,
            can_open: area.can_open,
            seen_lately: area.seen_lately,
            caseworkers: area.caseworkers,
            // What a later version says, or nothing, is not "covered".
            duty: DutyState::try_from(area.duty)
                .ok()
                .and_then(Option::<Duty>::from)
                .unwrap_or(Duty::Uncovered),
        },
        last_worked_at: clock.own(area.last_worked_time.as_ref())?,
        waiting,
        waiting_since,
    })
}

fn waiting(count: u64) -> Result<u64, NotBelieved> {
    if count > MOST_WAITING {
        return Err(NotBelieved("too much waits"));
    }
    Ok(count)
}

/// 1 to 64 visible ASCII characters.
fn version(text: &str) -> Result<String, NotBelieved> {
    if is_version(text) {
        Ok(text.to_owned())
    } else {
        Err(NotBelieved("its version is none"))
    }
}

/// Whether a text names a version: 1 to 64 visible ASCII characters.
#[must_use]
pub fn is_version(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::time::to_pb;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    type Change = Box<dyn FnOnce(&mut CheckReadinessResponse)>;

    fn asked() -> [Area; 2] {
        ["5501", "5503"].map(|area| Area::parse(area).unwrap())
    }

    fn good() -> CheckReadinessResponse {
        CheckReadinessResponse {
            receiver_time: Some(to_pb(NOW)),
            software_version: "0.1.0".to_owned(),
            clocks_beat_time: Some(to_pb(NOW)),
            areas: vec![PbArea {
                area: "5501".to_owned(),
                may_open: 2,
                can_open: 1,
                seen_lately: 1,
                caseworkers: 3,
                duty: DutyState::Covered.into(),
                last_worked_time: Some(to_pb(NOW)),
                waiting: 1,
                waiting_since_time: Some(to_pb(NOW)),
            }],
            alert_address: AlertAddressState::Works.into(),
            reports_unopened: 1,
            reports_unassigned: 1,
        }
    }

    fn read(change: impl FnOnce(&mut CheckReadinessResponse)) -> Result<Answer, NotBelieved> {
        let mut response = good();
        change(&mut response);
        read_answer(&response, &asked(), NOW, NOW)
    }

    #[test]
    fn an_area_that_is_not_answered_for_has_nobody() {
        let answer = read(|_| {}).unwrap();
        let nobody: Vec<bool> = answer.areas.iter().map(|area| area.staffing.is_nobody()).collect();
        assert_eq!(nobody, [false, true]);
        let none = read(|response| response.areas.clear()).unwrap();
        assert!(none.areas.len() == 2 && none.areas.iter().all(|area| area.staffing.is_nobody()));
    }

    #[test]
    fn what_cannot_be_is_no_answer() {
        let later = |seconds| Some(to_pb(NOW + SignedDuration::from_secs(seconds)));
        let wrong: Vec<Change> = vec![
            Box::new(|it| it.receiver_time = None),
            Box::new(|it| {
                it.receiver_time = Some(prost_types::Timestamp {
                    seconds: i64::MAX,
                    nanos: 0,
                })
            }),
            Box::new(|it| it.software_version.clear()),
            Box::new(|it| it.software_version = "1\n".to_owned()),
            Box::new(|it| it.areas = vec![it.areas[0].clone(); 1_001]),
            Box::new(|it| it.areas.push(it.areas[0].clone())),
            Box::new(|it| it.areas[0].area = "4601".to_owned()),
            Box::new(|it| it.areas[0].area = "Tromsø".to_owned()),
            Box::new(|it| it.areas[0].may_open = u32::MAX),
            Box::new(|it| it.areas[0].can_open = 3),
            Box::new(|it| it.areas[0].seen_lately = 2),
            Box::new(|it| it.areas[0].waiting = u64::MAX),
            Box::new(|it| it.areas[0].waiting_since_time = None),
            Box::new(|it| it.reports_unopened = u64::MAX),
            Box::new(move |it| it.areas[0].last_worked_time = later(61)),
            Box::new(move |it| it.clocks_beat_time = later(86_400)),
        ];
        for change in wrong {
            assert!(read(change).is_err());
        }
        assert!(read(|it| it.clocks_beat_time = later(60)).is_ok());
    }

    #[test]
    fn a_duty_or_an_address_that_this_version_does_not_know_is_not_a_good_one() {
        let answer = read(|it| {
            it.areas[0].duty = 99;
            it.alert_address = 99;
        });
        let answer = answer.unwrap();
        assert_eq!(answer.areas[0].staffing.duty, Duty::Uncovered);
        assert_eq!(answer.alert_address_works, None);
    }

    #[test]
    fn times_are_told_by_the_own_clock_and_the_offset_from_the_middle_of_the_call() {
        let mut response = good();
        let ahead = SignedDuration::from_secs(3_600);
        response.receiver_time = Some(to_pb(NOW + ahead));
        response.clocks_beat_time = Some(to_pb(NOW + ahead - SignedDuration::from_secs(100)));
        let asked_at = NOW - SignedDuration::from_secs(2);
        let after = NOW + SignedDuration::from_secs(2);
        let answer = read_answer(&response, &asked(), asked_at, after).unwrap();
        assert_eq!(answer.clock_offset, ahead);
        assert_eq!(answer.uncertainty, Duration::from_secs(2));
        assert_eq!(answer.clocks_beat_at, Some(NOW - SignedDuration::from_secs(100)));
        // A clock that was set back during the call makes no negative uncertainty.
        assert!(read_answer(&response, &asked(), after, asked_at).is_ok());
    }
}
