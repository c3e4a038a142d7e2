//! The two kinds of services in a world: configured, with their people and programs.

use std::{fs, path::Path};

use anyhow::Context as _;
use framme_shared::{
    domain::organisation::OrganisationNumber,
    runtime::{
        clock::SystemClock,
        serve::LocalAddress,
        tls::{TlsFiles, TrustFiles},
    },
    wire::pb::{
        receiver::{
            CreateStaffRequest, CredentialKind, IssueCredentialRequest, StaffMember, StaffRole,
            staff_service_client::StaffServiceClient, work_list_service_client::WorkListServiceClient,
        },
        sender::sender_service_client::SenderServiceClient,
    },
};
use jiff::ToSpan as _;
use uuid::Uuid;

use super::{
    Area, LocalTransport, Place,
    client::{Client, LocalClient},
    layout,
    process::{Process, free_port},
};
use crate::pki::{self, Pki, SyntheticOrganisation};

/// The caseworkers of every receiver.
pub const CASEWORKERS: [&str; 3] = ["cw-1", "cw-2", "cw-3"];
/// The intake leader of every receiver.
const INTAKE_LEADER: &str = "il-1";
/// The administrator of every receiver.
const ADMINISTRATOR: &str = "adm-1";

/// A police district's sender.
#[derive(Debug)]
pub struct SenderNode {
    /// The process.
    pub process: Process,
    /// Its local service.
    pub local: LocalClient,
    /// The token of a person at the desk.
    pub desk_token: String,
    /// The token of a police system.
    pub system_token: String,
}

/// A child welfare service's receiver.
#[derive(Debug)]
pub struct ReceiverNode {
    /// The process.
    pub process: Process,
    /// Its organisation number.
    pub organisation: OrganisationNumber,
    /// What it serves.
    pub areas: Vec<Area>,
    /// Its local service.
    pub local: LocalClient,
    /// The address of its exchange.
    pub exchange: String,
    /// The administrator's token.
    pub administrator_token: String,
    /// The intake leader's token; empty until somebody is hired.
    pub intake_leader_token: String,
    /// The case system's token; empty until somebody is hired.
    pub case_system_token: String,
}

impl SenderNode {
    pub(super) async fn prepare(
        place: &Place,
        pki: &Pki,
        organisation: &SyntheticOrganisation,
        receivers: &[ReceiverNode],
    ) -> anyhow::Result<Self> {
        let number = organisation.number();
        let (tls, local) = identity(place, pki, number)?;
        let mut config = common_config(place, &tls, number, &local.address)?;
        config.push_str("\n[outbox]\nbackoff_base_ms = 100\nbackoff_cap_ms = 2000\npoll_ms = 200\n");
        config.push_str("\n[readiness]\nenabled = false\n\n[drills]\nscheduled = false\n");
        for receiver in receivers {
            let areas: Vec<String> = receiver
                .areas
                .iter()
                .map(|area| format!("{:?}", layout::written(area)))
                .collect();
            config.push_str(&format!(
                "\n[[receivers]]\norganisation = \"{}\"\nendpoint = \"https://{}\"\nmunicipalities = [{}]\n",
                receiver.organisation,
                receiver.exchange,
                areas.join(", ")
            ));
        }
        let process = install(place, "sender", &config).await?;
        let issue = async |role: &str, holder: &str| -> anyhow::Result<String> {
            let answer = process
                .command(&["credential", "issue", "--role", role, "--holder", holder, "--json"])
                .await?;
            token_of(&answer)
        };
        let desk_token = issue("desk", "desk-1").await?;
        let system_token = issue("system", "police-system").await?;
        Ok(Self {
            process,
            local,
            desk_token,
            system_token,
        })
    }

    /// As a person at the desk.
    pub fn desk(&self) -> anyhow::Result<SenderServiceClient<Client>> {
        self.local.sender(&self.desk_token)
    }

    /// As a police system.
    pub fn system(&self) -> anyhow::Result<SenderServiceClient<Client>> {
        self.local.sender(&self.system_token)
    }
}

impl ReceiverNode {
    pub(super) async fn prepare(
        place: &Place,
        pki: &Pki,
        organisation: &SyntheticOrganisation,
        areas: Vec<Area>,
    ) -> anyhow::Result<Self> {
        let number = organisation.number();
        let (tls, local) = identity(place, pki, number)?;
        let exchange = format!("127.0.0.1:{}", free_port()?);
        let mut config = common_config(place, &tls, number, &local.address)?;
        config.push_str(&format!(
            "\n[readiness]\nenabled = false\n\n[exchange]\naddress = \"{exchange}\"\n\n[[peers]]\norganisation = \"{}\"\n",
            pki::POLICE_DISTRICT.number()
        ));
        let process = install(place, "receiver", &config).await?;
        let answer = process
            .command(&[
                "credential",
                "issue",
                "--direct",
                "--kind",
                "person",
                "--holder",
                ADMINISTRATOR,
                "--json",
            ])
            .await?;
        Ok(Self {
            process,
            organisation: number,
            areas,
            local,
            exchange,
            administrator_token: token_of(&answer)?,
            intake_leader_token: String::new(),
            case_system_token: String::new(),
        })
    }

    /// Registers an intake leader, the caseworkers and a case system, as the administrator would.
    pub(super) async fn hire(&mut self) -> anyhow::Result<()> {
        let municipalities: Vec<String> = self.areas.iter().map(layout::written).collect();
        let people = CASEWORKERS.iter().map(|id| (*id, StaffRole::Caseworker));
        for (staff_id, role) in people.chain([(INTAKE_LEADER, StaffRole::IntakeLeader)]) {
            let staff = StaffMember {
                staff_id: staff_id.to_owned(),
                name: format!("Ansatt Oppdiktet {staff_id}"),
                roles: vec![role.into()],
                active: true,
                municipalities: municipalities.clone(),
            };
            let request_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, staff_id.as_bytes()).to_string();
            self.administrator()?
                .create_staff(CreateStaffRequest {
                    request_id,
                    staff: Some(staff),
                })
                .await?;
        }
        self.intake_leader_token = self.issue(CredentialKind::Person, INTAKE_LEADER).await?;
        self.case_system_token = self.issue(CredentialKind::CaseSystem, "case-system").await?;
        Ok(())
    }

    /// A token, as the administrator issues it.
    pub async fn issue(&self, kind: CredentialKind, holder: &str) -> anyhow::Result<String> {
        use framme_shared::runtime::clock::Clock as _;
        let expires = SystemClock.now() + (24 * 30).hours();
        let request = IssueCredentialRequest {
            kind: kind.into(),
            holder_id: holder.to_owned(),
            expire_time: Some(prost_types::Timestamp {
                seconds: expires.as_second(),
                nanos: 0,
            }),
        };
        Ok(self
            .administrator()?
            .issue_credential(request)
            .await?
            .into_inner()
            .token)
    }

    /// As the administrator.
    pub fn administrator(&self) -> anyhow::Result<StaffServiceClient<Client>> {
        self.local.staff(&self.administrator_token)
    }

    /// As the intake leader.
    pub fn intake_leader(&self) -> anyhow::Result<WorkListServiceClient<Client>> {
        self.local.work_list(&self.intake_leader_token)
    }

    /// As the case system.
    pub fn case_system(&self) -> anyhow::Result<WorkListServiceClient<Client>> {
        self.local.work_list(&self.case_system_token)
    }
}

/// A certificate, and a port for the local service.
fn identity(place: &Place, pki: &Pki, organisation: OrganisationNumber) -> anyhow::Result<(TlsFiles, LocalClient)> {
    let issued = pki.enterprise(organisation)?;
    let tls = pki::install(
        pki,
        &issued,
        &place.directory.join("tls"),
        &place.directory.join("trust"),
        &[],
    )?;
    let address = match place.local {
        LocalTransport::Tls => format!("127.0.0.1:{}", free_port()?).parse()?,
        LocalTransport::Unix => LocalAddress::Unix(place.directory.join("local.socket")),
    };
    let trust = TrustFiles {
        trust: tls.trust.clone(),
        crls: tls.crls.clone(),
    };
    Ok((
        tls,
        LocalClient {
            address,
            trust,
            organisation,
        },
    ))
}

fn common_config(
    place: &Place,
    tls: &TlsFiles,
    organisation: OrganisationNumber,
    local: &LocalAddress,
) -> anyhow::Result<String> {
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    let crls: Vec<String> = tls.crls.iter().map(|path| quoted(path)).collect();
    Ok(format!(
        "organisation = \"{organisation}\"\nproduction = false\nlog_format = \"text\"\n\n\
         [database]\nurl = {:?}\nmaster_key_file = {}\nhigh_water_mark = {}\n\n\
         [tls]\ncertificate = {}\nkey = {}\ntrust = {}\ncrls = [{}]\n\n\
         [local]\naddress = \"{local}\"\n",
        place.database_url,
        quoted(&place.directory.join("master.keys")),
        quoted(&place.directory.join("high-water-mark")),
        quoted(&tls.certificate),
        quoted(&tls.key),
        quoted(&tls.trust),
        crls.join(", "),
    ))
}

/// Writes the configuration and makes the master key and the tables, with the service's own commands.
async fn install(place: &Place, program: &str, config: &str) -> anyhow::Result<Process> {
    fs::write(place.directory.join(format!("{program}.toml")), config)?;
    let process = Process::new(program, place.programs.join(program), &place.directory);
    process.command(&["keys", "generate"]).await.context("a master key")?;
    process.command(&["migrate"]).await.context("the tables")?;
    Ok(process)
}

fn token_of(answer: &str) -> anyhow::Result<String> {
    let answer: serde_json::Value = serde_json::from_str(answer).context("the command's answer is not JSON")?;
    Ok(answer["token"]
        .as_str()
        .context("the command's answer has no token")?
        .to_owned())
}
