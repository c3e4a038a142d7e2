//! The outbox of notices to people.

use framme_shared::db::{Change, StoreError, Tx, notices};
use framme_shared::domain::notice::{ContactName, NewNotice, Occasion};
use framme_shared::domain::report::Urgency;
use framme_tests::database::TestDatabase;
use framme_tests::on_both_databases;

use crate::db_change::SCHEMA;

on_both_databases!(each_telling_of_the_same_is_put_into_the_outbox_once);

struct Enqueue(NewNotice);

impl Change for Enqueue {
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        notices::enqueue(tx, self.0.clone()).await
    }
}

async fn each_telling_of_the_same_is_put_into_the_outbox_once(database: TestDatabase) {
    let opened = database.open(&SCHEMA).await;
    let notice = NewNotice {
        contact: ContactName::parse("desk").unwrap(),
        occasion: Occasion::Waiting,
        subject: "a".to_owned(),
        turn: 0,
        urgency: Urgency::Normal,
        until: None,
    };
    let again = NewNotice {
        turn: 1,
        ..notice.clone()
    };
    assert!(opened.change(Enqueue(notice.clone())).await.unwrap());
    assert!(!opened.change(Enqueue(notice)).await.unwrap());
    assert!(opened.change(Enqueue(again)).await.unwrap());
}
