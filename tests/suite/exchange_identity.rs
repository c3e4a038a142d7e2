//! Who may see what over the exchange, with a real receiver and real certificates.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    domain::digest::Digest,
    runtime::{
        clock::SystemClock,
        connect::{CallFailure, CertificateFault, classify},
    },
    wire::{
        pb::{
            exchange::{
                ConfirmReceiptsRequest, GetAttachmentUploadRequest, StreamReceiptsRequest, StreamReceiptsResponse,
                SubmitTransmissionRequest, SubmitTransmissionResponse, WithdrawTransmissionRequest,
                exchange_service_client::ExchangeServiceClient, stream_receipts_response::Event,
            },
            report::{Attachment, ErrorReason, Report},
        },
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use prost::Message as _;
use tonic::{Code, Status, codegen::Bytes, transport::Channel};

use crate::exchange::{
    OTHER_POLICE, POLICE, STRANGER,
    authorities::Authorities,
    raw::call,
    receiver::{RealReceiver, encoded, new_id, submission, upload},
    soon,
};

on_both_databases!(
    an_organisation_that_is_not_on_the_list_learns_nothing_by_any_call,
    another_organisation_on_the_list_learns_nothing_of_what_the_police_sent,
    another_organisation_on_the_list_changes_nothing_of_what_the_police_sent,
    a_revoked_sender_loses_its_open_stream_and_gets_no_new_connection,
);

async fn start(database: TestDatabase) -> RealReceiver {
    RealReceiver::start(&Authorities::new(Arc::new(SystemClock)), database).await
}

/// What the police have sent, with a file.
struct Sent {
    transmission: SubmitTransmissionRequest,
    file: Attachment,
    receipt: String,
}

impl Sent {
    async fn by_the_police(receiver: &RealReceiver) -> Self {
        let police = receiver.police();
        let (mut transmission, mut report) = (receiver.transmission(), receiver.report());
        let file = Attachment {
            attachment_id: new_id(),
            file_name: "notat.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: 5,
            sha256: Digest::of(b"notat").as_bytes().to_vec().into(),
            ..Attachment::default()
        };
        report.attachments.push(file.clone());
        let owner = transmission.transmission_id;
        call(&police, "UploadAttachment", upload(&owner, &file, b"notat"))
            .await
            .unwrap();
        transmission = submission(&owner, transmission.sequence, &report, receiver.authorities.clock.now());
        let answer = call(&police, "SubmitTransmission", vec![encoded(&transmission)])
            .await
            .unwrap();
        let receipt = SubmitTransmissionResponse::decode(answer).unwrap().receipt;
        Self {
            transmission,
            file,
            receipt,
        }
    }

    /// The same kind of thing, and nobody has sent it.
    fn nowhere(receiver: &RealReceiver) -> Self {
        Self {
            transmission: SubmitTransmissionRequest {
                transmission_id: new_id(),
                sequence: 1_000_000,
                ..submission(&new_id(), 1, &receiver.report(), receiver.authorities.clock.now())
            },
            file: Attachment {
                attachment_id: new_id(),
                ..Attachment::default()
            },
            receipt: "no receipt".to_owned(),
        }
    }

    /// Every call of the exchange about it.
    fn calls(&self) -> [(&'static str, Vec<Bytes>); 6] {
        let id = &self.transmission.transmission_id;
        [
            (
                "GetAttachmentUpload",
                vec![encoded(&GetAttachmentUploadRequest {
                    transmission_id: id.clone(),
                    attachment_id: self.file.attachment_id.clone(),
                })],
            ),
            ("UploadAttachment", upload(id, &self.file, b"annet")),
            ("SubmitTransmission", vec![encoded(&self.transmission)]),
            ("WithdrawTransmission", vec![encoded(&self.withdrawal())]),
            (
                "StreamReceipts",
                vec![encoded(&StreamReceiptsRequest { after_sequence: 1 })],
            ),
            ("ConfirmReceipts", vec![encoded(&self.confirmation())]),
        ]
    }

    fn withdrawal(&self) -> WithdrawTransmissionRequest {
        WithdrawTransmissionRequest {
            transmission_id: self.transmission.transmission_id.clone(),
            request_id: new_id(),
            withdrawn_by: "desk-1".to_owned(),
        }
    }

    fn confirmation(&self) -> ConfirmReceiptsRequest {
        ConfirmReceiptsRequest {
            sequence: 1,
            receipt_sha256: Digest::of(self.receipt.as_bytes()).as_bytes().to_vec().into(),
        }
    }
}

/// Everything of a refusal that its caller sees, but the time.
fn seen(refused: &Status) -> String {
    let mut headers = refused.metadata().clone().into_headers();
    headers.remove("date");
    format!(
        "{:?} {} {:?} {headers:?}",
        refused.code(),
        refused.message(),
        refused.details()
    )
}

async fn an_organisation_that_is_not_on_the_list_learns_nothing_by_any_call(database: TestDatabase) {
    let receiver = start(database).await;
    let sent = Sent::by_the_police(&receiver).await;
    let stranger = receiver.organisation(STRANGER);
    let before = receiver.ledger("").await;
    let (there, nowhere) = (sent.calls(), Sent::nowhere(&receiver).calls());
    let mut first = None;
    for (method, messages) in there.into_iter().chain(nowhere) {
        let refused = call(&stranger, method, messages).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(ErrorReason::PermissionDenied), "{method}");
        let first = first.get_or_insert_with(|| seen(&refused));
        assert_eq!(&seen(&refused), first, "{method}: the same whatever it is about");
    }
    assert_eq!(receiver.ledger("").await, before);
}

async fn another_organisation_on_the_list_learns_nothing_of_what_the_police_sent(database: TestDatabase) {
    let receiver = start(database).await;
    let sent = Sent::by_the_police(&receiver).await;
    let other = receiver.organisation(OTHER_POLICE);
    let nowhere = Sent::nowhere(&receiver);
    for ((method, there), (_, nowhere)) in sent.calls().into_iter().zip(nowhere.calls()) {
        if ["UploadAttachment", "SubmitTransmission"].contains(&method) {
            // Taken as its own: see the next test.
            continue;
        }
        let about_theirs = call(&other, method, there).await.unwrap_err();
        let about_nothing = call(&other, method, nowhere).await.unwrap_err();
        assert_eq!(seen(&about_theirs), seen(&about_nothing), "{method}");
    }
    let mut stream = stream(&other, 0).await;
    let message = soon("the stream says something", stream.message()).await;
    let event = message.unwrap().unwrap().event.unwrap();
    assert!(matches!(event, Event::Progress(progress) if progress.last_sequence == 0));
}

async fn another_organisation_on_the_list_changes_nothing_of_what_the_police_sent(database: TestDatabase) {
    let receiver = start(database).await;
    let sent = Sent::by_the_police(&receiver).await;
    let other = receiver.organisation(OTHER_POLICE);

    for (method, messages) in sent.calls() {
        if method != "SubmitTransmission" {
            let _ = call(&other, method, messages).await;
        }
    }
    // Under the same ids it has a transmission of its own, without the other's file.
    let own = Report {
        attachments: Vec::new(),
        ..receiver.report()
    };
    let id = &sent.transmission.transmission_id;
    let own = submission(id, 1, &own, receiver.authorities.clock.now());
    let answer = call(&other, "SubmitTransmission", vec![encoded(&own)]).await.unwrap();
    assert_eq!(
        receiver.receipts_for(OTHER_POLICE).await,
        [SubmitTransmissionResponse::decode(answer).unwrap().receipt]
    );

    let police = receiver.police();
    let again = call(&police, "SubmitTransmission", vec![encoded(&sent.transmission)]).await;
    assert_eq!(
        SubmitTransmissionResponse::decode(again.unwrap()).unwrap().receipt,
        sent.receipt
    );
    assert_eq!(receiver.receipts_for(POLICE).await, std::slice::from_ref(&sent.receipt));
    assert_eq!(receiver.ledger("transmission_withdrawn").await, 0);
    assert_eq!(receiver.ledger("receipts_confirmed").await, 0);
    call(&police, "ConfirmReceipts", vec![encoded(&sent.confirmation())])
        .await
        .unwrap();
    call(&police, "WithdrawTransmission", vec![encoded(&sent.withdrawal())])
        .await
        .unwrap();
    assert_eq!(receiver.receipts_for(OTHER_POLICE).await.len(), 1);
}

async fn a_revoked_sender_loses_its_open_stream_and_gets_no_new_connection(database: TestDatabase) {
    let receiver = start(database).await;
    let sent = Sent::by_the_police(&receiver).await;
    let (police, other) = (receiver.police(), receiver.organisation(OTHER_POLICE));
    let mut open = stream(&police, 0).await;
    assert!(matches!(
        soon("the receipt comes", open.message()).await.unwrap().unwrap().event,
        Some(Event::Receipt(receipt)) if receipt == sent.receipt
    ));
    let mut kept = stream(&other, 0).await;

    // The receiver looks at its files every second.
    receiver.authorities.revoke(&[&receiver.police]);

    let ended = async {
        loop {
            match open.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream ends only with its connection"),
                Err(status) => return status.code(),
            }
        }
    };
    assert_ne!(soon("the stream ends", ended).await, Code::Ok);
    // The first call may still meet the dead connection.
    let _ = call(&police, "SubmitTransmission", vec![encoded(&sent.transmission)]).await;
    let mut police = ExchangeServiceClient::new(police);
    let refused = police.submit_transmission(sent.transmission).await.unwrap_err();
    let ours = CallFailure::Certificate(CertificateFault::OursRefused);
    assert_eq!(classify(&refused), ours, "{refused:?}");
    let own = encoded(&WithdrawTransmissionRequest::default());
    let answered = call(&other, "WithdrawTransmission", vec![own]).await.unwrap_err();
    assert_eq!(
        reason_of(&answered),
        Some(ErrorReason::InvalidField),
        "who is not revoked stays"
    );
    let nothing = tokio::time::timeout(Duration::from_millis(1), kept.message()).await;
    assert!(nothing.is_err() || nothing.unwrap().is_ok(), "and so does its stream");
}

async fn stream(channel: &Channel, after_sequence: u64) -> tonic::Streaming<StreamReceiptsResponse> {
    let request = StreamReceiptsRequest { after_sequence };
    let opened = ExchangeServiceClient::new(channel.clone())
        .stream_receipts(request)
        .await;
    opened.unwrap().into_inner()
}
