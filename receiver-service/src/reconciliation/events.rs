//! Which transmissions are about one event: by keyed fingerprints of the police's case references.

use framme_shared::{
    db::{
        Change, Database, StoreError, Tx,
        sealing::{FingerprintKey, MasterKeys, Place, SealError},
    },
    domain::{digest::Digest, report::Report},
};

use zeroize::Zeroizing;

use crate::store::secret::{self, Secret};

const NAME: &str = "event_fingerprint";

/// The key of this service's fingerprints. Lies sealed in the database, and is made once.
pub struct EventKey(FingerprintKey);

impl EventKey {
    /// Reads the key, and makes it the first time.
    ///
    /// # Errors
    /// Those of storage, and a key that does not open.
    pub async fn load(database: &Database, keys: &MasterKeys) -> Result<Self, StoreError> {
        let (data_key, wrapped) = keys.new_data_key();
        let bytes = FingerprintKey::random_bytes();
        let made = database.change(MakeSecret(Secret {
            sealed: data_key.seal(&place(), bytes.as_slice()),
            key: wrapped,
        }));
        let secret = match secret::find(database.reader(), NAME).await? {
            Some(secret) => secret,
            None => made.await?,
        };
        let opened = keys
            .unwrap(&secret.key)
            .and_then(|key| key.open(&place(), &secret.sealed));
        let bytes = opened.map_err(|_: SealError| StoreError::Corrupt {
            table: "secret",
            column: "sealed",
            row: NAME.to_owned(),
        })?;
        let bytes = Zeroizing::new(bytes);
        Ok(Self(FingerprintKey::from_bytes(&bytes)))
    }

    /// A fingerprint for each case reference of a report. Case and spaces are typed differently by different people and
    /// do not count.
    #[must_use]
    pub fn fingerprints(&self, report: &Report) -> Vec<Digest> {
        let references = report.police_case_references.iter();
        let mut fingerprints: Vec<Digest> = references
            .map(|reference| {
                let letters = reference.expose().chars().filter(|letter| !letter.is_whitespace());
                let written = Zeroizing::new(letters.flat_map(char::to_lowercase).collect::<String>());
                self.0.of(&written)
            })
            .collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        fingerprints
    }
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
