//! Master keys, and the data keys they wrap.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::source::{self, KeyFile, KeyFileError};
use super::{DataKey, SealError, WrongKeys};

/// First byte of a wrapped key: which layout follows.
const LAYOUT: u8 = 1;

/// The keys that wrap data keys, by name. New data keys are wrapped by the first; the others open what is older.
///
/// A key file that was changed is read again, without a restart, when the next data key is made or one is met whose
/// master key is not known yet. A changed file that cannot be read is logged once and changes nothing.
pub struct MasterKeys {
    keys: ArcSwap<Vec<MasterKey>>,
    file: Option<KeyFile>,
}

struct MasterKey {
    name: &'static str,
    key: DataKey,
}

/// A data key as it is stored: the name of its master key, and the key sealed under that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// As it came from the database; whether it is whole shows when it is unwrapped.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As it goes to the database.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it goes to the database.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Name of the master key that opens it: what a rotation selects by.
    ///
    /// # Errors
    /// [`SealError::Damaged`] when the bytes are no wrapped key.
    pub fn master_key(&self) -> Result<&str, SealError> {
        self.parts().map(|(name, _)| name)
    }

    /// Layout byte, length of the name, name, sealed key.
    fn parts(&self) -> Result<(&str, &[u8]), SealError> {
        let (head, rest) = self.0.split_at_checked(2).ok_or(SealError::Damaged)?;
        let (name, sealed) = rest.split_at_checked(usize::from(head[1])).ok_or(SealError::Damaged)?;
        let name = std::str::from_utf8(name).map_err(|_| SealError::Damaged)?;
        if head[0] == LAYOUT {
            Ok((name, sealed))
        } else {
            Err(SealError::Damaged)
        }
    }
}

impl MasterKeys {
    /// Reads the key file that the configuration names, else the one of the environment: `framme-master-key` in
    /// `$CREDENTIALS_DIRECTORY` (systemd's `LoadCredential`), or `$FRAMME_MASTER_KEY_FILE`.
    ///
    /// # Errors
    /// [`KeyFileError`] when there is none, others may read it, or a line is wrong.
    pub fn load(configured: Option<&Path>) -> Result<Self, KeyFileError> {
        let file = KeyFile::find(configured)?;
        let keys = Self::parse(&file.read()?)?;
        Ok(Self {
            file: Some(file),
            ..keys
        })
    }

    /// Reads lines `name = base64 of 32 bytes`, current key first. Empty lines and those that begin with # are passed.
    ///
    /// # Errors
    /// [`KeyFileError`] names the line, never its content.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        Ok(Self {
            keys: ArcSwap::from_pointee(parse(text)?),
            file: None,
        })
    }

    /// Makes a key file with one new key, readable by its owner only.
    ///
    /// # Errors
    /// [`KeyFileError::File`], also when the file exists: a key is never overwritten.
    pub fn create_file(path: &Path, name: &str) -> Result<(), KeyFileError> {
        source::create(path, name, &random_key())
    }

    /// Puts a new key first into an existing key file: it wraps new data keys from now on, in running services too. The
    /// file is replaced in one step, and stays as it was when this fails.
    ///
    /// # Errors
    /// [`KeyFileError`], also when a key of this name is there.
    pub fn add_to_file(path: &Path, name: &str) -> Result<(), KeyFileError> {
        source::add(path, name, &random_key())
    }

    /// Whether these keys can open what is stored, by a few of the wrapped keys there. A single damaged one is no proof
    /// of wrong keys; all of them are.
    ///
    /// # Errors
    /// [`WrongKeys`] with the name of the master key.
    pub fn check<'w>(&self, stored: impl IntoIterator<Item = &'w WrappedKey>) -> Result<(), WrongKeys> {
        let mut damaged = None;
        for wrapped in stored {
            let name = || wrapped.master_key().unwrap_or("?").to_owned();
            match self.unwrap(wrapped) {
                Ok(_) => return Ok(()),
                Err(SealError::UnknownMasterKey) => return Err(WrongKeys::Missing(name())),
                Err(SealError::Damaged) => damaged = Some(name()),
            }
        }
        damaged.map_or(Ok(()), |name| Err(WrongKeys::Other(name)))
    }

    /// Whether the key file has a key of this name.
    pub fn has(&self, name: &str) -> bool {
        self.keys.load().iter().any(|key| key.name == name)
    }

    /// Names of all keys, the current one first.
    pub fn names(&self) -> Vec<&'static str> {
        self.keys.load().iter().map(|key| key.name).collect()
    }

    /// Name of the key that wraps new data keys.
    pub fn current(&self) -> &'static str {
        first(&self.keys.load()).name
    }

    /// A key for a new report, and its form for the database.
    pub fn new_data_key(&self) -> (DataKey, WrappedKey) {
        self.follow_file();
        let bytes = random_key();
        (DataKey::new(&bytes), wrap(first(&self.keys.load()), &bytes))
    }

    /// The data key of a stored report.
    ///
    /// # Errors
    /// [`SealError::UnknownMasterKey`] when the key file lacks its master key, else [`SealError::Damaged`].
    pub fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, SealError> {
        self.bytes_of(wrapped).map(|bytes| DataKey::new(&bytes))
    }

    /// The same data key under the current master key; `None` if it is already.
    ///
    /// # Errors
    /// As [`MasterKeys::unwrap`].
    pub fn rewrap(&self, wrapped: &WrappedKey) -> Result<Option<WrappedKey>, SealError> {
        let bytes = self.bytes_of(wrapped)?;
        let keys = self.keys.load();
        let current = first(&keys);
        Ok((wrapped.master_key()? != current.name).then(|| wrap(current, &bytes)))
    }

    fn bytes_of(&self, wrapped: &WrappedKey) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let (name, sealed) = wrapped.parts()?;
        let opened = match open(&self.keys.load(), name, sealed) {
            Err(SealError::UnknownMasterKey) if self.follow_file() => open(&self.keys.load(), name, sealed)?,
            opened => opened?,
        };
        <[u8; 32]>::try_from(opened.as_slice())
            .map(Zeroizing::new)
            .map_err(|_| SealError::Damaged)
    }

    /// Takes up a key file that was changed; whether there is something new.
    fn follow_file(&self) -> bool {
        let Some(text) = self.file.as_ref().and_then(KeyFile::read_if_changed) else {
            return false;
        };
        match text.and_then(|text| parse(&text)) {
            Ok(keys) => {
                tracing::info!(key.current = first(&keys).name, "The master key file was read again");
                self.keys.store(Arc::new(keys));
                true
            }
            Err(error) => {
                tracing::error!(%error, "The changed master key file cannot be used; the keys stay as they were");
                false
            }
        }
    }
}

fn parse(text: &str) -> Result<Vec<MasterKey>, KeyFileError> {
    let named = source::parse(text)?.into_iter();
    Ok(named
        .map(|(name, key)| MasterKey {
            name: source::keep(name),
            key: DataKey::new(&key),
        })
        .collect())
}

fn first(keys: &[MasterKey]) -> &MasterKey {
    keys.first().expect("a key file without keys is refused")
}

fn open(keys: &[MasterKey], name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let master = keys
        .iter()
        .find(|master| master.name == name)
        .ok_or(SealError::UnknownMasterKey)?;
    master.key.open_with(&additional(name), sealed).map(Zeroizing::new)
}

fn wrap(master: &MasterKey, bytes: &[u8; 32]) -> WrappedKey {
    let length = u8::try_from(master.name.len()).expect("longer names are refused when the key file is read");
    let mut wrapped = vec![LAYOUT, length];
    wrapped.extend_from_slice(master.name.as_bytes());
    wrapped.extend_from_slice(&master.key.seal_with(&additional(master.name), bytes));
    WrappedKey(wrapped)
}

/// Binds a wrapped key to its purpose and its master key's name.
fn additional(name: &str) -> Vec<u8> {
    [b"framme data key ", name.as_bytes()].concat()
}

fn random_key() -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(bytes.as_mut_slice()).expect("the operating system's randomness does not fail once started");
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;

    const OLD: &str = "2025 = AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";
    const NEW: &str = "2026 = AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n";
    const PLACE: Place<'static> = Place::new("report", "content", "1");

    fn keys(text: &str) -> MasterKeys {
        MasterKeys::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refusal<T>(result: Result<T, SealError>) -> Option<SealError> {
        result.err()
    }

    #[test]
    fn a_wrapped_key_opens_what_its_data_key_sealed() {
        let keys = keys(OLD);
        let (key, wrapped) = keys.new_data_key();
        let sealed = key.seal(&PLACE, b"secret");
        let stored = WrappedKey::from_bytes(wrapped.into_bytes());
        assert_eq!(
            keys.unwrap(&stored).ok().unwrap().open(&PLACE, &sealed).unwrap(),
            b"secret"
        );
    }

    #[test]
    fn rotation_rewraps_once_and_leaves_content_alone() {
        let (key, wrapped) = keys(OLD).new_data_key();
        let sealed = key.seal(&PLACE, b"secret");

        let both = keys(&format!("{NEW}{OLD}"));
        assert_eq!(both.current(), "2026");
        let rewrapped = both.rewrap(&wrapped).unwrap().unwrap();
        assert_eq!(rewrapped.master_key().unwrap(), "2026");
        assert_eq!(both.rewrap(&rewrapped).unwrap(), None);

        let new = keys(NEW);
        assert_eq!(
            new.unwrap(&rewrapped).ok().unwrap().open(&PLACE, &sealed).unwrap(),
            b"secret"
        );
        assert_eq!(refusal(new.unwrap(&wrapped)), Some(SealError::UnknownMasterKey));
    }

    #[test]
    fn a_changed_key_file_is_taken_up_while_the_service_runs() {
        let path = std::env::temp_dir().join(format!("framme-rotation-{}", std::process::id()));
        let write = |text: &str| {
            // Replaced whole, as an operator's tool does.
            let beside = path.with_extension("new");
            let _ = std::fs::remove_file(&beside);
            std::fs::write(&beside, text).unwrap();
            std::fs::set_permissions(&beside, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            std::fs::rename(&beside, &path).unwrap();
        };
        write(OLD);
        let running = MasterKeys::load(Some(&path)).unwrap_or_else(|error| panic!("{error}"));
        let (_, old) = running.new_data_key();

        // Another process has rewrapped under a key that this one has not seen.
        write(&format!("{NEW}{OLD}"));
        let rewrapped = keys(&format!("{NEW}{OLD}")).rewrap(&old).unwrap().unwrap();
        assert!(running.unwrap(&rewrapped).is_ok());
        assert_eq!(running.new_data_key().1.master_key().unwrap(), "2026");

        write("nonsense");
        assert_eq!(running.new_data_key().1.master_key().unwrap(), "2026");
        write(NEW);
        assert_eq!(running.new_data_key().1.master_key().unwrap(), "2026");
        assert_eq!(refusal(running.unwrap(&old)), Some(SealError::UnknownMasterKey));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_key_under_a_borrowed_name_does_not_open() {
        let (_, wrapped) = keys(OLD).new_data_key();
        let impostor = keys(&NEW.replace("2026", "2025"));
        assert_eq!(refusal(impostor.unwrap(&wrapped)), Some(SealError::Damaged));
    }

    #[test]
    fn keys_that_do_not_fit_what_is_stored_are_told_from_one_damaged_row() {
        let (_, wrapped) = keys(OLD).new_data_key();
        let (_, second) = keys(OLD).new_data_key();
        let mut bytes = wrapped.as_bytes().to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        let damaged = WrappedKey::from_bytes(bytes);

        assert_eq!(keys(OLD).check([&damaged, &second]), Ok(()));
        assert_eq!(keys(OLD).check([]), Ok(()));
        assert_eq!(keys(NEW).check([&wrapped]), Err(WrongKeys::Missing("2025".to_owned())));
        let impostor = keys(&NEW.replace("2026", "2025"));
        assert_eq!(
            impostor.check([&wrapped, &second]),
            Err(WrongKeys::Other("2025".to_owned()))
        );
    }

    #[test]
    fn a_damaged_wrapped_key_is_refused() {
        let keys = keys(OLD);
        let (_, wrapped) = keys.new_data_key();
        for length in 0..wrapped.as_bytes().len() {
            let cut = WrappedKey::from_bytes(wrapped.as_bytes()[..length].to_vec());
            assert!(keys.unwrap(&cut).is_err(), "{length} bytes");
        }
        for position in 0..wrapped.as_bytes().len() {
            let mut bytes = wrapped.as_bytes().to_vec();
            bytes[position] ^= 1;
            assert!(keys.unwrap(&WrappedKey::from_bytes(bytes)).is_err(), "byte {position}");
        }
    }
}
