//! Reports that still wait for a service that is no more: a person decides what becomes of them.

use framme_shared::{
    db::{
        Change, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        directory::{Directory, Service},
        organisation::OrganisationNumber,
    },
};
use jiff::civil::Date;

/// The kind of the task.
pub const RETIRED: &str = "receiver_retired";

/// A service that is no more, with what waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Retired {
    pub(super) organisation: OrganisationNumber,
    /// Transmissions that it has not stored.
    pub(super) waiting: u64,
    /// What the desk must know.
    pub(super) text: String,
}

/// What became of a service that does not answer on this day; `None` for one that does, or is to come.
pub(super) fn what_became(directory: &Directory, organisation: &OrganisationNumber, day: Date) -> Option<String> {
    let Some(service) = directory.service(organisation) else {
        return Some("it stands in the directory no more".to_owned());
    };
    let ended = service.validity.to.filter(|to| *to < day)?;
    Some(match service.successors.as_slice() {
        [] => format!("its last day was {ended}, and nobody takes over"),
        [only] => format!("its last day was {ended}; its successor is {}", named(directory, only)),
        several => {
            let named: Vec<String> = several.iter().map(|successor| named(directory, successor)).collect();
            format!(
                "its last day was {ended}; a person must choose among its successors {}",
                named.join(", ")
            )
        }
    })
}

fn named(directory: &Directory, organisation: &OrganisationNumber) -> String {
    let name = |service: &Service| format!("{organisation} ({})", service.name.expose());
    directory
        .service(organisation)
        .map_or_else(|| organisation.to_string(), name)
}

/// Tells the desk of what waits for services that are no more, and ends what it was told of those for whom nothing waits.
pub struct TellRetired {
    pub(super) waiting: Vec<Retired>,
    pub(super) settled: Vec<OrganisationNumber>,
}

impl Change for TellRetired {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for retired in &self.waiting {
            let task = NewTask {
                kind: RETIRED,
                subject: retired.organisation.to_string(),
                desk: Desk::District,
                data: format!("{} transmissions wait for it; {}", retired.waiting, retired.text),
            };
            tasks::raise(tx, task).await?;
        }
        for organisation in &self.settled {
            tasks::settle(tx, RETIRED, &organisation.to_string(), "nothing_waits").await?;
        }
        Ok(())
    }
}
