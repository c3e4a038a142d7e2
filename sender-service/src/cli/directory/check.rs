//! `sender directory check`.

use std::sync::Arc;

use framme_shared::{
    domain::{
        directory::{Directory, Gap, Route, Service},
        municipality::Area,
    },
    runtime::{
        clock::{Clock, SystemClock},
        connect,
        diagnosis::{self, Finding},
        exit::Exit,
        telemetry::Causes,
        tls::TlsStore,
    },
};
use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp, civil::Date};

use super::super::{Session, outcome::CommandError};
use crate::{Config, directory};

/// Whoever must be asked for a new entry or certificate needs days.
const SOON_DAYS: i32 = 30;
/// Receivers that are called at the same time.
const AT_ONCE: usize = 16;

pub(super) async fn check(session: &Session, day: Date, with_connections: bool) -> Result<Exit, CommandError> {
    let config = session.config()?;
    config.check()?;
    let mut findings = Vec::new();
    match directory::load(&config) {
        Ok(loaded) => {
            findings.extend(offline(&loaded.directory, day));
            if with_connections {
                findings.extend(connections(&config, &loaded.directory, day).await);
            }
        }
        Err(error) => findings.push(Finding::fault("directory", Causes(&error).to_string())),
    }
    Ok(diagnosis::print(&findings, session.json))
}

fn offline(directory: &Directory, day: Date) -> Vec<Finding> {
    let here: Vec<&Service> = in_force(directory, day).collect();
    let by_letter = here.iter().filter(|service| service.is_letter_only()).count();
    let (gaps, endings) = (directory.gaps(day), directory.endings(day, SOON_DAYS));
    let mut findings = vec![Finding::good(
        "directory",
        format!(
            "{} services on {day}, {by_letter} of them without a receiver; no two serve one area",
            here.len()
        ),
    )];
    if gaps.is_empty() {
        findings.push(Finding::good(
            "gaps",
            "every municipality, and every district of Oslo, is served",
        ));
    }
    findings.extend(gaps.iter().map(gap));
    if endings.is_empty() {
        findings.push(Finding::good(
            "ends",
            format!("nothing ends within {SOON_DAYS} days without anybody after it"),
        ));
    }
    findings.extend(endings.iter().map(|ending| {
        Finding::fault(
            format!("end of {}", ending.place),
            format!(
                "{} serves it until {}, and nobody certain after that",
                ending.service, ending.last_day
            ),
        )
    }));
    findings
}

fn in_force(directory: &Directory, day: Date) -> impl Iterator<Item = &Service> {
    directory
        .services()
        .filter(move |service| service.validity.contains(day))
}

fn gap(gap: &Gap<'_>) -> Finding {
    let text = match &gap.route {
        Route::ToAPerson { reason, candidates } => {
            let candidates: Vec<&str> = candidates.iter().map(|service| service.organisation.as_str()).collect();
            format!(
                "{}: reports go to a person ({reason}), it may be {}",
                name(&gap.area),
                candidates.join(", ")
            )
        }
        _ => format!("{}: nobody serves it", name(&gap.area)),
    };
    Finding::fault(format!("gap {}", gap.area), text)
}

fn name(area: &Area) -> String {
    let municipality = area.municipality().name();
    match area.district().and_then(|district| district.name_in_oslo()) {
        Some(district) => format!("{municipality}, {district}"),
        None => municipality.to_owned(),
    }
}

async fn connections(config: &Config, directory: &Directory, day: Date) -> Vec<Finding> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tls = match TlsStore::load(config.tls.clone(), Arc::clone(&clock)) {
        Ok(tls) => tls,
        Err(error) => return vec![Finding::fault("tls", Causes(&error).to_string())],
    };
    let receivers: Vec<_> = in_force(directory, day)
        .filter_map(|service| Some((service.organisation, service.endpoint.as_ref()?.expose().to_owned())))
        .collect();
    let looking = receivers.into_iter().map(|(organisation, endpoint)| {
        let (tls, clock) = (Arc::clone(&tls), Arc::clone(&clock));
        async move {
            let now = clock.now();
            let check = format!("receiver {organisation}");
            match connect::look(&endpoint, tls, organisation, clock).await {
                Ok(until) => certificate(check, &endpoint, until, now),
                Err(error) => Finding::fault(check, format!("{endpoint}: {}", Causes(&error))),
            }
        }
    });
    stream::iter(looking).buffered(AT_ONCE).collect().await
}

fn certificate(check: String, endpoint: &str, until: Timestamp, now: Timestamp) -> Finding {
    if until.duration_since(now) < SignedDuration::from_hours(24 * i64::from(SOON_DAYS)) {
        Finding::fault(
            check,
            format!("{endpoint} answers, and its certificate ends at {until}: it must be renewed"),
        )
    } else {
        Finding::good(
            check,
            format!("{endpoint} answers, and its certificate is valid until {until}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_near_its_end_is_a_fault() {
        let now: Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
        let in_days = |days: i64| now + SignedDuration::from_hours(24 * days);
        let is_good = |days| certificate(String::new(), "", in_days(days), now).is_good;
        assert!(is_good(30) && !is_good(29) && !is_good(-1));
    }

    #[test]
    fn gaps_are_named_by_number_and_name() {
        let directory = directory::parse(
            "[[services]]\norganisation = \"123456785\"\nname = \"B\"\nareas = [\"5501\"]\nvalid_to = 2026-03-20\n\
             receiver = \"https://receiver.example.no:8443\"\n",
        )
        .unwrap();
        let findings = offline(&directory, jiff::civil::date(2026, 3, 2));
        let text = |check: &str| findings.iter().find(|it| it.check == check).map(|it| it.text.as_str());
        assert_eq!(text("gap 0301/17"), Some("Oslo, Marka: nobody serves it"));
        assert_eq!(text("gap 5501"), None);
        assert_eq!(
            text("end of 5501"),
            Some("123456785 serves it until 2026-03-20, and nobody certain after that")
        );
    }
}
