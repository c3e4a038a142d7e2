//! Change of the master key: data keys are wrapped anew in small batches, while the service runs.

use std::sync::Arc;

use framme_shared::db::{
    Change, LedgerEntry, Tx,
    sealing::{MasterKeys, Place},
};

use crate::{
    core::Core,
    error::Refusal,
    store::rewrap::{KeyRow, KeyTable, TABLES},
};

/// Keys of one change: each batch is a commit of its own, so that others wait little and a kill loses little.
const BATCH: u32 = 100;

/// Wraps every data key of every table with the current master key; tells `progress` how many are done. Killed and
/// repeated it goes on where it was.
///
/// # Errors
/// A key whose master key is not in the file, or that is damaged; those of storage.
pub async fn rewrap_all(core: &Core, mut progress: impl FnMut(u64)) -> Result<u64, Refusal> {
    let mut done = 0;
    for table in TABLES {
        let mut after = (String::new(), String::new());
        loop {
            let rows = table.page(core.db.reader(), &after, core.keys.current(), BATCH).await?;
            let Some(last) = rows.last() else {
                // What was under way when the key file changed may have come in behind.
                let start = Default::default();
                if table
                    .page(core.db.reader(), &start, core.keys.current(), 1)
                    .await?
                    .is_empty()
                {
                    break;
                }
                after = start;
                continue;
            };
            after.clone_from(&last.key);
            let keys = Arc::clone(&core.keys);
            done += core.db.change(Rewrap { table, rows, keys }).await?;
            progress(done);
        }
    }
    Ok(done)
}

struct Rewrap {
    table: KeyTable,
    rows: Vec<KeyRow>,
    keys: Arc<MasterKeys>,
}

impl Change for Rewrap {
    /// How many were wrapped anew.
    type Outcome = u64;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<u64, Refusal> {
        let mut done = 0;
        for row in &self.rows {
            let name = format!("{} {}", row.key.0, row.key.1);
            let place = Place::new(self.table.name, "wrapped_key", name.trim_end());
            let rewrapped = self
                .keys
                .rewrap(&row.wrapped)
                .map_err(|error| Refusal::corrupt(&place, error))?;
            if let Some(wrapped) = rewrapped {
                done += u64::from(self.table.replace(tx.conn(), row, &wrapped).await?);
            }
        }
        tx.record(LedgerEntry {
            kind: "keys_rewrapped",
            subject: self.table.name.to_owned(),
            actor: "framme-receiver".to_owned(),
            data: format!("{done} keys, to master key {}", self.keys.current()),
        });
        Ok(done)
    }
}
