//! One change of state, and the transaction it happens in.

use jiff::Timestamp;
use sqlx::AnyConnection;

use super::ledger::Recorded;
use super::{Dialect, LedgerEntry, StoreError};

/// A change of state: load, decide, compare and set, record in the ledger.
///
/// ```text
/// struct AssignChild { child: ChildId, to: StaffId }
///
/// impl Change for AssignChild {
///     type Outcome = Assignment;
///     type Error = AssignError; // has a variant `Store(#[from] StoreError)`
///
///     async fn apply(&self, tx: &mut Tx) -> Result<Assignment, AssignError> { … }
/// }
/// ```
pub trait Change: Send + Sync + 'static {
    /// What the caller learns once it is durable.
    type Outcome: Send + 'static;
    /// Why it was refused; everything it did is rolled back.
    ///
    /// A refusal that wrote nothing is cheaper as part of [`Change::Outcome`]: an `Err` makes the writer repeat the
    /// changes that shared its transaction.
    type Error: From<StoreError> + Send + 'static;

    /// Makes the change inside `tx`.
    ///
    /// May be run several times before one of them is committed, and sees every change committed or made before it in
    /// the same transaction; no other change runs at the same time, in this process or another. Therefore: no effect
    /// outside `tx`, no waiting for anything but `tx`, and an error of the database ends it.
    fn apply<'a>(&'a self, tx: &'a mut Tx) -> impl Future<Output = Result<Self::Outcome, Self::Error>> + Send + 'a;

    /// Makes several changes of this kind that wait at the same time; an outcome for each, in their order.
    ///
    /// One after the other, unless the kind knows better: a change of which thousands come in a second reads and
    /// writes for all of them by the same few statements. Whatever it does, the effect must be that of making them one
    /// after the other in some order. An `Err` is nobody's: everything is rolled back, and each is made alone.
    fn apply_all<'a>(
        changes: &'a [&'a Self],
        tx: &'a mut Tx,
    ) -> impl Future<Output = Result<Vec<Self::Outcome>, Self::Error>> + Send + 'a {
        async move {
            let mut outcomes = Vec::with_capacity(changes.len());
            for change in changes {
                outcomes.push(change.apply(tx).await?);
            }
            Ok(outcomes)
        }
    }
}

/// The writer's transaction, lent to one change at a time.
#[derive(Debug)]
pub struct Tx {
    pub(super) connection: AnyConnection,
    pub(super) dialect: Dialect,
    pub(super) at: Timestamp,
    pub(super) recorded: Vec<Recorded>,
}

impl Tx {
    /// The time of this change, in whole microseconds.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Where statements run. `BEGIN`, `COMMIT`, `ROLLBACK` and savepoints are the writer's.
    pub fn conn(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Adds an entry to the ledger, in the same transaction.
    pub fn record(&mut self, entry: LedgerEntry) {
        self.recorded.push(Recorded { at: self.at, entry });
    }
}
