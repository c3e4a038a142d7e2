//! Rotation of the master key: data keys are wrapped anew, content is left alone. Can be killed anywhere and begun
//! again.

use framme_shared::{
    db::{
        Change, Database, LedgerEntry, StoreError, Tx,
        sealing::{MasterKeys, SealError, WrappedKey},
    },
    domain::ids::ReportId,
};

use crate::store::data_key::{self, StoredKey};

/// Keys that are wrapped anew in one change.
const AT_ONCE: i64 = 256;

/// Why a rotation stopped. What was done before is durable.
#[derive(Debug, thiserror::Error)]
pub enum RewrapError {
    /// Storage failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
    /// A key cannot be unwrapped: the key file lacks its master key, or it is damaged.
    #[error("the data key of report {report} cannot be unwrapped")]
    Seal {
        /// Whose.
        report: ReportId,
        /// Why.
        #[source]
        source: SealError,
    },
}

/// Wraps every data key by the current master key. `progress` is told how many were done so far.
///
/// # Errors
/// See [`RewrapError`].
pub async fn rewrap_all(
    database: &Database,
    master: &MasterKeys,
    mut progress: impl FnMut(u64),
) -> Result<u64, RewrapError> {
    let (mut done, mut after) = (0, String::new());
    loop {
        let keys = data_key::to_rewrap(database.reader(), master.current(), &after, AT_ONCE).await?;
        let Some((last, _)) = keys.last() else {
            // A submission that was under way when the key file changed may have come in behind.
            let behind = data_key::to_rewrap(database.reader(), master.current(), "", 1).await?;
            if behind.is_empty() {
                return Ok(done);
            }
            after.clear();
            continue;
        };
        after = last.to_string();
        let count = keys.len() as u64;
        database.change(wrapped_anew(keys, master)?).await?;
        done += count;
        progress(done);
    }
}

fn wrapped_anew(keys: Vec<(ReportId, StoredKey)>, master: &MasterKeys) -> Result<RewrapKeys, RewrapError> {
    let mut rewrapped = Vec::with_capacity(keys.len());
    for (report, old) in keys {
        let wrapped = WrappedKey::from_bytes(old.wrapped.clone());
        let failed = |source| RewrapError::Seal { report, source };
        let new = master.rewrap(&wrapped).map_err(failed)?.unwrap_or(wrapped);
        let new = StoredKey {
            master_key_id: new.master_key().map_err(failed)?.to_owned(),
            wrapped: new.into_bytes(),
        };
        rewrapped.push((report, old, new));
    }
    Ok(RewrapKeys { keys: rewrapped })
}

/// Replaces the wrappings of some data keys.
struct RewrapKeys {
    keys: Vec<(ReportId, StoredKey, StoredKey)>,
}

impl Change for RewrapKeys {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        for (report, old, new) in &self.keys {
            data_key::replace(tx.conn(), report, old, new, at).await?;
        }
        if let Some((_, _, new)) = self.keys.first() {
            tx.record(LedgerEntry {
                kind: "keys_rewrapped",
                subject: new.master_key_id.clone(),
                actor: "administrator".to_owned(),
                data: format!("{} keys", self.keys.len()),
            });
        }
        Ok(())
    }
}
