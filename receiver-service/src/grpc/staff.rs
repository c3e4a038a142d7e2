//! `framme.receiver.v1.StaffService`.

use std::sync::Arc;

use framme_shared::{
    domain::{
        ids::{CredentialId, RequestId},
        receipt::StatedBy,
        staff_id::StaffId,
        staff_role::{StaffReference, StaffRole},
    },
    runtime::{serve::MAX_MESSAGE_BYTES, validity::MOST_DAYS},
    wire::{
        pb::receiver::{
            self as pb, CreateStaffRequest, CreateStaffResponse, CredentialKind as WireKind, IssueCredentialRequest,
            IssueCredentialResponse, ListStaffRequest, ListStaffResponse, RevokeCredentialRequest,
            RevokeCredentialResponse, StaffMember, UpdateStaffRequest, UpdateStaffResponse,
            staff_service_server::{StaffService, StaffServiceServer},
        },
        scope::Scope,
        status::Failure,
        time,
    },
};
use jiff::{SignedDuration, Timestamp};
use tonic::{Request, Response, Status};

use super::{read, work_list::admit};
use crate::{
    authority::{Caller, Holder, Rpc},
    core::Core,
    credentials::{self, RevokeCredential},
    error::Refusal,
    requests,
    staff::{Access, CreateStaff, StaffChange, Stated, UpdateStaff, open_name, read_member},
    store::{
        credential::CredentialKind,
        staff::{self, Member},
    },
};

/// Serves the staff register.
pub struct StaffRegister {
    core: Arc<Core>,
}

impl StaffRegister {
    /// The service, ready to be added to the local listener's routes.
    pub fn service(core: Arc<Core>) -> StaffServiceServer<Self> {
        StaffServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl StaffService for StaffRegister {
    async fn create_staff(
        &self,
        request: Request<CreateStaffRequest>,
    ) -> Result<Response<CreateStaffResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::CreateStaff).await?;
        Ok(Response::new(self.create(&caller, request.get_ref()).await?))
    }

    async fn update_staff(
        &self,
        request: Request<UpdateStaffRequest>,
    ) -> Result<Response<UpdateStaffResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::UpdateStaff).await?;
        Ok(Response::new(self.update(&caller, request.get_ref()).await?))
    }

    async fn list_staff(&self, request: Request<ListStaffRequest>) -> Result<Response<ListStaffResponse>, Status> {
        admit(&self.core, &request, Rpc::ListStaff).await?;
        Ok(Response::new(self.list(request.get_ref()).await?))
    }

    async fn issue_credential(
        &self,
        request: Request<IssueCredentialRequest>,
    ) -> Result<Response<IssueCredentialResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::IssueCredential).await?;
        Ok(Response::new(self.issue(&caller, request.get_ref()).await?))
    }

    async fn revoke_credential(
        &self,
        request: Request<RevokeCredentialRequest>,
    ) -> Result<Response<RevokeCredentialResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::RevokeCredential).await?;
        let id = read::message(|scope| {
            scope.required("credential_id", &request.get_ref().credential_id, CredentialId::parse)
        })?;
        let actor = caller.key();
        let ended = self.core.db.change(RevokeCredential { id, actor }).await;
        self.core.callers.forget();
        ended.and_then(|ended| ended)?;
        Ok(Response::new(RevokeCredentialResponse {}))
    }
}

impl StaffRegister {
    async fn create(&self, caller: &Caller, message: &CreateStaffRequest) -> Result<CreateStaffResponse, Refusal> {
        let (id, access) = read_request(&message.request_id, message.staff.as_ref())?;
        let request = requests::Request::new(caller.key(), id, Rpc::CreateStaff.method(), message, true);
        let change = self.change(caller, request, access, message.staff.as_ref())?;
        self.core.db.change(CreateStaff(change)).await?
    }

    async fn update(&self, caller: &Caller, message: &UpdateStaffRequest) -> Result<UpdateStaffResponse, Refusal> {
        let (id, access) = read_request(&message.request_id, message.staff.as_ref())?;
        let request = requests::Request::new(caller.key(), id, Rpc::UpdateStaff.method(), message, true);
        let change = self.change(caller, request, access, message.staff.as_ref())?;
        let notary = Arc::clone(&self.core.notary);
        let updated = self.core.db.change(UpdateStaff { change, notary }).await;
        self.core.callers.forget();
        let (answer, senders) = updated??;
        for sender in &senders {
            self.core.wakeups.ring(sender);
        }
        Ok(answer)
    }

    fn change(
        &self,
        caller: &Caller,
        request: requests::Request,
        access: Access,
        member: Option<&StaffMember>,
    ) -> Result<StaffChange, Refusal> {
        let name = member.map(|member| member.name.clone()).unwrap_or_default();
        Ok(StaffChange {
            member: wire(&access, name),
            access,
            stated: stated(caller)?,
            request,
            keys: Arc::clone(&self.core.keys),
        })
    }

    async fn list(&self, message: &ListStaffRequest) -> Result<ListStaffResponse, Refusal> {
        let size = read::page_size(message.page_size)?;
        if !message.page_token.is_empty() {
            StaffId::parse(&message.page_token)
                .map_err(|_| Failure::invalid_field("page_token", "must be the next_page_token of a page before"))?;
        }
        let mut people = staff::page(self.core.db.reader(), &message.page_token, size + 1).await?;
        let has_more = people.len() > size as usize;
        people.truncate(size as usize);
        let next = people
            .last()
            .filter(|_| has_more)
            .map(|last| last.access.staff.to_string());
        Ok(ListStaffResponse {
            staff: people
                .iter()
                .map(|member| self.opened(member))
                .collect::<Result<_, _>>()?,
            next_page_token: next.unwrap_or_default(),
        })
    }

    fn opened(&self, member: &Member) -> Result<StaffMember, Refusal> {
        let name = open_name(&self.core.keys, &member.access.staff, &member.name)?;
        Ok(wire(&member.access, name))
    }

    async fn issue(
        &self,
        caller: &Caller,
        message: &IssueCredentialRequest,
    ) -> Result<IssueCredentialResponse, Refusal> {
        let now = self.core.clock.now();
        let (kind, holder, expires_at) = read::message(|scope| {
            let kind = scope.enum_value::<Kind, CredentialKind>("kind", message.kind);
            let holder = scope.required("holder_id", &message.holder_id, StaffId::parse);
            let expires_at = read_expiry(scope, message.expire_time.as_ref(), now);
            Some((kind?, holder?, expires_at?))
        })?;
        let issued = credentials::issue(self.core.random.as_ref(), kind, holder, expires_at, caller.key());
        let id = self.core.db.change(issued.change).await??;
        Ok(IssueCredentialResponse {
            credential_id: id.to_string(),
            token: issued.token.expose().to_owned(),
        })
    }
}

/// The contract's kind, on its way to ours.
struct Kind(WireKind);

impl TryFrom<i32> for Kind {
    type Error = prost::UnknownEnumValue;

    fn try_from(kind: i32) -> Result<Self, Self::Error> {
        WireKind::try_from(kind).map(Self)
    }
}

impl From<Kind> for Option<CredentialKind> {
    fn from(Kind(kind): Kind) -> Self {
        match kind {
            WireKind::Unspecified => None,
            WireKind::Person => Some(CredentialKind::Person),
            WireKind::CaseSystem => Some(CredentialKind::CaseSystem),
        }
    }
}

fn read_request(request_id: &str, member: Option<&StaffMember>) -> Result<(RequestId, Access), Refusal> {
    read::message(|scope| {
        let id = scope.required("request_id", request_id, RequestId::parse);
        let member = scope.present("staff", member);
        let access = member.and_then(|member| read_member(&mut scope.inside("staff"), member));
        Some((id?, access?))
    })
}

fn read_expiry(
    scope: &mut Scope<'_>,
    expire_time: Option<&prost_types::Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let given = scope.present("expire_time", expire_time)?;
    let at = time::from_pb(given)
        .map_err(|rule| scope.refuse("expire_time", rule))
        .ok()?;
    let ahead = at.duration_since(now);
    if !ahead.is_positive() || ahead > SignedDuration::from_hours(24 * MOST_DAYS) {
        scope.refuse("expire_time", "must be in the future, at most 400 days ahead");
        return None;
    }
    Some(at)
}

/// Only an administrator changes the register, with a credential of their own.
fn stated(caller: &Caller) -> Result<Stated, Refusal> {
    let Holder::Person(access) = &caller.holder else {
        return Err(Failure::PermissionDenied.into());
    };
    Ok(Stated {
        actor: caller.key(),
        by: StatedBy::Person(StaffReference {
            role: StaffRole::Administrator,
            staff: access.staff.clone(),
        }),
    })
}

fn wire(access: &Access, name: String) -> StaffMember {
    StaffMember {
        staff_id: access.staff.to_string(),
        name,
        roles: access
            .roles
            .iter()
            .map(|role| pb::StaffRole::from(*role).into())
            .collect(),
        active: access.active,
        municipalities: access.areas.iter().map(str::to_owned).collect(),
    }
}
