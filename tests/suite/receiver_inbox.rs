//! How transmissions come in: confirmed only when stored, once in effect, and by each sender alone.

use framme_receiver::{
    content,
    inbox::{Incoming, StoreTransmission},
    store::{child::NewChild, transmission::NewTransmission},
};
use framme_shared::{
    domain::{
        digest::Digest,
        ids::TransmissionId,
        receipt::{Level, StatedBy},
        report::{ReportType, Urgency},
    },
    wire::{
        pb::{
            exchange::{SubmitTransmissionRequest, WithdrawTransmissionRequest},
            receiver::{GetTransmissionRequest, ListTransmissionsRequest},
            report::{self as pb, ErrorReason},
        },
        time::{from_pb, to_pb},
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::ToSpan as _;
use tonic::Code;

use crate::receiving::{
    HARSTAD, OTHER_POLICE, POLICE, Receiving, STRANGER, TROMSO, new_id, reason, report_of, submission,
};

on_both_databases!(
    a_transmission_is_receipted_with_the_digest_of_what_was_read_back,
    a_repetition_gets_the_first_receipt_byte_for_byte,
    other_content_under_a_known_id_report_or_number_is_refused,
    malformed_input_is_refused_and_leaves_nothing,
    a_transmission_without_receipt_is_not_on_the_list_and_the_next_attempt_finishes_it,
    content_that_does_not_open_is_never_confirmed,
    two_organisations_may_use_the_same_id_and_learn_nothing_of_each_other,
    an_organisation_that_is_not_on_the_list_learns_nothing,
    a_withdrawal_ends_every_child_once,
    many_at_once_keep_the_chain_whole,
);

async fn a_transmission_is_receipted_with_the_digest_of_what_was_read_back(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = receiving.transmission(1, &[TROMSO, HARSTAD]);
    receiving.submit(&request).await;
    let receipts = receiving.receipts().await;
    let [receipt] = receipts.as_slice() else {
        panic!("one receipt")
    };
    assert_eq!(receipt.statement.level(), Some(Level::Stored));
    assert_eq!(receipt.digest, Digest::of(&request.content));
    assert_eq!(receipt.transmission.to_string(), request.transmission_id);
    assert_eq!(receipt.child, None);
    assert!(matches!(
        &receipt.stated_by,
        StatedBy::Program { on_behalf_of: None, .. }
    ));
}

async fn a_repetition_gets_the_first_receipt_byte_for_byte(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = receiving.transmission(1, &[TROMSO]);
    let first = receiving.submit(&request).await;
    assert_eq!(receiving.submit(&request).await, first);
    assert_eq!(receiving.receipts().await.len(), 1);
}

async fn other_content_under_a_known_id_report_or_number_is_refused(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let first = receiving.transmission(1, &[TROMSO]);
    receiving.submit(&first).await;
    let mut exchange = receiving.exchange(POLICE);
    let other = receiving.transmission(2, &[TROMSO]);

    let same_id = SubmitTransmissionRequest {
        transmission_id: first.transmission_id.clone(),
        ..other.clone()
    };
    let same_report = SubmitTransmissionRequest {
        transmission_id: new_id(),
        sequence: 3,
        ..first.clone()
    };
    let same_number = SubmitTransmissionRequest {
        sequence: 1,
        ..other.clone()
    };
    let other_number = SubmitTransmissionRequest {
        sequence: 4,
        ..first.clone()
    };
    for refused in [same_id, same_report, same_number, other_number] {
        let answer = exchange.submit_transmission(refused).await;
        assert_eq!(reason(answer), ErrorReason::ContentDiffers);
    }
    // Nothing of the refused ones is in the way of a right one.
    exchange.submit_transmission(other).await.unwrap();
    assert_eq!(receiving.receipts().await.len(), 2);
}

async fn malformed_input_is_refused_and_leaves_nothing(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let mut exchange = receiving.exchange(POLICE);
    let good = receiving.transmission(1, &[TROMSO]);
    let now = receiving.clock.now();
    let with = |change: fn(&mut pb::Report)| {
        let mut report = report_of(&good);
        change(&mut report);
        submission(1, &report, now)
    };
    let refused = [
        (
            ErrorReason::DigestMismatch,
            SubmitTransmissionRequest {
                content_sha256: vec![7; 32].into(),
                ..good.clone()
            },
        ),
        (
            ErrorReason::InvalidField,
            SubmitTransmissionRequest {
                sequence: 0,
                ..good.clone()
            },
        ),
        (
            ErrorReason::InvalidField,
            SubmitTransmissionRequest {
                submitted_time: Some(to_pb(now + 48.hours())),
                ..good.clone()
            },
        ),
        (
            ErrorReason::InvalidField,
            SubmitTransmissionRequest {
                content: vec![0xff; 40].into(),
                content_sha256: Digest::of(&[0xff; 40]).as_bytes().to_vec().into(),
                ..good.clone()
            },
        ),
        (
            ErrorReason::InvalidField,
            SubmitTransmissionRequest {
                transmission_id: "00000000-0000-0000-0000-000000000000".to_owned(),
                ..good.clone()
            },
        ),
        (ErrorReason::InvalidField, with(|report| report.children.clear())),
        (
            ErrorReason::InvalidField,
            with(|report| {
                let child = report.children[0].clone();
                report.children = vec![child; 51];
            }),
        ),
        (
            ErrorReason::InvalidField,
            with(|report| report.children[0].municipality_number = "1201".to_owned()),
        ),
        (
            ErrorReason::InvalidField,
            with(|report| report.children[0].name = "bell \u{7}".to_owned()),
        ),
        (ErrorReason::UnknownEnumValue, with(|report| report.urgency = 99)),
        (
            ErrorReason::AttachmentIncomplete,
            with(|report| {
                report.attachments.push(pb::Attachment {
                    attachment_id: "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20".to_owned(),
                    file_name: "a.txt".to_owned(),
                    media_type: "text/plain".to_owned(),
                    size_bytes: 3,
                    sha256: vec![1; 32].into(),
                    child_ids: Vec::new(),
                });
            }),
        ),
    ];
    for (expected, request) in refused {
        assert_eq!(reason(exchange.submit_transmission(request).await), expected);
    }
    let oversized = with(|report| {
        let account = report.account.as_mut().unwrap();
        account.observed = "x".repeat(1024 * 1024 + 1);
    });
    assert_eq!(
        reason(exchange.submit_transmission(oversized).await),
        ErrorReason::TooLarge
    );
    assert!(receiving.receipts().await.is_empty());
    exchange.submit_transmission(good).await.unwrap();
}

/// The first half of taking a transmission, as if the process had died right after it.
async fn store_only(receiving: &Receiving, request: &SubmitTransmissionRequest) -> TransmissionId {
    let (core, report) = (receiving.core(), report_of(request));
    let id = TransmissionId::parse(&request.transmission_id).unwrap();
    let child = &report.children[0];
    let incoming = Incoming {
        new: NewTransmission {
            sender: framme_demo::pki::synthetic_organisation(POLICE),
            sent_id: id,
            sequence: request.sequence,
            report: report.report_id.parse().unwrap(),
            report_type: ReportType::ConcernReport,
            urgency: Urgency::Urgent,
            submitted_at: from_pb(request.submitted_time.as_ref().unwrap()).unwrap(),
            attachment_count: 0,
            content_sha256: Digest::of(&request.content),
            redirected_from: None,
            follows_up: None,
            drill: false,
        },
        first_look: from_pb(request.submitted_time.as_ref().unwrap()).unwrap(),
        children: vec![NewChild {
            id: child.child_id.parse().unwrap(),
            number: 0,
            area: child.municipality_number.clone(),
        }],
        attachments: Vec::new(),
        events: Vec::new(),
    };
    let storing = StoreTransmission {
        incoming: incoming.into(),
        id,
        content: content::seal(&core.keys, &id, &request.content),
    };
    core.db.change(storing).await.unwrap();
    id
}

async fn a_transmission_without_receipt_is_not_on_the_list_and_the_next_attempt_finishes_it(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = receiving.transmission(1, &[TROMSO]);
    store_only(&receiving, &request).await;
    let mut work_list = receiving.work_list(&receiving.leader);
    let everything = ListTransmissionsRequest::default();
    let listed = work_list
        .list_transmissions(everything.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(listed.transmissions.is_empty());
    let asked = GetTransmissionRequest {
        transmission_id: request.transmission_id.clone(),
    };
    assert_eq!(reason(work_list.get_transmission(asked).await), ErrorReason::NotFound);

    let receipt = receiving.submit(&request).await;
    assert_eq!(receiving.submit(&request).await, receipt);
    let listed = work_list.list_transmissions(everything).await.unwrap().into_inner();
    assert_eq!(listed.transmissions.len(), 1);
}

async fn content_that_does_not_open_is_never_confirmed(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = receiving.transmission(1, &[TROMSO]);
    store_only(&receiving, &request).await;
    spoil(&receiving).await;
    let withdrawal = WithdrawTransmissionRequest {
        transmission_id: request.transmission_id.clone(),
        request_id: new_id(),
        withdrawn_by: "desk-1".to_owned(),
    };
    let answer = receiving.exchange(POLICE).withdraw_transmission(withdrawal).await;
    assert_eq!(reason(answer), ErrorReason::StorageCorrupt);
    assert!(receiving.receipts().await.is_empty());
    // The repetition brings the bytes again: they are put back, read back and only then confirmed.
    receiving.submit(&request).await;
    assert_eq!(receiving.receipts().await[0].digest, Digest::of(&request.content));
    let id = request.transmission_id.parse().unwrap();
    let read = content::read_back(receiving.core(), &id).await;
    assert_eq!(&*read.unwrap().bytes, &*request.content);
}

/// Puts other bytes where the sealed content is.
pub(crate) async fn spoil(receiving: &Receiving) {
    let mut connection = receiving.database.connect().await;
    sqlx::query("UPDATE transmission_content SET content_sealed = $1")
        .bind(vec![1_u8; 64])
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn two_organisations_may_use_the_same_id_and_learn_nothing_of_each_other(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let ours = receiving.transmission(1, &[TROMSO]);
    receiving.submit(&ours).await;
    let mut other = receiving.exchange(OTHER_POLICE);

    let withdrawal = WithdrawTransmissionRequest {
        transmission_id: ours.transmission_id.clone(),
        request_id: new_id(),
        withdrawn_by: "desk-1".to_owned(),
    };
    assert_eq!(
        reason(other.withdraw_transmission(withdrawal).await),
        ErrorReason::NotFound
    );

    let theirs = SubmitTransmissionRequest {
        transmission_id: ours.transmission_id.clone(),
        ..receiving.transmission(1, &[TROMSO])
    };
    let first = other.submit_transmission(theirs.clone()).await.unwrap().into_inner();
    assert_eq!(other.submit_transmission(theirs).await.unwrap().into_inner(), first);
    let listed = receiving
        .work_list(&receiving.leader)
        .list_transmissions(ListTransmissionsRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.transmissions.len(), 2);
    assert_ne!(
        listed.transmissions[0].transmission_id,
        listed.transmissions[1].transmission_id
    );
}

async fn an_organisation_that_is_not_on_the_list_learns_nothing(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = receiving.transmission(1, &[TROMSO]);
    receiving.submit(&request).await;
    let mut stranger = receiving.exchange(STRANGER);
    let known = stranger.submit_transmission(request).await.unwrap_err();
    let unknown = stranger
        .submit_transmission(receiving.transmission(2, &[TROMSO]))
        .await
        .unwrap_err();
    assert_eq!(known.code(), Code::PermissionDenied);
    assert_eq!(
        (known.message(), known.details()),
        (unknown.message(), unknown.details())
    );
}

async fn a_withdrawal_ends_every_child_once(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = receiving.transmission(1, &[TROMSO, HARSTAD]);
    receiving.submit(&request).await;
    let mut exchange = receiving.exchange(POLICE);
    let withdrawal = WithdrawTransmissionRequest {
        transmission_id: request.transmission_id.clone(),
        request_id: new_id(),
        withdrawn_by: "desk-1".to_owned(),
    };
    let first = exchange
        .withdraw_transmission(withdrawal.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.receipts.len(), 2);
    let again = exchange
        .withdraw_transmission(withdrawal.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, first);

    let anew = WithdrawTransmissionRequest {
        request_id: new_id(),
        ..withdrawal.clone()
    };
    assert_eq!(
        reason(exchange.withdraw_transmission(anew).await),
        ErrorReason::InvalidTransition
    );
    let other_content = WithdrawTransmissionRequest {
        withdrawn_by: "desk-2".to_owned(),
        ..withdrawal
    };
    let refused = exchange.withdraw_transmission(other_content).await;
    assert_eq!(reason(refused), ErrorReason::ContentDiffers);
    assert_eq!(receiving.receipts().await.len(), 3);
}

async fn many_at_once_keep_the_chain_whole(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let exchange = receiving.exchange(POLICE);
    let requests: Vec<_> = (1..=60)
        .map(|number| receiving.transmission(number, &[TROMSO]))
        .collect();
    let submit = |request: &SubmitTransmissionRequest| {
        let (mut exchange, request) = (exchange.clone(), request.clone());
        async move { exchange.submit_transmission(request).await.unwrap() }
    };
    // Each twice, so that repetitions race with the first.
    for chunk in requests.chunks(15) {
        futures::future::join_all(chunk.iter().chain(chunk).map(submit)).await;
    }
    let receipts = receiving.receipts().await;
    assert_eq!(receipts.len(), 60);
}
