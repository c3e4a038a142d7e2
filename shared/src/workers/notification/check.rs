//! What `check-config` says about notices.

use std::sync::Arc;

use crate::runtime::{
    clock::SystemClock,
    diagnosis::Finding,
    notify::{Courier, Notification},
};

/// Whether somebody can be told: authorities and secrets are read, and nothing is sent. That nobody can be is a fault
/// where real reports are handled.
#[must_use]
pub fn check(notification: &Notification, is_production: bool) -> Finding {
    const CHECK: &str = "notification";
    match notification.names().count() {
        0 => nobody(CHECK, is_production),
        count => Finding::of(CHECK, Courier::new(notification, Arc::new(SystemClock)), |_| {
            format!("{count} contacts; whether each can be reached: notification test NAME")
        }),
    }
}

pub(super) fn nobody(check: &str, is_production: bool) -> Finding {
    let text = "NOBODY IS TOLD of what waits, is late or is wrong: no contacts are configured";
    if is_production {
        Finding::fault(check, text)
    } else {
        Finding::good(check, format!("{text}; a fault where reports are real"))
    }
}
