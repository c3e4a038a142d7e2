//! Tasks for people.

use framme_shared::db::tasks::{self, CloseTask, Desk, NewTask};
use framme_shared::db::{Change, StoreError, Tx};
use framme_tests::database::TestDatabase;
use framme_tests::on_both_databases;

use crate::db_change::SCHEMA;

on_both_databases!(
    what_is_found_again_is_one_task_until_it_ends,
    a_cause_that_is_gone_ends_its_own_task_and_no_other,
    a_person_closes_a_task_once,
    tasks_come_by_pages_and_those_that_ended_only_when_asked_for,
);

struct Raise(&'static str, String);

impl Change for Raise {
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let task = NewTask {
            kind: self.0,
            subject: self.1.clone(),
            desk: Desk::District,
            data: "for the test".to_owned(),
        };
        tasks::raise(tx, task).await
    }
}

struct Settle(&'static str, &'static str);

impl Change for Settle {
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        tasks::settle(tx, self.0, self.1, "found").await
    }
}

fn close(number: u64) -> CloseTask {
    CloseTask {
        number,
        by: "desk-1".to_owned(),
    }
}

async fn what_is_found_again_is_one_task_until_it_ends(database: TestDatabase) {
    let opened = database.open(&SCHEMA).await;
    assert!(opened.change(Raise("lost", "a".to_owned())).await.unwrap());
    assert!(!opened.change(Raise("lost", "a".to_owned())).await.unwrap());
    assert!(opened.change(Raise("lost", "b".to_owned())).await.unwrap());
    assert!(opened.change(close(1)).await.unwrap());
    assert!(opened.change(Raise("lost", "a".to_owned())).await.unwrap());
    let open = tasks::page(opened.reader(), 0, false, 10).await.unwrap();
    let open: Vec<_> = open.iter().map(|task| (task.number, task.subject.as_str())).collect();
    assert_eq!(open, [(2, "b"), (3, "a")]);
}

async fn a_cause_that_is_gone_ends_its_own_task_and_no_other(database: TestDatabase) {
    let opened = database.open(&SCHEMA).await;
    for kind in ["lost", "late"] {
        opened.change(Raise(kind, "a".to_owned())).await.unwrap();
    }
    assert!(opened.change(Settle("lost", "a")).await.unwrap());
    assert!(!opened.change(Settle("lost", "a")).await.unwrap());
    let all = tasks::page(opened.reader(), 0, true, 10).await.unwrap();
    let closed = all[0].closed.clone().unwrap();
    assert_eq!((closed.by.as_str(), closed.outcome.as_str()), ("program", "found"));
    assert_eq!(all[1].closed, None);
}

async fn a_person_closes_a_task_once(database: TestDatabase) {
    let opened = database.open(&SCHEMA).await;
    opened.change(Raise("lost", "a".to_owned())).await.unwrap();
    assert!(!opened.change(close(2)).await.unwrap());
    assert!(opened.change(close(1)).await.unwrap());
    assert!(!opened.change(close(1)).await.unwrap());
    let mut connection = database.connect().await;
    let entries: Vec<String> = sqlx::query_scalar("SELECT kind || ' ' || actor FROM ledger ORDER BY seq")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(entries, ["task_opened program", "task_closed desk-1"]);
}

async fn tasks_come_by_pages_and_those_that_ended_only_when_asked_for(database: TestDatabase) {
    let opened = database.open(&SCHEMA).await;
    for number in 1..=5 {
        opened.change(Raise("lost", number.to_string())).await.unwrap();
    }
    opened.change(close(3)).await.unwrap();
    let numbers = async |after, closed, limit| {
        let found = tasks::page(opened.reader(), after, closed, limit).await.unwrap();
        found.iter().map(|task| task.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(0, false, 3).await, [1, 2, 4]);
    assert_eq!(numbers(4, false, 3).await, [5]);
    assert_eq!(numbers(0, true, 10).await, [1, 2, 3, 4, 5]);
}
