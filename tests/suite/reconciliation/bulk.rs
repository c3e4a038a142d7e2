//! Very many transmissions on both sides, behind the services' backs.

use framme_demo::{pki::synthetic_organisation, reconcile::Fill};
use framme_shared::db::Dialect;

use super::pair::Pair;
use crate::exchange::{POLICE, RECEIVER};

impl Pair {
    /// Transmissions with these numbers, one child each, stored at both sides.
    pub(super) async fn fill(&self, first: u64, last: u64) {
        let fill = Fill {
            police: synthetic_organisation(POLICE),
            receiver: synthetic_organisation(RECEIVER),
            sender_url: self.sender_url().to_owned(),
            receiver_url: self.receiver_url().to_owned(),
        };
        fill.numbers(first, last).await.unwrap();
    }

    /// Bytes as a literal of this database.
    pub(super) async fn blob(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self.sender.sender.context().database.dialect() {
            Dialect::Sqlite => format!("x'{hex}'"),
            Dialect::Postgres => format!("decode('{hex}', 'hex')"),
        }
    }
}
