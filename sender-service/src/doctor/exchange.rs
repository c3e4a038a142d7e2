//! The exchange with each receiver: whether it is believed and answers, and that nothing that was numbered is missing.

use framme_shared::{
    db::StoreError,
    domain::{directory::Directory, organisation::OrganisationNumber},
    runtime::{
        diagnosis::{Faults, Finding},
        telemetry::Causes,
    },
};
use jiff::{SignedDuration, Timestamp};

use super::{Subject, damage};
use crate::{
    directory,
    store::{
        delivery,
        receiver::{self, ReceiverRow},
        transmission,
    },
    submission::need::ROUTE,
};

/// A receiver that has been silent for longer is worth a look.
const SILENT_FOR_LONG: SignedDuration = SignedDuration::from_mins(10);
/// Numbers read at once.
const PAGE: i64 = 5_000;

pub(super) async fn all(subject: &Subject<'_>, progress: &mut impl FnMut()) -> Result<Vec<Finding>, StoreError> {
    let reader = subject.database.reader();
    let mut findings = Vec::new();
    let (directory, finding) = match directory::load(subject.config) {
        Ok(loaded) => {
            let services = loaded.directory.services().count();
            (
                loaded.directory,
                Finding::good("directory", format!("{services} services")),
            )
        }
        Err(error) => (
            Directory::default(),
            Finding::fault("directory", Causes(&error).to_string()),
        ),
    };
    findings.push(finding);
    for row in receiver::list(reader).await? {
        if row.organisation == OrganisationNumber::NOBODY {
            findings.push(for_a_person(&row));
            continue;
        }
        findings.push(standing(subject, &directory, &row));
        findings.push(numbers(subject, &row, progress).await?);
    }
    let mut failing = Faults::default();
    for group in delivery::failing(reader).await? {
        failing.note(format!(
            "{} deliveries to {} fail with {}",
            group.count, group.receiver, group.failure
        ));
    }
    findings.push(failing.finding("deliveries", "looked for those that fail"));
    findings.push(unproven(subject).await?);
    Ok(findings)
}

/// What waits for a person to say which service is right.
fn for_a_person(row: &ReceiverRow) -> Finding {
    let check = "without a receiver";
    match row.waiting {
        0 => Finding::good(check, "nothing waits for a person to route it"),
        waiting => Finding::fault(
            check,
            format!("{waiting} waiting: see the tasks {ROUTE}, then `sender report route-transmission`"),
        ),
    }
}

fn standing(subject: &Subject<'_>, directory: &Directory, row: &ReceiverRow) -> Finding {
    let organisation = row.organisation;
    let check = format!("receiver {organisation}");
    let waiting = format!("{} waiting", row.waiting);
    if let Some(reason) = &row.distrusted_reason {
        let text = format!(
            "its receipts are not believed ({reason}); look, then `sender receiver trust {organisation}`; {waiting}"
        );
        return Finding::fault(check, text);
    }
    match directory.service(&organisation) {
        Some(service) if service.is_letter_only() => {
            return Finding::good(check, format!("it has no receiver; {waiting} for letters"));
        }
        Some(_) => {}
        None if row.waiting == 0 => {
            return Finding::good(check, "it is not in the directory any more, and nothing waits for it");
        }
        None => return Finding::fault(check, format!("it is not in the directory any more; {waiting}")),
    }
    match row.last_contact_at {
        Some(at) if subject.now.duration_since(at) > SILENT_FOR_LONG => {
            Finding::fault(check, format!("it has not answered since {at}; {waiting}"))
        }
        Some(_) => Finding::good(check, format!("it answers; {waiting}")),
        // A service that has just started may not have heard of a receiver to whom nothing was sent.
        None if row.waiting == 0 && subject.now.duration_since(row.written_at) <= SILENT_FOR_LONG => {
            Finding::good(check, "it is new, and has not answered yet")
        }
        None => {
            let text = "it has never answered: is its endpoint right, and is this organisation among its peers?";
            Finding::fault(check, format!("{text} {waiting}"))
        }
    }
}

/// Every number that was given out must be there: a missing one is a report that was taken and is gone.
async fn numbers(subject: &Subject<'_>, row: &ReceiverRow, progress: &mut impl FnMut()) -> Result<Finding, StoreError> {
    let check = format!("transmissions to {}", row.organisation);
    Ok(
        match gap(subject, &row.organisation, row.last_transmission, progress).await {
            Ok(None) => Finding::good(check, format!("{} without a gap", row.last_transmission)),
            Ok(Some(text)) => Finding::fault(check, text),
            Err(error) => Finding::fault(check, damage(error)?),
        },
    )
}

/// The first number that is missing or too much. Numbers given out since `last` was read are left out.
async fn gap(
    subject: &Subject<'_>,
    receiver: &OrganisationNumber,
    last: u64,
    progress: &mut impl FnMut(),
) -> Result<Option<String>, StoreError> {
    let mut seen = 0;
    loop {
        let page = transmission::numbers_after(subject.database.reader(), receiver, seen, PAGE).await?;
        progress();
        for number in &page {
            if *number != seen + 1 {
                return Ok(Some(format!("number {} is missing", seen + 1)));
            }
            seen = *number;
        }
        if seen >= last {
            return Ok(None);
        }
        if page.is_empty() {
            return Ok(Some(format!("they end at {seen}, but {last} were numbered")));
        }
    }
}

/// Handed over is what nothing delivers any more: soon after, the receiver's receipt must be there.
async fn unproven(subject: &Subject<'_>) -> Result<Finding, StoreError> {
    let before = subject.now.saturating_sub(SILENT_FOR_LONG).unwrap_or(Timestamp::MIN);
    let mut faults = Faults::default();
    for (transmission, receiver) in transmission::unproven(subject.database.reader(), before).await? {
        faults.note(format!("transmission {transmission} to {receiver}"));
    }
    Ok(faults.finding("handed over", "looked for those without a receipt"))
}
