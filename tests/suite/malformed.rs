//! What is malformed is refused with field and rule by both services, and leaves nothing behind.

mod attachments;
mod faults;
mod raw;
mod requests;
pub(crate) mod sides;

use framme_demo::world::{LocalTransport, Storage, World, WorldOptions, programs_beside_this_one};
use framme_shared::{
    domain::digest::Digest,
    wire::{
        pb::{exchange as exchange_pb, receiver as receiver_pb, report as pb, sender as sender_pb},
        status::{Received, reason_of},
    },
};
use framme_tests::database::Folder;
use prost::Message as _;

use self::{
    faults::{Fault, faults},
    sides::{Exchange, right_report, transmission, wait_until_stored},
};

const SUBMIT_REPORT: &str = "/framme.sender.v1.SenderService/SubmitReport";

async fn world(folder: &Folder) -> World {
    let options = WorldOptions {
        directory: folder.path().join("world"),
        storage: Storage::Sqlite,
        receivers: 1,
        programs: programs_beside_this_one().unwrap(),
        local: LocalTransport::default(),
    };
    World::start(&options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_report_is_refused_with_field_and_rule_by_both_services_and_leaves_nothing_behind() {
    let folder = Folder::new("malformed-report");
    let world = world(&folder).await;
    let mut exchange = Exchange::connect(&world);
    let mut desk = world.sender.desk().unwrap();

    for fault in faults() {
        let mut report = right_report(&world);
        (fault.change)(&mut report);
        let refused = exchange
            .submit(transmission(1, report.encode_to_vec()))
            .await
            .unwrap_err();
        assert_fault("receiver", &fault, &refused);
        let request = sender_pb::SubmitReportRequest { report: Some(report) };
        let refused = desk.submit_report(request).await.unwrap_err();
        assert_fault("sender", &fault, &refused);
    }

    assert_nothing_is_there(&world).await;
    // The same ids with right content are no repetition of anything.
    let report = right_report(&world);
    let id = report.report_id.clone();
    desk.submit_report(sender_pb::SubmitReportRequest { report: Some(report) })
        .await
        .unwrap();
    wait_until_stored(&world, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_that_is_not_utf_8_is_refused_with_its_field_by_both_services() {
    let folder = Folder::new("malformed-text");
    let world = world(&folder).await;
    let report = right_report(&world);

    let content = raw::not_utf_8(report.encode_to_vec(), &report.children[0].name);
    let refused = Exchange::connect(&world)
        .submit(transmission(1, content))
        .await
        .unwrap_err();
    assert_field(&refused, "children.name", "must be UTF-8");

    let request = sender_pb::SubmitReportRequest {
        report: Some(report.clone()),
    };
    let request = raw::not_utf_8(request.encode_to_vec(), &report.children[0].name);
    let refused = raw::call(&world.sender, SUBMIT_REPORT, request).await.unwrap_err();
    assert_field(&refused, "children.name", "must be UTF-8");

    assert_nothing_is_there(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_transmission_is_refused_and_leaves_nothing_behind() {
    let folder = Folder::new("malformed-transmission");
    let world = world(&folder).await;
    let mut exchange = Exchange::connect(&world);
    let right = transmission(1, right_report(&world).encode_to_vec());

    let wrong_digest = exchange_pb::SubmitTransmissionRequest {
        content_sha256: Digest::of(b"other content").as_bytes().to_vec().into(),
        ..right.clone()
    };
    let refused = exchange.submit(wrong_digest).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(pb::ErrorReason::DigestMismatch));

    let too_large = transmission(1, vec![0; 1024 * 1024 + 1]);
    let refused = exchange.submit(too_large).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(pb::ErrorReason::TooLarge));

    let number_zero = exchange_pb::SubmitTransmissionRequest {
        sequence: 0,
        ..right.clone()
    };
    let refused = exchange.submit(number_zero).await.unwrap_err();
    assert_eq!(Received::from_status(&refused).violations[0].0, "sequence");

    let absurd = exchange_pb::SubmitTransmissionRequest {
        submitted_time: Some(prost_types::Timestamp {
            seconds: 253_000_000_000,
            nanos: 0,
        }),
        ..right.clone()
    };
    let refused = exchange.submit(absurd).await.unwrap_err();
    assert_eq!(Received::from_status(&refused).violations[0].0, "submitted_time");

    assert_nothing_is_there(&world).await;
    exchange.submit(right).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_position_that_does_not_link_with_the_chain_is_refused() {
    let folder = Folder::new("malformed-chain");
    let world = world(&folder).await;
    let mut exchange = Exchange::connect(&world);
    exchange
        .submit(transmission(1, right_report(&world).encode_to_vec()))
        .await
        .unwrap();

    let refused = exchange.confirm(1, Digest::of(b"another receipt")).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(pb::ErrorReason::ChainMismatch));
    let refused = exchange.confirm(2, Digest::ZERO).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(pb::ErrorReason::ChainMismatch));
    let refused = exchange.stream_from(99).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(pb::ErrorReason::ChainMismatch));
}

fn assert_fault(side: &str, fault: &Fault, refused: &tonic::Status) {
    let received = Received::from_status(refused);
    let told: Vec<_> = received
        .violations
        .iter()
        .map(|(field, rule)| (field.as_str(), rule.as_str()))
        .collect();
    assert_eq!(told, [(fault.field, fault.rule)], "{side}: {refused:?}");
    assert_eq!(received.reason, Some(fault.reason), "{side}: {}", fault.field);
}

fn assert_field(refused: &tonic::Status, field: &str, rule: &str) {
    let received = Received::from_status(refused);
    assert_eq!(
        received.violations,
        [(field.to_owned(), rule.to_owned())],
        "{refused:?}"
    );
    assert_eq!(received.reason, Some(pb::ErrorReason::InvalidField));
}

async fn assert_nothing_is_there(world: &World) {
    let mut desk = world.sender.desk().unwrap();
    let reports = desk
        .list_reports(sender_pb::ListReportsRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(reports.reports.len(), 0);
    let mut leader = world.receivers[0].intake_leader().unwrap();
    let request = receiver_pb::ListTransmissionsRequest::default();
    let transmissions = leader.list_transmissions(request).await.unwrap().into_inner();
    assert_eq!(transmissions.transmissions.len(), 0);
}
