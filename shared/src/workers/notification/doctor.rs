//! What `doctor` says about notices.

use jiff::{SignedDuration, Timestamp};
use sqlx::AnyPool;

use super::check::nobody;
use crate::{
    db::{StoreError, channels, notices},
    domain::notice::{Channel, ContactName, DeliveryFailure},
    runtime::{
        diagnosis::{Faults, Finding},
        notify::Notification,
    },
};

/// A notice that waits longer is worth a look, whatever the reason.
const LONG: SignedDuration = SignedDuration::from_hours(1);

/// Whether everybody who should be told is told, as the database has it.
///
/// # Errors
/// Those of the database. A fault that was found is no error.
pub async fn examine(
    reader: &AnyPool,
    notification: &Notification,
    is_production: bool,
    now: Timestamp,
) -> Result<Vec<Finding>, StoreError> {
    let mut findings = vec![unsent(reader, now).await?];
    if notification.names().next().is_none() {
        findings.push(nobody("contacts", is_production));
    }
    let channels = channels::all(reader).await?;
    for name in notification.names() {
        if !channels.iter().any(|(known, _)| known == name) {
            let text = "nothing was sent yet: notification test NAME shows whether it would arrive";
            findings.push(Finding::good(check_of(name), text));
        }
    }
    for (name, channel) in &channels {
        let is_configured = notification.contact(name).is_some();
        if is_configured || notices::is_waiting_for(reader, name).await? {
            findings.push(standing(name, channel, is_configured));
        }
    }
    Ok(findings)
}

async fn unsent(reader: &AnyPool, now: Timestamp) -> Result<Finding, StoreError> {
    let mut faults = Faults::default();
    let before = now.saturating_sub(LONG).unwrap_or(Timestamp::MIN);
    for unsent in notices::unsent_since(reader, before).await? {
        faults.note(format!(
            "{} notices to {} wait since {}, and others were told of {}",
            unsent.count, unsent.contact, unsent.oldest_at, unsent.relayed
        ));
    }
    Ok(faults.finding("notices", "looked for those that wait longer than an hour"))
}

fn check_of(name: &ContactName) -> String {
    format!("contact {name}")
}

fn standing(name: &ContactName, channel: &Channel, is_configured: bool) -> Finding {
    let check = check_of(name);
    let failure = channel.last_failure.map_or("", DeliveryFailure::as_str);
    if !is_configured {
        return Finding::fault(check, "notices wait for it, and it is not in the configuration");
    }
    match (channel.dead_since, channel.failing_since, channel.last_success_at) {
        (Some(since), _, _) => {
            let text = format!("nothing arrives since {since} ({failure}); others are told instead");
            Finding::fault(check, text)
        }
        (None, Some(since), _) => Finding::fault(check, format!("nothing arrives since {since} ({failure})")),
        (None, None, Some(at)) => Finding::good(check, format!("what is sent arrives, last at {at}")),
        (None, None, None) => Finding::good(check, "nothing was sent yet"),
    }
}
