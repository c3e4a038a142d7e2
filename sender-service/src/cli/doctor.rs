//! What a person should look at.

use std::sync::Arc;

use framme_shared::runtime::{
    clock::{Clock as _, SystemClock},
    exit::Exit,
};
use jiff::SignedDuration;

use super::{Session, outcome::CommandError};
use crate::{
    service::open_database,
    store::{receiver, transmission},
};

/// A receiver that has been silent for longer is worth a look.
const SILENT_FOR_LONG: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn doctor(session: &Session) -> Result<Exit, CommandError> {
    let config = session.config()?;
    let clock = Arc::new(SystemClock);
    let now = clock.now();
    let database = open_database(&config, clock).await?;
    println!("ok      the database can be opened, and its ledger holds");
    let mut faults = 0;
    for row in receiver::list(database.reader()).await? {
        let organisation = row.organisation;
        if let Some(reason) = &row.distrusted_reason {
            faults += 1;
            println!(
                "FAULT   receiver {organisation}: its receipts are not believed ({reason}); look, then `sender receiver trust {organisation}`"
            );
        }
        match row.last_contact_at {
            None => {
                faults += 1;
                println!("FAULT   receiver {organisation}: has never answered");
            }
            Some(at) if now.duration_since(at) > SILENT_FOR_LONG => {
                faults += 1;
                println!("FAULT   receiver {organisation}: has not answered since {at}");
            }
            Some(_) => println!("ok      receiver {organisation}: answers; {} waiting", row.waiting),
        }
    }
    for failing in transmission::failing(database.reader()).await? {
        faults += 1;
        println!(
            "FAULT   receiver {}: {} deliveries fail with {}",
            failing.receiver, failing.count, failing.failure
        );
    }
    database.close().await;
    Ok(if faults == 0 { Exit::Ok } else { Exit::Fault })
}
