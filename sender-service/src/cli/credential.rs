//! Credentials of the local interface, on the database directly: the first one cannot be asked of the service.

use std::{path::PathBuf, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::{Args, Subcommand};
use framme_shared::{
    db::Database,
    domain::{digest::Digest, ids::CredentialId, staff_id::StaffId},
    runtime::{
        clock::{Clock as _, SystemClock},
        exit::Exit,
        random::{OsRandom, Random as _},
        validity::{MOST_DAYS, USUAL_DAYS, expiry},
    },
};
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::json;

use super::{Session, outcome::CommandError};
use crate::{
    credentials::{IssueCredential, RevokeCredential},
    grpc::authorisation::Role,
    service::open_database,
    store::credential::{self, Credential, NewCredential},
};

#[derive(Debug, Subcommand)]
pub(super) enum CredentialCommand {
    /// Issue a credential. Prints a new token once; only its digest is kept.
    Issue(Issue),
    /// End a credential. A running service refuses it within a second.
    Revoke {
        /// Its id.
        credential_id: CredentialId,
    },
    /// All credentials, without their secrets.
    List,
}

#[derive(Debug, Args)]
pub(super) struct Issue {
    /// officer or desk for a person, system for a program, administrator.
    #[arg(long)]
    role: Role,
    /// The person's role-scoped staff id, or the program's name: a-z, 0-9 and hyphen.
    #[arg(long)]
    holder: StaffId,
    /// For how many days it is valid, 1 to 400.
    #[arg(long, default_value_t = USUAL_DAYS, value_parser = clap::value_parser!(i64).range(1..=MOST_DAYS))]
    days: i64,
    /// Bind it to this client certificate (PEM) instead of a token.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
}

pub(super) async fn run(session: &Session, command: CredentialCommand) -> Result<Exit, CommandError> {
    let database = open_database(&session.config()?, Arc::new(SystemClock)).await?;
    let result = match command {
        CredentialCommand::Issue(arguments) => issue(session, &database, arguments).await,
        CredentialCommand::Revoke { credential_id } => revoke(&database, credential_id).await,
        CredentialCommand::List => list(session, &database).await,
    };
    database.close().await;
    result
}

async fn issue(session: &Session, database: &Database, arguments: Issue) -> Result<Exit, CommandError> {
    let id = CredentialId::from_uuid(OsRandom.new_uuid()).expect("a version 4 UUID is not nil");
    let (kind, secret_sha256, token) = match arguments.certificate {
        Some(path) => ("certificate", certificate_digest(&path)?, None),
        None => {
            let token = new_token();
            ("token", Digest::of(token.as_bytes()), Some(token))
        }
    };
    let (role, expires_at) = (arguments.role, expiry(SystemClock.now(), arguments.days));
    let new = NewCredential {
        credential: id,
        kind,
        secret_sha256,
        role,
        holder: arguments.holder,
        expires_at,
    };
    let by = "administrator".to_owned();
    database.change(IssueCredential { new, by }).await?;
    if session.json {
        println!(
            "{}",
            json!({ "credential_id": id, "role": role.as_str(), "expire_time": expires_at, "token": token })
        );
    } else {
        println!("credential  {id}, until {expires_at}");
        if let Some(token) = token {
            println!("token       {token}");
            println!("The token is shown this once.");
        }
    }
    Ok(Exit::Ok)
}

fn new_token() -> String {
    let mut bytes = [0; 32];
    OsRandom.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn certificate_digest(path: &PathBuf) -> Result<Digest, CommandError> {
    let unusable = |why: &str| CommandError::Usage(format!("{}: {why}", path.display()));
    let pem = std::fs::read(path).map_err(|error| unusable(&error.to_string()))?;
    let leaf = CertificateDer::from_pem_slice(&pem).map_err(|_| unusable("holds no certificate in PEM"))?;
    Ok(Digest::of(&leaf))
}

async fn revoke(database: &Database, credential: CredentialId) -> Result<Exit, CommandError> {
    let by = "administrator".to_owned();
    if database.change(RevokeCredential { credential, by }).await? {
        println!("{credential} is revoked.");
        Ok(Exit::Ok)
    } else {
        Err(CommandError::NotFound(format!(
            "there is no valid credential {credential}"
        )))
    }
}

async fn list(session: &Session, database: &Database) -> Result<Exit, CommandError> {
    let now = SystemClock.now();
    for credential in credential::list(database.reader()).await? {
        if session.json {
            let line = json!({
                "credential_id": credential.credential,
                "kind": credential.kind,
                "role": credential.role.as_str(),
                "holder": credential.holder,
                "issue_time": credential.issued_at,
                "expire_time": credential.expires_at,
                "revoke_time": credential.revoked_at,
            });
            println!("{line}");
        } else {
            let (id, kind, role, until) = (
                credential.credential,
                &credential.kind,
                credential.role,
                credential.expires_at,
            );
            let state = state(&credential, now);
            println!(
                "{id}  {state:<8} {kind:<12} {role:<14} until {until}  {}",
                credential.holder
            );
        }
    }
    Ok(Exit::Ok)
}

fn state(credential: &Credential, now: Timestamp) -> &'static str {
    if credential.revoked_at.is_some() {
        "revoked"
    } else if credential.expires_at <= now {
        "expired"
    } else {
        "valid"
    }
}
