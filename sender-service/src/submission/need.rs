//! What only a person can do about a part of a report: raised in the change that takes it, ended with its cause.

use framme_shared::{
    db::{
        StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        directory::{Route, Service},
        ids::TransmissionId,
        municipality::Area,
    },
};

/// The service has no receiver: it is told by letter and phone.
pub const LETTER: &str = "letter_needed";
/// Nobody, or nobody certain, answers for the child's area: a person says which service is right.
pub const ROUTE: &str = "route_needed";

/// What a person must do about one transmission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    kind: &'static str,
    data: String,
}

impl Need {
    /// A letter, for a service without a receiver.
    pub fn letter(service: &Service) -> Option<Self> {
        service.is_letter_only().then(|| Self {
            kind: LETTER,
            data: format!("{} ({}) has no receiver", service.organisation, service.name.expose()),
        })
    }

    /// Somebody who says which service is right; `None` where that is certain.
    pub fn route(area: &Area, route: &Route<'_>) -> Option<Self> {
        let data = match route {
            Route::Service(_) => return None,
            Route::Nobody => format!("area {area}: nobody is known"),
            Route::ToAPerson { reason, candidates } => {
                let candidates: Vec<String> = candidates
                    .iter()
                    .map(|service| format!("{} ({})", service.organisation, service.name.expose()))
                    .collect();
                format!("area {area}: {reason}; it may be {}", candidates.join(" or "))
            }
        };
        Some(Self { kind: ROUTE, data })
    }

    /// Raises it, about this transmission.
    pub(super) async fn raise(&self, tx: &mut Tx, transmission: &TransmissionId) -> Result<(), StoreError> {
        let task = NewTask {
            kind: self.kind,
            subject: transmission.to_string(),
            desk: Desk::District,
            data: self.data.clone(),
        };
        tasks::raise(tx, task).await?;
        Ok(())
    }
}

/// Nothing of this transmission is left to be done by a person.
pub(super) async fn settle(
    tx: &mut Tx,
    transmission: &TransmissionId,
    outcome: &'static str,
) -> Result<(), StoreError> {
    for kind in [LETTER, ROUTE] {
        tasks::settle(tx, kind, &transmission.to_string(), outcome).await?;
    }
    Ok(())
}
