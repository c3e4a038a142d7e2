//! What comes at the same time: changes of one kind are made together, single rows are looked up together, and nobody
//! pays for another's fault.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use framme_shared::db::{Change, Database, StoreError, Together, Tx};
use framme_tests::database::TestDatabase;
use framme_tests::on_both_databases;
use futures::future::{self, BoxFuture};
use sqlx::{AnyConnection, Row as _};
use tokio::sync::oneshot;

use crate::db_change::{AddNote, End, NoteError, SCHEMA, ledger_subjects, notes};

on_both_databases!(
    changes_of_one_kind_that_wait_are_made_together,
    a_change_that_fails_among_others_of_its_kind_fails_alone,
    a_panic_among_others_of_its_kind_costs_only_the_change_that_panicked,
    changes_of_two_kinds_at_once_are_all_made,
    rows_asked_for_at_the_same_time_are_each_found,
    a_row_that_cannot_be_read_is_an_error_for_nobody_else,
    a_panic_of_a_lookup_costs_nobody_who_asks_later,
    a_database_that_is_away_is_asked_once_for_all_who_wait,
);

/// As [`AddNote`], and notes how many were made together.
struct Counted {
    note: AddNote,
    runs: Arc<Mutex<Vec<usize>>>,
}

impl Change for Counted {
    type Outcome = i64;
    type Error = NoteError;

    async fn apply(&self, tx: &mut Tx) -> Result<i64, NoteError> {
        self.runs.lock().unwrap().push(1);
        self.note.apply(tx).await
    }

    async fn apply_all(changes: &[&Self], tx: &mut Tx) -> Result<Vec<i64>, NoteError> {
        changes[0].runs.lock().unwrap().push(changes.len());
        let mut outcomes = Vec::new();
        for change in changes {
            outcomes.push(change.note.apply(tx).await?);
        }
        Ok(outcomes)
    }
}

/// Says that the writer is at it, and keeps it busy until it is told to go on.
struct Hold(Mutex<Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>>);

impl Change for Hold {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, _: &mut Tx) -> Result<(), StoreError> {
        let ends = self.0.lock().unwrap().take();
        if let Some((busy, go_on)) = ends {
            busy.send(()).unwrap();
            go_on.await.unwrap();
        }
        Ok(())
    }
}

/// Hands all of these over while the writer is busy, so that they wait at the same time.
async fn at_once<C: Change>(database: &Database, changes: Vec<C>) -> Vec<Result<C::Outcome, C::Error>> {
    let ((busy, is_busy), (go_on, told)) = (oneshot::channel(), oneshot::channel());
    let held = database.clone();
    let hold = tokio::spawn(async move { held.change(Hold(Mutex::new(Some((busy, told))))).await });
    is_busy.await.unwrap();
    let mut waiting = std::pin::pin!(future::join_all(
        changes.into_iter().map(|change| database.change(change))
    ));
    assert!(futures::poll!(&mut waiting).is_pending());
    go_on.send(()).unwrap();
    hold.await.unwrap().unwrap();
    waiting.await
}

fn counted(id: i64, end: End, runs: &Arc<Mutex<Vec<usize>>>) -> Counted {
    Counted {
        note: AddNote { id, end },
        runs: Arc::clone(runs),
    }
}

async fn changes_of_one_kind_that_wait_are_made_together(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let runs = Arc::new(Mutex::new(Vec::new()));
    let changes = (1..=20).map(|id| counted(id, End::Well, &runs)).collect();
    let answers = at_once(&database, changes).await;
    let ids: Vec<i64> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(ids, (1..=20).collect::<Vec<_>>(), "each has its own answer");
    assert_eq!(*runs.lock().unwrap(), [20]);
    assert_eq!(notes(&database).await, ids);
    assert_eq!(ledger_subjects(&database).await, ids);
}

async fn a_change_that_fails_among_others_of_its_kind_fails_alone(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let runs = Arc::new(Mutex::new(Vec::new()));
    let end = |id| if id == 3 { End::Refused } else { End::Well };
    let changes = (1..=5).map(|id| counted(id, end(id), &runs)).collect();
    let answers = at_once(&database, changes).await;
    assert!(matches!(answers[2], Err(NoteError::Refused)), "its own error");
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    assert_eq!(*runs.lock().unwrap(), [5, 1, 1, 1, 1, 1]);
    assert_eq!(notes(&database).await, [1, 2, 4, 5]);
    assert_eq!(ledger_subjects(&database).await, [1, 2, 4, 5]);
}

async fn a_panic_among_others_of_its_kind_costs_only_the_change_that_panicked(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let runs = Arc::new(Mutex::new(Vec::new()));
    let end = |id| if id == 1 { End::Panic } else { End::Well };
    let changes = (1..=3).map(|id| counted(id, end(id), &runs)).collect();
    let answers = at_once(&database, changes).await;
    assert!(matches!(answers[0], Err(NoteError::Store(StoreError::Panicked))));
    assert_eq!(notes(&database).await, [2, 3]);
    assert_eq!(ledger_subjects(&database).await, [2, 3]);
}

async fn changes_of_two_kinds_at_once_are_all_made(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    let runs = Arc::new(Mutex::new(Vec::new()));
    let others = future::join_all((11..=13).map(|id| database.change(AddNote::well(id))));
    let counted = at_once(&database, (1..=3).map(|id| counted(id, End::Well, &runs)).collect());
    let (others, counted) = future::join(others, counted).await;
    assert!(others.iter().all(Result::is_ok) && counted.iter().all(Result::is_ok));
    assert_eq!(*runs.lock().unwrap(), [3]);
    assert_eq!(notes(&database).await, [1, 2, 3, 11, 12, 13]);
}

const UNREADABLE: i64 = 13;
const PANICS: i64 = 666;

/// Finds the revisions of notes; one of them cannot be read.
fn revisions<'a>(
    connection: &'a mut AnyConnection,
    ids: &'a [i64],
) -> BoxFuture<'a, Result<HashMap<i64, i64>, StoreError>> {
    Box::pin(async move {
        let mut found = HashMap::new();
        for id in ids {
            let row = sqlx::query("SELECT revision FROM note WHERE id = $1")
                .bind(id)
                .fetch_optional(&mut *connection)
                .await?;
            assert_ne!(*id, PANICS, "on purpose");
            if *id == UNREADABLE {
                return Err(StoreError::Corrupt {
                    table: "note",
                    column: "revision",
                    row: id.to_string(),
                });
            }
            if let Some(row) = row {
                found.insert(*id, row.try_get(0)?);
            }
        }
        Ok(found)
    })
}

async fn looked_up(test: &TestDatabase, ids: impl IntoIterator<Item = i64>) -> Vec<Result<Option<i64>, StoreError>> {
    let database = test.open(&SCHEMA).await;
    for id in 1..=20 {
        database.change(AddNote::well(id)).await.unwrap();
    }
    let together = Together::new(database.reader().clone(), revisions);
    future::join_all(ids.into_iter().map(|id| together.get(id))).await
}

async fn rows_asked_for_at_the_same_time_are_each_found(test: TestDatabase) {
    let answers = looked_up(&test, [1, 2, 2, 99, 3]).await;
    let found: Vec<Option<i64>> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(found, [Some(1), Some(1), Some(1), None, Some(1)]);
}

async fn a_row_that_cannot_be_read_is_an_error_for_nobody_else(test: TestDatabase) {
    let answers = looked_up(&test, 10..=16).await;
    for (id, answer) in (10..=16).zip(answers) {
        match id {
            UNREADABLE => assert!(matches!(answer, Err(StoreError::Corrupt { .. })), "{answer:?}"),
            _ => assert_eq!(answer.unwrap(), Some(1)),
        }
    }
}

async fn a_panic_of_a_lookup_costs_nobody_who_asks_later(test: TestDatabase) {
    let database = test.open(&SCHEMA).await;
    database.change(AddNote::well(1)).await.unwrap();
    let together = Together::new(database.reader().clone(), revisions);
    assert!(matches!(together.get(PANICS).await, Err(StoreError::Panicked)));
    assert_eq!(together.get(1).await.unwrap(), Some(1));
}

async fn a_database_that_is_away_is_asked_once_for_all_who_wait(test: TestDatabase) {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let database = test.open(&SCHEMA).await;
    let together = Together::<i64, i64>::new(database.reader().clone(), |_, _| {
        Box::pin(async {
            ASKED.fetch_add(1, Ordering::SeqCst);
            Err(StoreError::from(sqlx::Error::PoolTimedOut))
        })
    });
    // Nothing can be read before everybody waits.
    let pool = database.reader();
    let all = (0..pool.options().get_max_connections()).map(|_| pool.acquire());
    let taken = future::try_join_all(all).await.unwrap();
    let mut waiting = std::pin::pin!(future::join_all((0..20).map(|id| together.get(id))));
    assert!(futures::poll!(&mut waiting).is_pending());
    drop(taken);
    let answers = waiting.await;
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(StoreError::Unavailable(_))))
    );
    // The test runs on two databases, and the first who ask may be taken before the others have asked.
    assert!(ASKED.load(Ordering::SeqCst) <= 4);
}
