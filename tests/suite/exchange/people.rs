//! People of a real receiver.

use std::sync::Arc;

use framme_demo::world::{LocalClient, WorkList};
use framme_receiver::{credentials, staff::EnsureAdministrator, store::credential::CredentialKind as Kind};
use framme_shared::{
    domain::staff_id::StaffId,
    runtime::{serve::LocalAddress, tls::TrustFiles},
    wire::{
        pb::receiver::{CreateStaffRequest, CredentialKind, IssueCredentialRequest, StaffRole},
        time::to_pb,
    },
};
use jiff::ToSpan as _;

use super::{
    TROMSO,
    receiver::{RealReceiver, new_id},
};
use crate::receiving::member;

pub(crate) const LEADER: &str = "il-1";
pub(crate) const CASEWORKER: &str = "cw-1";

/// Hires an intake leader and a caseworker for Tromsø, and gives the intake leader's work list.
pub(crate) async fn hire(receiver: &RealReceiver) -> WorkList {
    hire_for(receiver, TROMSO).await
}

/// The same for this municipality.
pub(crate) async fn hire_for(receiver: &RealReceiver, municipality: &str) -> WorkList {
    let address = receiver.receiver.addresses().local.parse().unwrap();
    let (local, token) = hire_both(receiver, address, municipality).await;
    local.work_list(&token).unwrap()
}

/// The same for Tromsø, with a client and the intake leader's token, for whoever calls at another address.
pub(crate) async fn hire_at(receiver: &RealReceiver, address: LocalAddress) -> (LocalClient, String) {
    hire_both(receiver, address, TROMSO).await
}

async fn hire_both(receiver: &RealReceiver, address: LocalAddress, municipality: &str) -> (LocalClient, String) {
    let core = receiver.receiver.core();
    let administrator: StaffId = "adm-1".parse().unwrap();
    let first = EnsureAdministrator {
        staff: administrator.clone(),
        keys: Arc::clone(&core.keys),
    };
    core.db.change(first).await.unwrap();
    let until = core.clock.now() + (24 * 300).hours();
    let issued = credentials::issue(
        core.random.as_ref(),
        Kind::Person,
        administrator,
        until,
        "test".to_owned(),
    );
    core.db.change(issued.change).await.unwrap().unwrap();
    let authorities = &receiver.authorities;
    let name = format!("people-{}", receiver.organisation);
    let files = authorities.files(&name, &authorities.issue(receiver.organisation));
    let local = LocalClient {
        address,
        trust: TrustFiles {
            trust: files.trust,
            crls: files.crls,
        },
        organisation: core.notary.organisation(),
    };
    let mut register = local.staff(issued.token.expose()).unwrap();
    for (id, role) in [(LEADER, StaffRole::IntakeLeader), (CASEWORKER, StaffRole::Caseworker)] {
        let request = CreateStaffRequest {
            request_id: new_id(),
            staff: Some(member(id, role, &[municipality])),
        };
        register.create_staff(request).await.unwrap();
    }
    let request = IssueCredentialRequest {
        kind: CredentialKind::Person.into(),
        holder_id: LEADER.to_owned(),
        expire_time: Some(to_pb(until)),
    };
    let token = register.issue_credential(request).await.unwrap().into_inner().token;
    (local, token)
}
