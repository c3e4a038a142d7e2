//! `receiver staff …`.

use clap::{Args, Subcommand, ValueEnum};
use framme_shared::{
    runtime::{
        access::Client,
        exit::Exit,
        random::{OsRandom, Random as _},
    },
    wire::pb::receiver::{
        CreateStaffRequest, ListStaffRequest, ListStaffResponse, StaffMember, StaffRole, UpdateStaffRequest,
    },
};

use super::{Common, client, output};

type Register = framme_shared::wire::pb::receiver::staff_service_client::StaffServiceClient<Client>;

/// The staff register.
#[derive(Debug, Subcommand)]
pub enum Staff {
    /// Adds a person.
    Add(Entry),
    /// Replaces a person's entry. What the person can no longer hold is revoked.
    Update(Entry),
    /// The register.
    List,
    /// Says that a person no longer works: every child of theirs is undelivered again.
    Deactivate {
        /// The staff id.
        staff_id: String,
    },
}

/// An entry of the register.
#[derive(Debug, Args)]
pub struct Entry {
    /// Role-scoped id: 1 to 40 of a-z, 0-9 and hyphen, starting with a letter. It travels in receipts: no name.
    staff_id: String,
    /// The name.
    #[arg(long)]
    name: String,
    /// A role; may be given several times.
    #[arg(long = "role", required = true)]
    roles: Vec<RoleName>,
    /// A municipality number, or a city district as 0301/05; may be given several times.
    #[arg(long = "municipality")]
    municipalities: Vec<String>,
    /// The person does not work now.
    #[arg(long)]
    inactive: bool,
}

/// A role.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleName {
    /// Intake leader (fordeler).
    IntakeLeader,
    /// Caseworker (saksbehandler).
    Caseworker,
    /// Duty service (barnevernvakt).
    Duty,
    /// Administrator.
    Administrator,
}

impl Entry {
    fn into_member(self) -> StaffMember {
        let roles = self.roles.iter().map(|role| match role {
            RoleName::IntakeLeader => StaffRole::IntakeLeader,
            RoleName::Caseworker => StaffRole::Caseworker,
            RoleName::Duty => StaffRole::Duty,
            RoleName::Administrator => StaffRole::Administrator,
        });
        StaffMember {
            roles: roles.map(Into::into).collect(),
            staff_id: self.staff_id,
            name: self.name,
            active: !self.inactive,
            municipalities: self.municipalities,
        }
    }
}

impl Staff {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let mut register = client::staff(common)?;
        match self {
            Self::Add(entry) => {
                let request = CreateStaffRequest {
                    request_id: OsRandom.new_uuid().to_string(),
                    staff: Some(entry.into_member()),
                };
                let added = register
                    .create_staff(request)
                    .await?
                    .into_inner()
                    .staff
                    .unwrap_or_default();
                output::message(common.json, "framme.receiver.v1.StaffMember", &added, || {
                    vec![line(&added)]
                });
                Ok(Exit::Ok)
            }
            Self::Update(entry) => update(common, &mut register, entry.into_member()).await,
            Self::List => {
                let all = ListStaffResponse {
                    staff: everybody(&mut register).await?,
                    next_page_token: String::new(),
                };
                let name = "framme.receiver.v1.ListStaffResponse";
                output::message(common.json, name, &all, || all.staff.iter().map(line).collect());
                Ok(Exit::Ok)
            }
            Self::Deactivate { staff_id } => deactivate(common, &mut register, &staff_id).await,
        }
    }
}

async fn update(common: &Common, register: &mut Register, member: StaffMember) -> anyhow::Result<Exit> {
    let request = UpdateStaffRequest {
        request_id: OsRandom.new_uuid().to_string(),
        staff: Some(member),
    };
    let answer = register.update_staff(request).await?.into_inner();
    output::message(common.json, "framme.receiver.v1.UpdateStaffResponse", &answer, || {
        let mut lines: Vec<String> = answer.staff.iter().map(line).collect();
        lines.push(format!("{} assignments revoked", answer.revoked_assignments));
        lines
    });
    Ok(Exit::Ok)
}

async fn deactivate(common: &Common, register: &mut Register, staff_id: &str) -> anyhow::Result<Exit> {
    let found = everybody(register)
        .await?
        .into_iter()
        .find(|member| member.staff_id == staff_id);
    match found {
        Some(member) => {
            update(
                common,
                register,
                StaffMember {
                    active: false,
                    ..member
                },
            )
            .await
        }
        None => {
            eprintln!("receiver: nobody in the register has this id");
            Ok(Exit::NotFound)
        }
    }
}

async fn everybody(register: &mut Register) -> anyhow::Result<Vec<StaffMember>> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListStaffRequest {
            page_size: 1_000,
            page_token,
        };
        let page = register.list_staff(request).await?.into_inner();
        all.extend(page.staff);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// More areas than these are counted and not named; `--json` names all.
const AREAS_SHOWN: usize = 6;

fn line(member: &StaffMember) -> String {
    let mut areas = member.municipalities[..member.municipalities.len().min(AREAS_SHOWN)].join(",");
    if let Some(more @ 1..) = member.municipalities.len().checked_sub(AREAS_SHOWN) {
        areas.push_str(&format!(" and {more} more"));
    }
    let state = if member.active { "active" } else { "inactive" };
    format!(
        "{:20} {:8}  {}  {}  {}",
        member.staff_id,
        state,
        output::roles(member).join(","),
        areas,
        member.name
    )
}
