//! Whether every receiver answers, is believed, and takes what is for it.

use framme_shared::{db::StoreError, domain::organisation::OrganisationNumber, runtime::diagnosis::Finding};
use jiff::SignedDuration;

use super::Subject;
use crate::store::{
    receiver::{self, ReceiverRow},
    transmission,
};

/// A receiver that has been silent for longer is worth a look.
const SILENT_FOR_LONG: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn all(subject: &Subject<'_>) -> Result<Vec<Finding>, StoreError> {
    let reader = subject.database.reader();
    let mut findings = Vec::new();
    for row in receiver::list(reader).await? {
        findings.push(answers(subject, &row));
        if let Some(reason) = &row.distrusted_reason {
            findings.push(Finding::fault(
                check(&row.organisation),
                format!(
                    "its receipts are not believed ({reason}): speak with it, then `sender receiver trust {}`",
                    row.organisation
                ),
            ));
        }
    }
    for failing in transmission::failing(reader).await? {
        let text = format!("{} deliveries fail with {}", failing.count, failing.failure);
        findings.push(Finding::fault(check(&failing.receiver), text));
    }
    Ok(findings)
}

fn answers(subject: &Subject<'_>, row: &ReceiverRow) -> Finding {
    let check = check(&row.organisation);
    let mut configured = subject.config.receivers.iter();
    if !configured.any(|receiver| receiver.organisation == row.organisation) {
        return match row.waiting {
            0 => Finding::good(check, "no longer configured; nothing waits for it"),
            waiting => Finding::fault(
                check,
                format!("no longer configured, and {waiting} transmissions wait for it"),
            ),
        };
    }
    match row.last_contact_at {
        None => Finding::fault(
            check,
            "has never answered: is its endpoint right, and is this organisation among its peers?",
        ),
        Some(at) if subject.now.duration_since(at) > SILENT_FOR_LONG => {
            Finding::fault(check, format!("has not answered since {at}; {} waiting", row.waiting))
        }
        Some(_) => Finding::good(check, format!("answers; {} waiting", row.waiting)),
    }
}

fn check(receiver: &OrganisationNumber) -> String {
    format!("receiver {receiver}")
}
