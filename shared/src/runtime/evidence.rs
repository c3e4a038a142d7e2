//! The command that checks an evidence package: the same at both sides, and for whoever is of neither. It needs the file
//! and the roots that the reader trusts, and no configuration, no database and no network.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::exit::Exit;
use crate::domain::{
    evidence::{
        InvalidPackage, ListExpired, MOST_BYTES, Package,
        explain::{self, Language},
        verify,
    },
    jws::{InvalidTrust, TrustedIssuers},
    receipt::ReceiptVerifier,
};

/// Arguments of `evidence verify`.
#[derive(Debug, Args)]
pub struct VerifyEvidence {
    /// The package.
    file: PathBuf,
    /// Certificates of the issuers that you trust, in PEM. Take them from the issuers, not from who gave you the package.
    #[arg(long, required = true, num_args = 1.., value_name = "PEM")]
    roots: Vec<PathBuf>,
    /// Revocation lists of the issuers, in PEM. Without any, it is not looked up whether a certificate is revoked.
    #[arg(long, num_args = 1.., value_name = "PEM")]
    crls: Vec<PathBuf>,
    /// The language of the explanation: nb, nn or en.
    #[arg(long, default_value = "nb")]
    language: Language,
}

/// Why nothing could be judged. A package that does not hold is no such error.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The roots or revocation lists cannot be used.
    #[error("roots or revocation lists cannot be used")]
    Trust(#[from] InvalidTrust),
    /// A revocation list is out of date.
    #[error(transparent)]
    ListExpired(#[from] ListExpired),
}

impl VerifyError {
    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Read { .. } | Self::Trust(_) => Exit::Usage,
            Self::ListExpired(_) => Exit::Failure,
        }
    }
}

impl VerifyEvidence {
    /// Checks the package at the time `now` and prints what came of it: [`Exit::Ok`] when it holds, [`Exit::Fault`] when it
    /// does not or is no package.
    ///
    /// # Errors
    /// See [`VerifyError`].
    pub fn run(&self, as_json: bool, now: Timestamp) -> Result<Exit, VerifyError> {
        let verifier = ReceiptVerifier::new(TrustedIssuers::from_pem(
            &read_all(&self.roots)?,
            &read_all(&self.crls)?,
        )?);
        let package = match Package::read(&read(&self.file, MOST_BYTES)?) {
            Ok(package) => package,
            Err(why) => {
                println!("{}", self.no_package(&why, as_json));
                return Ok(Exit::Fault);
            }
        };
        let verdict = verify(&package, &verifier, now)?;
        if as_json {
            println!("{:#}", verdict.to_json(self.language));
        } else {
            print!("{}", explain::explain(&verdict, self.language, !self.crls.is_empty()));
        }
        Ok(if verdict.holds() { Exit::Ok } else { Exit::Fault })
    }

    fn no_package(&self, why: &InvalidPackage, as_json: bool) -> String {
        let text = explain::invalid(why, self.language);
        if as_json {
            let fault = json!({ "code": format!("package_{}", why.reason()), "text": text });
            format!("{:#}", json!({ "holds": false, "faults": [fault] }))
        } else {
            text
        }
    }
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<u8>, VerifyError> {
    let mut all = Vec::new();
    for path in paths {
        all.extend(fs::read(path).map_err(|source| unreadable(path, source))?);
        all.push(b'\n');
    }
    Ok(all)
}

/// At most one byte more than `most` of a file.
fn read(path: &Path, most: usize) -> Result<Vec<u8>, VerifyError> {
    let failed = |source| unreadable(path, source);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn unreadable(path: &Path, source: io::Error) -> VerifyError {
    VerifyError::Read {
        path: path.to_owned(),
        source,
    }
}
