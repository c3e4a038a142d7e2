//! Certificates, keys, trust and revocation lists as files.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use framme_shared::runtime::tls::{TlsFiles, TrustFiles};

use super::{Issued, Pki, PkiError};

/// Writes `certificate.pem` and `key.pem` (mode 0600) into `folder`, trust and revocation lists into `trust_folder`, and
/// says what a service's configuration needs.
///
/// # Errors
/// [`PkiError::Write`].
pub fn install(
    pki: &Pki,
    issued: &Issued,
    folder: &Path,
    trust_folder: &Path,
    revoked: &[&Issued],
) -> Result<TlsFiles, PkiError> {
    let (certificate, key) = write_identity(issued, folder)?;
    let TrustFiles { trust, crls } = write_trust(pki, trust_folder, revoked)?;
    Ok(TlsFiles {
        certificate,
        key,
        trust,
        crls,
    })
}

/// Writes `trust.pem` and `crls.pem` into `folder`, in place of those that are there.
///
/// # Errors
/// [`PkiError::Write`].
pub fn write_trust(pki: &Pki, folder: &Path, revoked: &[&Issued]) -> Result<TrustFiles, PkiError> {
    let (trust, crls) = (folder.join("trust.pem"), folder.join("crls.pem"));
    make_folder(folder)?;
    write(&trust, pki.trust_pem().as_bytes(), 0o644)?;
    write(&crls, pki.crls_pem(revoked)?.as_bytes(), 0o644)?;
    Ok(TrustFiles {
        trust,
        crls: vec![crls],
    })
}

pub(super) fn write_identity(issued: &Issued, folder: &Path) -> Result<(PathBuf, PathBuf), PkiError> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    make_folder(folder)?;
    write(&certificate, issued.chain_pem.as_bytes(), 0o644)?;
    write_secret(&key, issued.key_pem.as_bytes())?;
    Ok((certificate, key))
}

/// Writes a file that only its owner can read (mode 0600) from its first byte on. It replaces another in one step.
///
/// # Errors
/// [`PkiError::Write`].
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), PkiError> {
    write(path, bytes, 0o600)
}

/// A new file that then takes the old one's name: whoever reads at the same time sees one or the other.
pub(super) fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), PkiError> {
    let fresh = path.with_extension("new");
    let written = || {
        // A leftover would keep its own mode.
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&fresh)?;
        file.write_all(bytes)?;
        fs::rename(&fresh, path)
    };
    written().map_err(|source| PkiError::Write {
        path: path.to_owned(),
        source,
    })
}

pub(super) fn make_folder(folder: &Path) -> Result<(), PkiError> {
    fs::create_dir_all(folder).map_err(|source| PkiError::Write {
        path: folder.to_owned(),
        source,
    })
}
