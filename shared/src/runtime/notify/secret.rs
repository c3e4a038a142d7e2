//! Passwords and signing secrets, one to a file.

use std::{io, os::unix::fs::PermissionsExt as _, path::Path, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// Why a secret cannot be used. Never shows it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file.
    #[error("{path} cannot be read")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Anybody on the machine could use it.
    #[error("{path} can be read by everybody: chmod 600 it")]
    Open {
        /// Which.
        path: PathBuf,
    },
    /// No password.
    #[error("{path} is empty")]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// No signing secret.
    #[error("{path} must hold whsec_ and base64 of 24-64 bytes")]
    Form {
        /// Which.
        path: PathBuf,
    },
}

/// The one line in a file, if only those may read it who should.
pub(super) fn password(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    let failed = |source| SecretError::File {
        path: path.to_owned(),
        source,
    };
    let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(SecretError::Open { path: path.to_owned() });
    }
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(failed)?;
    let line = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
    if line.is_empty() {
        return Err(SecretError::Empty { path: path.to_owned() });
    }
    Ok(line)
}

/// The key in a file that holds a secret of Standard Webhooks.
pub(super) fn signing_key(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let text = password(path)?;
    let key = text
        .trim()
        .strip_prefix("whsec_")
        .and_then(|text| STANDARD.decode(text).ok());
    let key = key.map(Zeroizing::new).filter(|key| (24..=64).contains(&key.len()));
    key.ok_or_else(|| SecretError::Form { path: path.to_owned() })
}
