//! Files: in steps that survive a broken stream, complete only when read back, read only by those who may.

use framme_shared::{
    domain::{digest::Digest, holding::Presence},
    wire::pb::{
        exchange::{GetAttachmentUploadRequest, SubmitTransmissionRequest, UploadAttachmentRequest},
        receiver::DownloadAttachmentRequest,
        report::{
            Attachment, AttachmentChunk, AttachmentUploadHeader, AttachmentUploadState, ErrorReason,
            attachment_chunk::Part,
        },
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use tonic::Status;

use crate::{
    receiver_holding::ask_as,
    receiving::{OTHER_POLICE, POLICE, Receiving, TROMSO, new_id, reason, submission},
};

on_both_databases!(
    a_file_arrives_whole_and_is_read_by_whoever_may,
    a_broken_upload_continues_where_it_was_committed,
    a_wrong_digest_keeps_nothing,
    a_file_that_is_cut_off_oversized_or_out_of_order_is_refused,
    another_organisation_finds_no_file,
    a_file_is_read_back_whenever_its_sender_asks,
);

const MIB: usize = 1024 * 1024;

/// A file of a transmission that is not submitted yet.
struct File {
    transmission: String,
    attachment: String,
    bytes: Vec<u8>,
}

impl File {
    fn of(length: usize) -> Self {
        Self {
            transmission: new_id(),
            attachment: new_id(),
            bytes: (0..length).map(|index| (index % 251) as u8).collect(),
        }
    }

    fn header(&self, offset: u64) -> AttachmentUploadHeader {
        AttachmentUploadHeader {
            owner_id: self.transmission.clone(),
            attachment_id: self.attachment.clone(),
            size_bytes: self.bytes.len() as u64,
            sha256: Digest::of(&self.bytes).as_bytes().to_vec().into(),
            offset,
        }
    }

    /// The stream from `offset` to `end`, in pieces of an odd size.
    fn stream(&self, offset: usize, end: usize) -> Vec<UploadAttachmentRequest> {
        let data = self.bytes[offset..end]
            .chunks(100_003)
            .map(|piece| Part::Data(piece.to_vec().into()));
        let header = Part::Header(self.header(offset as u64));
        std::iter::once(header).chain(data).map(message).collect()
    }

    fn asked(&self) -> GetAttachmentUploadRequest {
        GetAttachmentUploadRequest {
            transmission_id: self.transmission.clone(),
            attachment_id: self.attachment.clone(),
        }
    }

    /// The transmission that names it.
    fn transmission(&self, receiving: &Receiving, sequence: u64) -> SubmitTransmissionRequest {
        let mut report = receiving.report(&[TROMSO]);
        report.attachments.push(Attachment {
            attachment_id: self.attachment.clone(),
            file_name: "note.bin".to_owned(),
            media_type: "application/octet-stream".to_owned(),
            size_bytes: self.bytes.len() as u64,
            sha256: Digest::of(&self.bytes).as_bytes().to_vec().into(),
            child_ids: Vec::new(),
        });
        SubmitTransmissionRequest {
            transmission_id: self.transmission.clone(),
            ..submission(sequence, &report, receiving.clock.now())
        }
    }
}

fn message(part: Part) -> UploadAttachmentRequest {
    UploadAttachmentRequest {
        chunk: Some(AttachmentChunk { part: Some(part) }),
    }
}

async fn upload(
    receiving: &Receiving,
    messages: Vec<UploadAttachmentRequest>,
) -> Result<AttachmentUploadState, Status> {
    let answer = receiving
        .exchange(POLICE)
        .upload_attachment(futures::stream::iter(messages))
        .await?;
    Ok(answer.into_inner().state.unwrap())
}

async fn state(receiving: &Receiving, file: &File) -> Result<AttachmentUploadState, Status> {
    let answer = receiving.exchange(POLICE).get_attachment_upload(file.asked()).await?;
    Ok(answer.into_inner().state.unwrap())
}

async fn a_file_arrives_whole_and_is_read_by_whoever_may(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let file = File::of(3 * MIB + 17);
    let done = upload(&receiving, file.stream(0, file.bytes.len())).await.unwrap();
    assert!(done.complete);
    // Again: complete at once, whatever follows the header.
    assert_eq!(upload(&receiving, file.stream(0, 0)).await.unwrap(), done);
    let request = file.transmission(&receiving, 1);
    receiving.submit(&request).await;

    let asked = DownloadAttachmentRequest {
        transmission_id: file.transmission.clone(),
        attachment_id: file.attachment.clone(),
    };
    let mut leader = receiving.work_list(&receiving.leader);
    let mut stream = leader.download_attachment(asked.clone()).await.unwrap().into_inner();
    let mut read = Vec::new();
    while let Some(piece) = stream.message().await.unwrap() {
        assert!(piece.data.len() <= 256 * 1024);
        read.extend_from_slice(&piece.data);
    }
    assert!(read == file.bytes);
    let mut caseworker = receiving.work_list(&receiving.caseworker);
    let refused = caseworker.download_attachment(asked).await.map(drop);
    assert_eq!(reason(refused), ErrorReason::NotFound);
    let mut connection = receiving.database.connect().await;
    let readings = sqlx::query("SELECT reading_id FROM reading WHERE attachment_id IS NOT NULL")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(readings.len(), 1);
}

async fn a_broken_upload_continues_where_it_was_committed(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let file = File::of(2 * MIB + 300_000);
    assert_eq!(reason(state(&receiving, &file).await), ErrorReason::NotFound);
    // One whole step and a part of the next.
    upload(&receiving, file.stream(0, MIB + 500_000)).await.unwrap_err();
    let broken = state(&receiving, &file).await.unwrap();
    assert_eq!((broken.committed_bytes, broken.complete), (MIB as u64, false));

    let elsewhere = upload(&receiving, file.stream(2 * MIB, file.bytes.len())).await;
    assert_eq!(reason(elsewhere), ErrorReason::UploadOffset);
    let early = receiving
        .exchange(POLICE)
        .submit_transmission(file.transmission(&receiving, 1))
        .await;
    assert_eq!(reason(early), ErrorReason::AttachmentIncomplete);

    let done = upload(&receiving, file.stream(MIB, file.bytes.len())).await.unwrap();
    assert!(done.complete);
    receiving.submit(&file.transmission(&receiving, 1)).await;
}

async fn a_wrong_digest_keeps_nothing(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let mut file = File::of(MIB + 1);
    let mut messages = file.stream(0, file.bytes.len());
    messages.truncate(messages.len() - 1);
    let length = file.bytes.len();
    let last = messages.len() - 1;
    let sent: usize = last * 100_003;
    messages.push(message(Part::Data(vec![0xee; length - sent].into())));
    assert_eq!(reason(upload(&receiving, messages).await), ErrorReason::DigestMismatch);
    assert_eq!(reason(state(&receiving, &file).await), ErrorReason::NotFound);
    // The id is free again, also for another file.
    file.bytes.push(1);
    assert!(
        upload(&receiving, file.stream(0, file.bytes.len()))
            .await
            .unwrap()
            .complete
    );
    file.bytes.push(2);
    let other = upload(&receiving, file.stream(0, file.bytes.len())).await;
    assert_eq!(reason(other), ErrorReason::ContentDiffers);
}

async fn a_file_that_is_cut_off_oversized_or_out_of_order_is_refused(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let file = File::of(1_000);
    let header = file.header(0);
    let data = || message(Part::Data(file.bytes.clone().into()));
    let too_large = AttachmentUploadHeader {
        size_bytes: 100 * MIB as u64 + 1,
        ..header.clone()
    };
    let empty = AttachmentUploadHeader {
        size_bytes: 0,
        ..header.clone()
    };
    let start = || message(Part::Header(header.clone()));
    let refused = [
        (ErrorReason::InvalidField, vec![data()]),
        (ErrorReason::InvalidField, vec![]),
        (ErrorReason::InvalidField, vec![start(), start()]),
        (ErrorReason::InvalidField, file.stream(0, 900)),
        (ErrorReason::InvalidField, vec![start(), data(), data()]),
        (
            ErrorReason::TooLarge,
            vec![start(), message(Part::Data(vec![0; 300_000].into()))],
        ),
        (ErrorReason::TooLarge, vec![message(Part::Header(too_large))]),
        (ErrorReason::InvalidField, vec![message(Part::Header(empty))]),
    ];
    for (expected, messages) in refused {
        assert_eq!(reason(upload(&receiving, messages).await), expected);
    }
    assert!(upload(&receiving, file.stream(0, 1_000)).await.unwrap().complete);
}

async fn another_organisation_finds_no_file(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let file = File::of(1_000);
    upload(&receiving, file.stream(0, 1_000)).await.unwrap();
    let mut other = receiving.exchange(OTHER_POLICE);
    assert_eq!(
        reason(other.get_attachment_upload(file.asked()).await),
        ErrorReason::NotFound
    );
    let request = file.transmission(&receiving, 1);
    assert_eq!(
        reason(other.submit_transmission(request).await),
        ErrorReason::AttachmentIncomplete
    );
}

async fn a_file_is_read_back_whenever_its_sender_asks(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let file = File::of(MIB + 5);
    upload(&receiving, file.stream(0, file.bytes.len())).await.unwrap();
    receiving.submit(&file.transmission(&receiving, 1)).await;
    let asked = async |with_files: bool| {
        let id = file.transmission.as_str();
        let answer = ask_as(&receiving, POLICE, |it| it.with_attachments = with_files, &[id]).await;
        answer.unwrap().holding.of(&id.parse().unwrap()).unwrap().clone()
    };
    let Presence::Held(held) = asked(true).await else {
        panic!("it is held");
    };
    let files = held.files.unwrap();
    assert_eq!(files[0].attachment.to_string(), file.attachment);
    assert_eq!(files[0].digest, Digest::of(&file.bytes));

    let mut connection = receiving.database.connect().await;
    let done = sqlx::query("DELETE FROM attachment_chunk WHERE chunk_number = 2")
        .execute(&mut connection)
        .await;
    assert_eq!(done.unwrap().rows_affected(), 1);
    assert!(matches!(asked(false).await, Presence::Held(held) if held.files.is_none()));
    assert_eq!(asked(true).await, Presence::Damaged);
}
