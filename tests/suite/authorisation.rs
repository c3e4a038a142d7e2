//! Every call of the local interfaces by every kind of caller, asked of the running services. What stands here is a
//! second opinion: it was written from the contract's comments, not from the services' own tables.

mod callers;

use std::collections::BTreeSet;

use framme_demo::world::{LocalClient, Storage};
use framme_shared::wire::{
    pb::{DESCRIPTORS, report::ErrorReason},
    status::reason_of,
};
use framme_tests::{raw, worlds::TestWorld};
use prost::Message as _;
use prost_types::FileDescriptorSet;

use self::callers::{Caller, receiver_callers, sender_callers};

/// A call, and the roles that may make it.
struct Rule {
    call: &'static str,
    roles: &'static [&'static str],
}

const fn may(call: &'static str, roles: &'static [&'static str]) -> Rule {
    Rule { call, roles }
}

const POLICE: &[&str] = &["officer", "desk", "system"];
const READERS: &[&str] = &["intake leader", "duty", "caseworker", "case system"];
const EVERYBODY: &[&str] = &["intake leader", "duty", "caseworker", "administrator", "case system"];
const ASSIGNERS: &[&str] = &["intake leader", "duty", "case system"];

/// `framme.sender.v1`.
const SENDER: &[Rule] = &[
    may("SenderService/GetAttachmentUpload", POLICE),
    may("SenderService/UploadAttachment", POLICE),
    may("SenderService/SubmitReport", POLICE),
    may("SenderService/GetReport", POLICE),
    may("SenderService/ListReports", POLICE),
    may("SenderService/FollowReport", POLICE),
    may("SenderService/FollowReports", POLICE),
    may("SenderService/WithdrawReport", &["officer", "desk"]),
    may("SenderService/CloseReport", &["desk"]),
    may("SenderService/RouteTransmission", &["desk"]),
    may("SenderService/RouteChild", &["desk"]),
    may("SenderService/RecordPhoneCall", &["officer", "desk"]),
    may("SenderService/ListReceipts", POLICE),
    may("SenderService/GetFigures", POLICE),
    may("SenderService/ListReceivers", &["desk", "administrator", "system"]),
    may("SenderService/StartReconciliation", &["desk", "administrator"]),
    may("SenderService/ListReconciliations", &["desk", "administrator"]),
    may("SenderService/GetReconciliation", &["desk", "administrator"]),
    may("SenderService/ListOwedFeedback", POLICE),
    may("TaskService/ListTasks", &["officer", "desk", "administrator"]),
    may("TaskService/CloseTask", &["desk", "administrator"]),
    may(
        "DeadlineService/ListDeadlines",
        &["officer", "desk", "administrator", "system"],
    ),
    may(
        "DeadlineService/GetDeadline",
        &["officer", "desk", "administrator", "system"],
    ),
    may("DeadlineService/AcknowledgeDeadline", &["officer", "desk"]),
    may("FiguresService/ExportFigures", &["desk"]),
    may("StatementService/ListStatements", &["desk", "administrator"]),
    may("StatementService/GetStatement", &["desk", "administrator"]),
    may(
        "ConfirmationService/ListConfirmations",
        &["officer", "desk", "administrator"],
    ),
    may("ConfirmationService/AskHeld", &["desk", "administrator"]),
    may("ConfirmationService/MarkFaultySoftware", &["desk", "administrator"]),
    may("ConfirmationService/UnmarkFaultySoftware", &["desk", "administrator"]),
    may("ReadinessService/StartDrill", &["desk", "administrator"]),
    may("EvidenceService/ExportEvidence", &["desk", "administrator"]),
    may("LetterService/OrderLetter", &["desk"]),
    may("LetterService/PrintLetter", &["desk"]),
    may("LetterService/RecordLetterPosted", &["desk"]),
    may("LetterService/RecordLetterCall", &["desk"]),
    may("LetterService/ListLetters", &["officer", "desk"]),
];

/// `framme.receiver.v1`. Somebody of the duty service who has been given a child is its caseworker.
const RECEIVER: &[Rule] = &[
    may("WorkListService/ListTransmissions", READERS),
    may("WorkListService/GetTransmission", READERS),
    may("WorkListService/DownloadAttachment", READERS),
    may("WorkListService/AssignChild", ASSIGNERS),
    may("WorkListService/RevokeAssignment", ASSIGNERS),
    may("WorkListService/RegisterChild", READERS),
    may("WorkListService/RejectChild", &["intake leader", "duty"]),
    may("WorkListService/RedirectChild", &["intake leader", "duty"]),
    may("WorkListService/RecordAssessment", READERS),
    may("WorkListService/RecordConfirmation", READERS),
    may("WorkListService/RecordInvestigationEnd", READERS),
    may("WorkListService/RecordOutcome", READERS),
    may("WorkListService/RecordProsecutionAnswer", READERS),
    may("WorkListService/ListOwedFeedback", READERS),
    may("StaffService/CreateStaff", &["administrator"]),
    may("StaffService/UpdateStaff", &["administrator"]),
    may(
        "StaffService/ListStaff",
        &["administrator", "intake leader", "duty", "case system"],
    ),
    may("StaffService/IssueCredential", &["administrator"]),
    may("StaffService/RevokeCredential", &["administrator"]),
    may("TaskService/ListTasks", &["intake leader", "duty", "administrator"]),
    may("TaskService/CloseTask", &["intake leader", "administrator"]),
    may(
        "DeadlineService/ListDeadlines",
        &["intake leader", "duty", "administrator", "case system"],
    ),
    may(
        "DeadlineService/GetDeadline",
        &["intake leader", "duty", "administrator", "case system"],
    ),
    may("DeadlineService/AcknowledgeDeadline", &["intake leader", "duty"]),
    may("StatementService/ListStatements", &["intake leader", "administrator"]),
    may("StatementService/GetStatement", &["intake leader", "administrator"]),
    may("LetterService/ConfirmLetter", &["intake leader", "duty"]),
    may("WaitingService/CountWaiting", EVERYBODY),
];

/// Every call of the services in a package.
fn calls_of(package: &str) -> BTreeSet<String> {
    let files = FileDescriptorSet::decode(DESCRIPTORS).unwrap().file;
    let services = files
        .iter()
        .filter(|file| file.package() == package)
        .flat_map(|file| &file.service);
    services
        .flat_map(|service| {
            let calls = service.method.iter();
            calls.map(|call| format!("{}/{}", service.name(), call.name()))
        })
        .collect()
}

#[test]
fn every_call_of_the_contract_stands_in_the_table() {
    for (package, rules) in [("framme.sender.v1", SENDER), ("framme.receiver.v1", RECEIVER)] {
        let written: BTreeSet<String> = rules.iter().map(|rule| rule.call.to_owned()).collect();
        assert_eq!(calls_of(package), written);
        assert_eq!(rules.len(), written.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_by_every_caller_is_answered_as_the_table_says() {
    let world = TestWorld::start("authorisation", Storage::Sqlite, 1).await;

    let callers = sender_callers(&world).await;
    assert_table("framme.sender.v1", SENDER, &world.sender.local, &callers).await;
    let receiver = &world.receivers[0];
    let callers = receiver_callers(receiver).await;
    assert_table("framme.receiver.v1", RECEIVER, &receiver.local, &callers).await;
}

/// Every caller makes every call with an empty message: who may call is told what is wrong with it, or gets an answer.
async fn assert_table(package: &str, rules: &[Rule], service: &LocalClient, callers: &[Caller]) {
    let channel = service.channel().unwrap();
    let roles: BTreeSet<&str> = rules.iter().flat_map(|rule| rule.roles).copied().collect();
    for role in roles {
        assert!(
            callers.iter().any(|caller| caller.role == Some(role)),
            "nobody is {role}"
        );
    }
    for rule in rules {
        let method = format!("/{package}.{}", rule.call);
        for caller in callers {
            let answer = raw::call(channel.clone(), caller.token.as_deref(), &method, vec![Vec::new()]).await;
            let refused = answer.err().and_then(|status| reason_of(&status));
            let (call, name) = (rule.call, caller.name);
            match caller.role {
                None => assert_eq!(refused, Some(ErrorReason::Unauthenticated), "{call} by {name}"),
                Some(role) if rule.roles.contains(&role) => assert!(
                    !matches!(
                        refused,
                        Some(ErrorReason::Unauthenticated | ErrorReason::PermissionDenied)
                    ),
                    "{call} by {name}"
                ),
                Some(_) => assert_eq!(refused, Some(ErrorReason::PermissionDenied), "{call} by {name}"),
            }
        }
    }
}
