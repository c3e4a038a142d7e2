//! Which transmissions are about one event: by keyed fingerprints of the police's case references.

use framme_shared::{
    db::{
        Change, Database, StoreError, Tx,
        sealing::{FingerprintKey, MasterKeys, Place, SealError},
    },
    domain::{digest::Digest, report::Report},
};

use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use crate::{
    core::Core,
    store::secret::{self, Secret},
};

const NAME: &str = "event_fingerprint";

/// The key of this service's fingerprints. Lies sealed in the database, is made once, and is read when it is first needed:
/// commands that look at a database neither need nor make it.
#[derive(Default)]
pub struct EventKey(OnceCell<FingerprintKey>);

impl EventKey {
    /// Reads the key, and makes it the first time.
    ///
    /// # Errors
    /// Those of storage, and a key that does not open.
    pub async fn ready(&self, database: &Database, keys: &MasterKeys) -> Result<&FingerprintKey, StoreError> {
        self.0.get_or_try_init(|| load(database, keys)).await
    }

    /// A fingerprint for each case reference of a report. Case and spaces are typed differently by different people and
    /// do not count.
    ///
    /// # Errors
    /// As [`EventKey::ready`].
    pub async fn fingerprints(&self, core: &Core, report: &Report) -> Result<Vec<Digest>, StoreError> {
        let key = self.ready(&core.db, &core.keys).await?;
        let references = report.police_case_references.iter();
        let mut fingerprints: Vec<Digest> = references
            .map(|reference| {
                let letters = reference.expose().chars().filter(|letter| !letter.is_whitespace());
                let written = Zeroizing::new(letters.flat_map(char::to_lowercase).collect::<String>());
                key.of(&written)
            })
            .collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        Ok(fingerprints)
    }
}

async fn load(database: &Database, keys: &MasterKeys) -> Result<FingerprintKey, StoreError> {
    let secret = match secret::find(database.reader(), NAME).await? {
        Some(secret) => secret,
        None => {
            let (data_key, wrapped) = keys.new_data_key();
            let bytes = FingerprintKey::random_bytes();
            let made = MakeSecret(Secret {
                sealed: data_key.seal(&place(), bytes.as_slice()),
                key: wrapped,
            });
            database.change(made).await?
        }
    };
    let opened = keys
        .unwrap(&secret.key)
        .and_then(|key| key.open(&place(), &secret.sealed));
    let bytes = opened.map_err(|_: SealError| StoreError::Corrupt {
        table: "secret",
        column: "sealed",
        row: NAME.to_owned(),
    })?;
    Ok(FingerprintKey::from_bytes(&Zeroizing::new(bytes)))
}

const fn place() -> Place<'static> {
    Place::new("secret", "sealed", NAME)
}

/// Stores the key, unless another process was faster; returns the one that counts.
struct MakeSecret(Secret);

impl Change for MakeSecret {
    type Outcome = Secret;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Secret, StoreError> {
        let at = tx.at();
        secret::insert(tx.conn(), NAME, &self.0, at).await?;
        secret::find(tx.conn(), NAME).await?.ok_or(StoreError::Missing)
    }
}
