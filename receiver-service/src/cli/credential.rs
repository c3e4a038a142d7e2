//! `receiver credential …`.

use clap::{Args, Subcommand, ValueEnum};
use framme_shared::{
    domain::staff_id::StaffId,
    runtime::{
        exit::Exit,
        validity::{MOST_DAYS, USUAL_DAYS, expiry},
    },
    wire::{
        pb::receiver::{
            CredentialKind as WireKind, IssueCredentialRequest, IssueCredentialResponse, RevokeCredentialRequest,
        },
        time::to_pb,
    },
};
use jiff::Timestamp;

use super::{
    Common, client,
    failure::Usage,
    output,
    setup::{clock, configuration, direct},
};
use crate::{credentials, staff::EnsureAdministrator, store::credential::CredentialKind};

/// Tokens of people and programs.
#[derive(Debug, Subcommand)]
pub enum Credential {
    /// Makes a token. It is shown once and kept nowhere.
    Issue(Issue),
    /// Ends a token at once.
    Revoke {
        /// Its id.
        credential_id: String,
    },
}

/// Options of `issue`.
#[derive(Debug, Args)]
pub struct Issue {
    /// For a person of the staff register, or for a case system.
    #[arg(long)]
    kind: Kind,
    /// The staff id, or a name of the same form for the program.
    #[arg(long)]
    holder: String,
    /// For how many days it is valid, 1 to 400.
    #[arg(long, default_value_t = USUAL_DAYS, value_parser = clap::value_parser!(i64).range(1..=MOST_DAYS))]
    days: i64,
    /// Writes to the database itself instead of asking the service: for the first administrator, who is added to an
    /// empty register by this.
    #[arg(long)]
    direct: bool,
}

/// Whose it is.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// A person of the staff register.
    Person,
    /// A case system.
    CaseSystem,
}

impl Credential {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        match self {
            Self::Issue(issue) if issue.direct => issue.directly(common).await,
            Self::Issue(issue) => issue.by_service(common).await,
            Self::Revoke { credential_id } => {
                let request = RevokeCredentialRequest { credential_id };
                let answer = client::staff(common)?.revoke_credential(request).await?.into_inner();
                let name = "framme.receiver.v1.RevokeCredentialResponse";
                output::message(common.json, name, &answer, || {
                    vec!["the credential is ended".to_owned()]
                });
                Ok(Exit::Ok)
            }
        }
    }
}

impl Issue {
    fn expires_at(&self) -> Timestamp {
        expiry(clock().now(), self.days)
    }

    async fn by_service(self, common: &Common) -> anyhow::Result<Exit> {
        let kind = match self.kind {
            Kind::Person => WireKind::Person,
            Kind::CaseSystem => WireKind::CaseSystem,
        };
        let request = IssueCredentialRequest {
            kind: kind.into(),
            expire_time: Some(to_pb(self.expires_at())),
            holder_id: self.holder,
        };
        let answer = client::staff(common)?.issue_credential(request).await?.into_inner();
        Ok(print(common, &answer))
    }

    async fn directly(self, common: &Common) -> anyhow::Result<Exit> {
        let config = configuration(common)?;
        let holder = StaffId::parse(&self.holder).map_err(|rule| Usage(format!("--holder {rule}")))?;
        let core = direct(&config).await?;
        let kind = match self.kind {
            Kind::Person => CredentialKind::Person,
            Kind::CaseSystem => CredentialKind::CaseSystem,
        };
        if kind == CredentialKind::Person {
            let keys = std::sync::Arc::clone(&core.keys);
            core.db
                .change(EnsureAdministrator {
                    staff: holder.clone(),
                    keys,
                })
                .await?;
        }
        let issued_by = "command line".to_owned();
        let issued = credentials::issue(core.random.as_ref(), kind, holder, self.expires_at(), issued_by);
        let id = core.db.change(issued.change).await??;
        core.db.close().await;
        let answer = IssueCredentialResponse {
            credential_id: id.to_string(),
            token: issued.token.expose().to_owned(),
        };
        Ok(print(common, &answer))
    }
}

fn print(common: &Common, issued: &IssueCredentialResponse) -> Exit {
    output::message(
        common.json,
        "framme.receiver.v1.IssueCredentialResponse",
        issued,
        || {
            vec![
                format!("credential {}", issued.credential_id),
                format!("token      {}", issued.token),
                "the token is shown this once".to_owned(),
            ]
        },
    );
    Exit::Ok
}
