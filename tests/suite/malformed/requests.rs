//! Every other request that takes something to check, one fault at a time, at all three interfaces.

mod exchange;
mod letters;
mod receiver;
mod sender;

use std::collections::BTreeMap;

use framme_demo::world::{Process, Storage, World};
use framme_shared::wire::{
    pb::report::ErrorReason,
    status::{Received, code_of},
};
use framme_tests::{
    database::postgres_server,
    raw,
    tables::{Tables, database_url},
    worlds::{TestWorld, eventually},
};
use prost::Message;
use tonic::{Status, transport::Channel};
use tonic_types::{ErrorDetail, StatusExt as _};

use super::sides::{Exchange, right_report, transmission};

const NIL: &str = "00000000-0000-0000-0000-000000000000";
const UPPER_CASE: &str = "6F1D1F5E-4C1E-4A3B-9A55-0D3F6C1E7B20";
const ID: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20";
const OTHER_ID: &str = "0b9b0a2e-7f58-4f8d-8f3e-1f1d2c3b4a59";
/// Stands in requests where no person may be named. No answer may repeat it.
const A_NAME: &str = "Kari Oppdiktet";

/// A request with one fault, and how it must be told.
struct Case {
    call: &'static str,
    messages: Vec<Vec<u8>>,
    reason: ErrorReason,
    /// The fields at fault.
    fields: &'static [&'static str],
}

/// A request with a field that breaks its rule.
fn breaks(field: &'static [&'static str], call: &'static str, message: impl Message) -> Case {
    with_reason(ErrorReason::InvalidField, field, call, message)
}

fn with_reason(
    reason: ErrorReason,
    fields: &'static [&'static str],
    call: &'static str,
    message: impl Message,
) -> Case {
    Case {
        call,
        messages: vec![message.encode_to_vec()],
        reason,
        fields,
    }
}

/// A stream of messages.
fn stream<M: Message>(
    reason: ErrorReason,
    fields: &'static [&'static str],
    call: &'static str,
    messages: impl IntoIterator<Item = M>,
) -> Case {
    Case {
        call,
        messages: messages.into_iter().map(|message| message.encode_to_vec()).collect(),
        reason,
        fields,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_malformed_request_is_refused_by_the_closed_set_and_adds_no_row_on_sqlite() {
    refuses_all(Storage::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_malformed_request_is_refused_by_the_closed_set_and_adds_no_row_on_postgresql() {
    let server = postgres_server();
    refuses_all(Storage::Postgres { server }).await;
}

async fn refuses_all(storage: Storage) {
    let world = TestWorld::start("malformed-requests", storage, 1).await;
    let receiver = &world.receivers[0];
    let sender_local = world.sender.local.channel().unwrap();
    let receiver_local = receiver.local.channel().unwrap();
    let exchange = Exchange::channel(&world);
    // Services that run for the first time state the day before.
    eventually("the day before is stated", async || {
        let stated = |table: &str| table.ends_with(" statement");
        let counts = rows(&world).await;
        let all = counts.iter().all(|(table, count)| !stated(table) || *count >= 2);
        (all && counts == rows(&world).await).then_some(())
    })
    .await;
    let before = rows(&world).await;

    let desk = Some(world.sender.desk_token.as_str());
    let leader = Some(receiver.intake_leader_token.as_str());
    let program = Some(receiver.case_system_token.as_str());
    let administrator = Some(receiver.administrator_token.as_str());
    let work_list = "framme.receiver.v1.WorkListService";
    let staff = "framme.receiver.v1.StaffService";
    let wrong = [
        refuses(
            &sender_local,
            desk,
            "framme.sender.v1.SenderService",
            sender::cases(&world),
        )
        .await,
        refuses(
            &sender_local,
            desk,
            "framme.sender.v1.FiguresService",
            sender::figures(),
        )
        .await,
        refuses(
            &exchange,
            None,
            "framme.exchange.v1.FiguresService",
            exchange::figures(),
        )
        .await,
        refuses(
            &sender_local,
            desk,
            "framme.sender.v1.LetterService",
            letters::at_sender(),
        )
        .await,
        refuses(
            &receiver_local,
            leader,
            "framme.receiver.v1.LetterService",
            letters::at_receiver(),
        )
        .await,
        refuses(
            &exchange,
            None,
            "framme.exchange.v1.LetterService",
            letters::in_exchange(),
        )
        .await,
        refuses(
            &exchange,
            None,
            "framme.exchange.v1.ReadinessService",
            exchange::readiness(),
        )
        .await,
        refuses(
            &sender_local,
            desk,
            "framme.sender.v1.ReadinessService",
            sender::drills(),
        )
        .await,
        refuses(&receiver_local, leader, work_list, receiver::work_list(&world)).await,
        refuses(&receiver_local, program, work_list, receiver::by_programs()).await,
        refuses(&receiver_local, administrator, staff, receiver::staff(&world)).await,
        refuses(
            &exchange,
            None,
            "framme.exchange.v1.ExchangeService",
            exchange::cases(&world),
        )
        .await,
        refuses(
            &exchange,
            None,
            "framme.exchange.v1.StatementService",
            exchange::statements(),
        )
        .await,
        refuses(
            &sender_local,
            desk,
            "framme.sender.v1.StatementService",
            sender::statements(),
        )
        .await,
        refuses(
            &receiver_local,
            leader,
            "framme.receiver.v1.StatementService",
            receiver::statements(),
        )
        .await,
    ]
    .concat();

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(rows(&world).await, before, "something is left behind");
}

/// Rows of every table of both services.
async fn rows(world: &World) -> BTreeMap<String, i64> {
    let mut rows = BTreeMap::new();
    for process in [&world.sender.process, &world.receivers[0].process] {
        let Process { name, .. } = process;
        let mut tables = Tables::open(&database_url(&process.config_file())).await;
        let counts = tables.row_counts().await;
        rows.extend(
            counts
                .into_iter()
                .map(|(table, count)| (format!("{name} {table}"), count)),
        );
    }
    rows
}

/// Makes each request, and returns what was told otherwise than it should be.
async fn refuses(channel: &Channel, token: Option<&str>, service: &str, cases: Vec<Case>) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let method = format!("/{service}/{}", case.call);
        let answer = raw::call(channel.clone(), token, &method, case.messages).await;
        let refused = match answer {
            Err(status) => Some(status),
            Ok(mut stream) => stream.message().await.err(),
        };
        if !refused.as_ref().is_some_and(|it| is_told(it, case.reason, case.fields)) {
            wrong.push(format!("{method} {:?}: {refused:?}", case.fields));
        }
    }
    wrong
}

/// A status of the closed set: its code, one `ErrorInfo`, the fields with their rules, and nothing of what was sent.
fn is_told(refused: &Status, reason: ErrorReason, fields: &[&str]) -> bool {
    let received = Received::from_status(refused);
    let details = refused.get_error_details_vec();
    let infos = details.iter().filter(|it| matches!(it, ErrorDetail::ErrorInfo(_)));
    let named = received.violations.iter().map(|(field, _)| field.as_str());
    let repeats = |text: &str| text.contains(A_NAME);
    received.reason == Some(reason)
        && refused.code() == code_of(reason)
        && infos.count() == 1
        && named.eq(fields.iter().copied())
        && received.violations.iter().all(|(_, rule)| rule.starts_with("must "))
        && !repeats(refused.message())
        && !repeats(&String::from_utf8_lossy(refused.details()))
}
