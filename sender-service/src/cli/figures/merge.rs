//! `sender figures merge`: the files of all districts as one table.

use std::{fs, path::PathBuf};

use clap::Args;
use framme_shared::{
    domain::{
        figures::{self, SignedFigures},
        jws::{JwsVerifier, Kind, TrustedIssuers},
        organisation::OrganisationNumber,
    },
    runtime::{
        clock::{Clock as _, SystemClock},
        exit::Exit,
    },
};

use super::national;
use crate::cli::{Session, outcome::CommandError};

#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The districts' signed files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The authorities whose enterprise certificates are believed, in PEM.
    #[arg(long, value_name = "PEM")]
    roots: PathBuf,
    /// Their revocation lists, in PEM; may be given several times. Without any, nothing is checked for revocation.
    #[arg(long, value_name = "PEM")]
    crls: Vec<PathBuf>,
    /// Only files signed by this organisation are taken; may be given several times. Without any, the table shows who
    /// signed, and it is for you to look.
    #[arg(long = "signer", value_name = "ORGANISATION")]
    signers: Vec<OrganisationNumber>,
    /// Print the table as CSV; with --json, as JSON.
    #[arg(long)]
    csv: bool,
}

pub(super) fn merge(session: &Session, arguments: &Merge) -> Result<Exit, CommandError> {
    let verifier = JwsVerifier::new(trust(arguments)?);
    let now = SystemClock.now();
    let mut files = Vec::with_capacity(arguments.files.len());
    for path in &arguments.files {
        let text = text(path)?;
        files.push((path.display().to_string(), SignedFigures::verify(&verifier, &text, now)));
    }
    match figures::merge(files, &arguments.signers) {
        Ok(national) => national::print(session.json, arguments.csv, &national),
        Err(refused) => {
            for refused in refused {
                eprintln!("refused: {refused}");
            }
            eprintln!("There is no table.");
            Ok(Exit::Fault)
        }
    }
}

fn trust(arguments: &Merge) -> Result<TrustedIssuers, CommandError> {
    let mut lists = Vec::new();
    for path in &arguments.crls {
        lists.extend(read(path)?);
        lists.push(b'\n');
    }
    TrustedIssuers::from_pem(&read(&arguments.roots)?, &lists)
        .map_err(|error| CommandError::Usage(format!("the authorities or revocation lists: {error}")))
}

/// A file that is too large, or no text, is no signed text either: it is refused as one, not read to its end.
fn text(path: &PathBuf) -> Result<String, CommandError> {
    let failed = |error: std::io::Error| CommandError::Usage(format!("{}: {error}", path.display()));
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > Kind::Figures.most_bytes() as u64 + 2 {
        return Err(CommandError::Usage(format!(
            "{}: it is too large to be figures",
            path.display()
        )));
    }
    Ok(String::from_utf8(read(path)?).unwrap_or_default())
}

fn read(path: &PathBuf) -> Result<Vec<u8>, CommandError> {
    fs::read(path).map_err(|error| CommandError::Usage(format!("{}: {error}", path.display())))
}
