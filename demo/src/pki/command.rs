//! `framme-demo pki --out DIR`.

use std::path::{Path, PathBuf};

use clap::Args;
use framme_shared::runtime::clock::Clock;

use super::{
    Enterprise, Issued, KeyKind, POLICE_DISTRICT, Pki, PkiError, RECEIVERS, Validity, files, synthetic_organisation,
};

/// Makes certificates of organisations that do not exist, good and faulty ones, and the revocation lists.
#[derive(Args, Clone, Debug)]
pub struct PkiArgs {
    /// The folder to write into; it is made, and what this command wrote there before is replaced.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// One folder that was written.
struct Made {
    folder: String,
    what: String,
}

impl PkiArgs {
    /// Makes everything and prints what stands where.
    ///
    /// # Errors
    /// See [`PkiError`].
    pub fn run(&self, clock: &dyn Clock) -> Result<(), PkiError> {
        for made in make(&self.out, clock)? {
            println!("{:<28} {}", made.folder, made.what);
        }
        Ok(())
    }
}

fn make(out: &Path, clock: &dyn Clock) -> Result<Vec<Made>, PkiError> {
    let pki = Pki::new(clock.now())?;
    let mut made = Vec::new();
    let mut write = |folder: &str, what: String, issued: &Issued| {
        files::write_identity(issued, &out.join(folder))?;
        made.push(Made {
            folder: format!("{folder}/"),
            what,
        });
        Ok::<_, PkiError>(())
    };
    for organisation in [POLICE_DISTRICT].into_iter().chain(RECEIVERS) {
        let issued = pki.issue(&Enterprise::new(organisation.name, organisation.number()))?;
        let what = format!("{} {}", organisation.number(), organisation.name);
        write(organisation.folder, what, &issued)?;
    }
    for (folder, request) in faulty() {
        write(folder, request.name.clone(), &pki.issue(&request)?)?;
    }
    let police = Enterprise::new("Revoked: the police district's number", POLICE_DISTRICT.number());
    let revoked = pki.issue(&police)?;
    write("faulty/revoked", police.name.clone(), &revoked)?;
    files::write_trust(&pki, out, &[&revoked])?;
    made.push(Made {
        folder: "trust.pem, crls.pem".to_owned(),
        what: "the root, and the revocation lists of both authorities".to_owned(),
    });
    Ok(made)
}

/// Certificates that must be refused, and one that signs with RSA.
fn faulty() -> [(&'static str, Enterprise); 4] {
    let police = POLICE_DISTRICT.number();
    [
        (
            "other/rsa",
            Enterprise {
                key: KeyKind::Rsa3072,
                ..Enterprise::new("RSA key: receipts are signed PS256", RECEIVERS[0].number())
            },
        ),
        (
            "faulty/wrong-organisation",
            Enterprise::new(
                "Good, but of an organisation on nobody's list",
                synthetic_organisation(666),
            ),
        ),
        (
            "faulty/disagreeing",
            Enterprise {
                serial_number: Some(synthetic_organisation(666)),
                ..Enterprise::new("Two organisation numbers that disagree", police)
            },
        ),
        (
            "faulty/expired",
            Enterprise {
                validity: Validity::EXPIRED,
                ..Enterprise::new("Expired: the police district's number", police)
            },
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use framme_shared::runtime::clock::SystemClock;

    use super::*;

    #[test]
    fn everything_is_written_and_keys_are_for_their_owner_only() {
        let out = std::env::temp_dir().join(format!("framme-pki-{}", std::process::id()));
        let made = make(&out, &SystemClock).unwrap();
        assert_eq!(made.len(), 10);
        for made in &made {
            let Some(folder) = made.folder.strip_suffix('/') else {
                continue;
            };
            let key = fs::metadata(out.join(folder).join("key.pem")).unwrap();
            assert_eq!(key.permissions().mode() & 0o777, 0o600, "{folder}");
        }
        make(&out, &SystemClock).expect("it can be made again in the same place");
        fs::remove_dir_all(&out).unwrap();
    }
}
