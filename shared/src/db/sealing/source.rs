//! The key file: where it is found, how it is written.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::db::sync_folder_of;

/// Name of the credential in systemd's credentials directory.
const CREDENTIAL: &str = "framme-master-key";

/// Names a key file when the configuration does not.
const VARIABLE: &str = "FRAMME_MASTER_KEY_FILE";

/// A key with the name it is stored under.
type NamedKey = (String, Zeroizing<[u8; 32]>);

/// Why there are no master keys. Never shows a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error(
        "no master key file: set master_key_file in the configuration, give the credential framme-master-key, or set \
         FRAMME_MASTER_KEY_FILE"
    )]
    NotConfigured,
    #[error("the master key file {path} cannot be read or made")]
    File { path: PathBuf, source: io::Error },
    #[error("the master key file {path} can be read by everybody: chmod 600 it")]
    Open { path: PathBuf },
    #[error(
        "line {line} of the master key file must be `name = base64 of 32 bytes`, the name 1-64 letters, digits, - _ ."
    )]
    Line { line: usize },
    #[error("line {line} of the master key file repeats a name")]
    Repeated { line: usize },
    #[error("the master key file holds no key")]
    Empty,
}

/// The key file in use, and the state in which it was last looked at.
pub(super) struct KeyFile {
    path: PathBuf,
    seen: Mutex<Option<Seen>>,
}

/// What changes when a file is written or replaced: its number, length and time of change in nanoseconds.
type Seen = (u64, u64, i64, i64);

impl KeyFile {
    pub(super) fn find(configured: Option<&Path>) -> Result<Self, KeyFileError> {
        let path = choose(configured, |name| std::env::var_os(name)).ok_or(KeyFileError::NotConfigured)?;
        Ok(Self {
            path,
            seen: Mutex::new(None),
        })
    }

    /// The text, if only those may read it who should.
    pub(super) fn read(&self) -> Result<Zeroizing<String>, KeyFileError> {
        let failed = |source| KeyFileError::File {
            path: self.path.clone(),
            source,
        };
        let metadata = std::fs::metadata(&self.path).map_err(failed)?;
        // Noted before the file is read: what is written meanwhile is seen the next time.
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen(&metadata));
        if metadata.permissions().mode() & 0o007 != 0 {
            return Err(KeyFileError::Open {
                path: self.path.clone(),
            });
        }
        std::fs::read_to_string(&self.path).map(Zeroizing::new).map_err(failed)
    }

    /// The text, if the file is another than when it was last looked at.
    pub(super) fn read_if_changed(&self) -> Option<Result<Zeroizing<String>, KeyFileError>> {
        // A file that is gone for a moment, or for good, leaves the keys as they are.
        let now = seen(&std::fs::metadata(&self.path).ok()?);
        let before = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (before != Some(now)).then(|| self.read())
    }
}

fn seen(metadata: &Metadata) -> Seen {
    (metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec())
}

/// The name for as long as the process lives: there are few, and a rotation adds one a year.
pub(super) fn keep(name: String) -> &'static str {
    static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    match names.iter().find(|kept| **kept == name) {
        Some(kept) => kept,
        None => {
            let kept: &'static str = name.leak();
            names.push(kept);
            kept
        }
    }
}

fn choose(configured: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let credential = || variable("CREDENTIALS_DIRECTORY").map(|folder| Path::new(&folder).join(CREDENTIAL));
    configured
        .map(Path::to_owned)
        .or_else(|| variable(VARIABLE).map(PathBuf::from))
        .or_else(|| credential().filter(|path| path.exists()))
}

/// Names and keys in the order of the file.
pub(super) fn parse(text: &str) -> Result<Vec<NamedKey>, KeyFileError> {
    let mut keys: Vec<NamedKey> = Vec::new();
    for (number, content) in (1..).zip(text.lines().map(str::trim)) {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let (name, key) = parse_line(content).ok_or(KeyFileError::Line { line: number })?;
        if keys.iter().any(|(other, _)| *other == name) {
            return Err(KeyFileError::Repeated { line: number });
        }
        keys.push((name, key));
    }
    if keys.is_empty() {
        Err(KeyFileError::Empty)
    } else {
        Ok(keys)
    }
}

fn parse_line(content: &str) -> Option<NamedKey> {
    let (name, key) = content.split_once('=')?;
    let name = name.trim();
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return None;
    }
    let bytes = Zeroizing::new(STANDARD.decode(key.trim()).ok()?);
    Some((
        name.to_owned(),
        Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?),
    ))
}

/// Writes a file of one key, which must not exist yet.
pub(super) fn create(path: &Path, name: &str, key: &[u8; 32]) -> Result<(), KeyFileError> {
    let failed = |source| KeyFileError::File {
        path: path.to_owned(),
        source,
    };
    let line = Zeroizing::new(format!("{name} = {}\n", STANDARD.encode(key)));
    parse(&line)?;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    file.write_all(b"# Master keys, current first. Keep a copy apart from the database and its backups.\n")
        .and_then(|()| file.write_all(line.as_bytes()))
        .and_then(|()| file.sync_all())
        .and_then(|()| sync_folder_of(path))
        .map_err(failed)
}

/// Puts a key first into the file at `path`, keeping everything else.
pub(super) fn add(path: &Path, name: &str, key: &[u8; 32]) -> Result<(), KeyFileError> {
    let failed = |source| KeyFileError::File {
        path: path.to_owned(),
        source,
    };
    let line = Zeroizing::new(format!("{name} = {}", STANDARD.encode(key)));
    parse(&line)?;
    let old = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
    let is_comment = |line: &&str| line.trim().is_empty() || line.trim().starts_with('#');
    let mut text = Zeroizing::new(String::new());
    for kept in old.lines().take_while(is_comment).chain([line.as_str()]) {
        text.push_str(kept);
        text.push('\n');
    }
    for kept in old.lines().skip_while(is_comment) {
        text.push_str(kept);
        text.push('\n');
    }
    parse(&text)?;
    replace(path, text.as_bytes()).map_err(failed)
}

/// Whole or not at all, with the owner and nobody else in between: the file has keys.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let metadata = std::fs::metadata(path)?;
    let fresh = path.with_extension("fresh");
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(bytes)?;
    file.set_permissions(metadata.permissions())?;
    file.sync_all()?;
    // The service may run as another user than whoever rotates the keys.
    std::os::unix::fs::chown(&fresh, Some(metadata.uid()), Some(metadata.gid()))?;
    std::fs::rename(&fresh, path)?;
    sync_folder_of(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    #[test]
    fn keys_are_read_in_the_order_of_the_file() {
        let text = format!("# keys\n\n b-2 = {KEY} \na.1={KEY}\n");
        let names: Vec<String> = parse(&text).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["b-2", "a.1"]);
    }

    #[test]
    fn a_wrong_line_is_named_by_number_and_never_quoted() {
        let wrong = [
            "nothing",
            "a = short",
            &format!(" = {KEY}"),
            &format!("a b = {KEY}"),
            &format!("{} = {KEY}", "x".repeat(65)),
        ];
        for line in wrong {
            let error = parse(&format!("# first\n{line}")).unwrap_err();
            assert!(matches!(error, KeyFileError::Line { line: 2 }), "{line}: {error}");
        }
        assert!(matches!(parse("# none\n"), Err(KeyFileError::Empty)));
        assert!(matches!(
            parse(&format!("a={KEY}\na={KEY}")),
            Err(KeyFileError::Repeated { line: 2 })
        ));
    }

    #[test]
    fn the_configuration_goes_before_the_environment() {
        let folder = std::env::temp_dir();
        let variable = |name: &str| (name == VARIABLE).then(|| folder.join("named").into_os_string());
        assert_eq!(
            choose(Some(Path::new("/configured")), variable),
            Some(PathBuf::from("/configured"))
        );
        assert_eq!(choose(None, variable), Some(folder.join("named")));
        assert_eq!(choose(None, |_| None), None);
    }

    #[test]
    fn a_new_file_is_for_its_owner_only_and_never_overwrites() {
        let path = std::env::temp_dir().join(format!("framme-keys-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        create(&path, "2026", &[7; 32]).unwrap();
        assert_eq!(
            parse(&KeyFile::find(Some(&path)).unwrap().read().unwrap()).unwrap()[0].0,
            "2026"
        );
        assert!(create(&path, "2026", &[8; 32]).is_err());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            KeyFile::find(Some(&path)).unwrap().read(),
            Err(KeyFileError::Open { .. })
        ));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_key_is_added_first_and_the_rest_of_the_file_stays() {
        let path = std::env::temp_dir().join(format!("framme-keys-add-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        create(&path, "2026", &[7; 32]).unwrap();
        add(&path, "2027", &[8; 32]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let names: Vec<String> = parse(&text).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["2027", "2026"]);
        assert!(text.starts_with("# Master keys"), "{text}");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        assert!(matches!(
            add(&path, "2026", &[9; 32]),
            Err(KeyFileError::Repeated { .. })
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        std::fs::remove_file(&path).unwrap();
    }
}
