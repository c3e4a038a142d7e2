//! Starts the workers.

use std::sync::Arc;

use super::{ChannelWorker, Keeper, Office};
use crate::{
    db::Database,
    runtime::{
        clock::Clock,
        notify::{Courier, CourierError, Notification},
        random::Random,
        shutdown::Shutdown,
    },
};

/// Starts a worker for each contact and the keeper; without contacts there is nothing to start, and the log says so.
/// `service` tells the services of a country apart: `sender 974761076`.
///
/// # Errors
/// See [`CourierError`]; nothing is started then.
pub fn start(
    notification: Notification,
    database: Database,
    (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
    service: String,
    shutdown: &Shutdown,
) -> Result<(), CourierError> {
    if notification.names().next().is_none() {
        tracing::warn!(
            "NOBODY IS TOLD of what waits, is late or is wrong: no contacts are configured. Add [[contacts]]"
        );
        return Ok(());
    }
    let courier = Courier::new(&notification, Arc::clone(&clock))?;
    let office = Arc::new(Office {
        database,
        notification,
        courier,
        clock,
        random,
        service,
    });
    for contact in office.notification.names() {
        let worker = ChannelWorker::new(Arc::clone(&office), contact.clone());
        shutdown.spawn("notices to a contact", worker.run(shutdown.clone()));
    }
    let keeper = Keeper::new(Arc::clone(&office));
    shutdown.spawn("notices that would be missed", keeper.run(shutdown.clone()));
    Ok(())
}
