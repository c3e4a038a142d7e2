//! One caller of every kind, good and bad, at each service.

use framme_demo::world::{ReceiverNode, SenderNode, World};
use framme_shared::{
    runtime::{
        clock::{Clock as _, SystemClock},
        random::{OsRandom, Random as _},
    },
    wire::{
        pb::{
            receiver::{
                CreateStaffRequest, CredentialKind, IssueCredentialRequest, IssueCredentialResponse, ListStaffRequest,
                RevokeCredentialRequest, StaffMember, StaffRole, UpdateStaffRequest,
            },
            report::ErrorReason,
        },
        status::reason_of,
        time::to_pb,
    },
};
use framme_tests::{tables::database_url, worlds::eventually};
use jiff::SignedDuration;
use sqlx::{AnyConnection, Connection as _};

/// Somebody who calls.
pub(super) struct Caller {
    /// For the test's own messages.
    pub(super) name: &'static str,
    /// `None` for those who are nobody, whatever they present.
    pub(super) role: Option<&'static str>,
    pub(super) token: Option<String>,
}

fn known(role: &'static str, token: String) -> Caller {
    Caller {
        name: role,
        role: Some(role),
        token: Some(token),
    }
}

fn nobody(name: &'static str, token: Option<String>) -> Caller {
    Caller {
        name,
        role: None,
        token,
    }
}

pub(super) async fn sender_callers(world: &World) -> Vec<Caller> {
    let mut callers = Vec::new();
    for role in ["officer", "desk", "system", "administrator"] {
        callers.push(known(role, issue_at_sender(&world.sender, role).await.1));
    }
    let (revoked, token) = issue_at_sender(&world.sender, "desk").await;
    let process = &world.sender.process;
    process.command(&["credential", "revoke", &revoked]).await.unwrap();
    callers.push(nobody("somebody whose token was revoked", Some(token)));
    let (expired, token) = issue_at_sender(&world.sender, "desk").await;
    expire(&world.sender, &expired).await;
    callers.push(nobody("somebody whose token expired", Some(token)));
    callers.push(nobody("somebody with no token", None));
    callers.push(nobody("somebody with a wrong token", Some("A".repeat(43))));
    let other = world.receivers[0].intake_leader_token.clone();
    callers.push(nobody("somebody of the receiver", Some(other)));
    callers
}

async fn issue_at_sender(sender: &SenderNode, role: &str) -> (String, String) {
    let arguments = ["credential", "issue", "--role", role, "--holder", "some-1", "--json"];
    let answer = sender.process.command(&arguments).await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("credential_id"), text("token"))
}

/// As if its days had passed: none is issued for less than one.
async fn expire(sender: &SenderNode, credential: &str) {
    sqlx::any::install_default_drivers();
    let mut database = AnyConnection::connect(&database_url(&sender.process.config_file()))
        .await
        .unwrap();
    let expired = sqlx::query("UPDATE credential SET expires_at = issued_at WHERE credential_id = $1")
        .bind(credential.to_owned())
        .execute(&mut database)
        .await
        .unwrap();
    assert_eq!(expired.rows_affected(), 1);
}

pub(super) async fn receiver_callers(receiver: &ReceiverNode) -> Vec<Caller> {
    let mut callers = vec![
        known("administrator", receiver.administrator_token.clone()),
        known("case system", receiver.case_system_token.clone()),
    ];
    for (name, role) in [
        ("intake leader", StaffRole::IntakeLeader),
        ("caseworker", StaffRole::Caseworker),
        ("duty", StaffRole::Duty),
    ] {
        let staff_id = name.replace(' ', "-");
        hire(receiver, &staff_id, role).await;
        let token = receiver.issue(CredentialKind::Person, &staff_id).await.unwrap();
        callers.push(known(name, token));
    }

    hire(receiver, "left-1", StaffRole::IntakeLeader).await;
    let left = receiver.issue(CredentialKind::Person, "left-1").await.unwrap();
    dismiss(receiver, "left-1", StaffRole::IntakeLeader).await;
    callers.push(nobody("somebody who no longer works", Some(left)));

    let revoked = issue(receiver, SignedDuration::from_hours(1)).await;
    let request = RevokeCredentialRequest {
        credential_id: revoked.credential_id,
    };
    receiver
        .administrator()
        .unwrap()
        .revoke_credential(request)
        .await
        .unwrap();
    callers.push(nobody("somebody whose token was revoked", Some(revoked.token)));
    let expired = issue(receiver, SignedDuration::from_millis(300)).await.token;
    wait_until_nobody(receiver, &expired).await;
    callers.push(nobody("somebody whose token expired", Some(expired)));
    callers.push(nobody("somebody with no token", None));
    callers.push(nobody("somebody with a wrong token", Some("A".repeat(43))));
    callers
}

fn member(receiver: &ReceiverNode, staff_id: &str, role: StaffRole) -> StaffMember {
    StaffMember {
        staff_id: staff_id.to_owned(),
        name: "Ansatt Oppdiktet".to_owned(),
        roles: vec![role.into()],
        active: true,
        municipalities: vec![receiver.areas[0].0.clone()],
    }
}

async fn hire(receiver: &ReceiverNode, staff_id: &str, role: StaffRole) {
    let request = CreateStaffRequest {
        request_id: OsRandom.new_uuid().to_string(),
        staff: Some(member(receiver, staff_id, role)),
    };
    receiver.administrator().unwrap().create_staff(request).await.unwrap();
}

async fn dismiss(receiver: &ReceiverNode, staff_id: &str, role: StaffRole) {
    let request = UpdateStaffRequest {
        request_id: OsRandom.new_uuid().to_string(),
        staff: Some(StaffMember {
            active: false,
            ..member(receiver, staff_id, role)
        }),
    };
    receiver.administrator().unwrap().update_staff(request).await.unwrap();
}

/// For another program, valid for this long.
async fn issue(receiver: &ReceiverNode, valid: SignedDuration) -> IssueCredentialResponse {
    let request = IssueCredentialRequest {
        kind: CredentialKind::CaseSystem.into(),
        holder_id: "another-program".to_owned(),
        expire_time: Some(to_pb(SystemClock.now() + valid)),
    };
    let answer = receiver.administrator().unwrap().issue_credential(request).await;
    answer.unwrap().into_inner()
}

async fn wait_until_nobody(receiver: &ReceiverNode, token: &str) {
    let service = receiver.local.staff(token).unwrap();
    let refused = eventually("the token has expired", || async {
        service.clone().list_staff(ListStaffRequest::default()).await.err()
    });
    assert_eq!(reason_of(&refused.await), Some(ErrorReason::Unauthenticated));
}
