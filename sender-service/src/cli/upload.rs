//! Uploading one file, with progress, from where an earlier attempt stopped.

use std::path::Path;

use bytes::Bytes;
use framme_shared::{
    domain::digest::{Digest, Hasher},
    wire::pb::{
        report::{AttachmentChunk, AttachmentUploadHeader, AttachmentUploadState, attachment_chunk::Part},
        sender::{GetAttachmentUploadRequest, UploadAttachmentRequest},
    },
};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _, SeekFrom},
    sync::mpsc,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::{client::Client, outcome::CommandError};

/// One message holds this much.
const DATA_BYTES: usize = 256 * 1024;

pub(super) async fn upload(client: &mut Client, report: &str, id: &str, path: &Path) -> Result<(), CommandError> {
    let unreadable = |error: std::io::Error| CommandError::Usage(format!("{}: {error}", path.display()));
    let mut file = File::open(path).await.map_err(unreadable)?;
    let (size_bytes, sha256) = measure(&mut file).await.map_err(unreadable)?;
    let state = state(client, report, id).await?;
    if state.complete {
        return Ok(());
    }
    let header = AttachmentUploadHeader {
        owner_id: report.to_owned(),
        attachment_id: id.to_owned(),
        size_bytes,
        sha256: sha256.as_bytes().to_vec().into(),
        offset: state.committed_bytes,
    };
    let bar = progress(size_bytes, path);
    bar.set_position(state.committed_bytes);
    file.seek(SeekFrom::Start(state.committed_bytes))
        .await
        .map_err(unreadable)?;
    let (to_service, messages) = mpsc::channel(4);
    let feeding = tokio::spawn(feed(file, header, to_service, bar.clone()));
    let answer = client.upload_attachment(ReceiverStream::new(messages)).await;
    bar.finish_and_clear();
    feeding.abort();
    answer?;
    Ok(())
}

async fn state(client: &mut Client, report: &str, id: &str) -> Result<AttachmentUploadState, CommandError> {
    let request = GetAttachmentUploadRequest {
        report_id: report.to_owned(),
        attachment_id: id.to_owned(),
    };
    match client.get_attachment_upload(request).await {
        Ok(answer) => Ok(answer.into_inner().state.unwrap_or_default()),
        Err(status) if status.code() == Code::NotFound => Ok(AttachmentUploadState::default()),
        Err(status) => Err(status.into()),
    }
}

async fn measure(file: &mut File) -> std::io::Result<(u64, Digest)> {
    let (mut hasher, mut size) = (Hasher::new(), 0);
    let mut buffer = vec![0; DATA_BYTES];
    loop {
        match file.read(&mut buffer).await? {
            0 => return Ok((size, hasher.finish())),
            read => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
}

/// Ends early when nobody takes it any more, or the file cannot be read on; the service's answer says the rest.
async fn feed(
    mut file: File,
    header: AttachmentUploadHeader,
    to_service: mpsc::Sender<UploadAttachmentRequest>,
    bar: ProgressBar,
) {
    let mut part = Part::Header(header);
    let mut buffer = vec![0; DATA_BYTES];
    loop {
        let message = UploadAttachmentRequest {
            chunk: Some(AttachmentChunk { part: Some(part) }),
        };
        if to_service.send(message).await.is_err() {
            return;
        }
        match file.read(&mut buffer).await {
            Ok(read) if read > 0 => {
                bar.inc(read as u64);
                part = Part::Data(Bytes::copy_from_slice(&buffer[..read]));
            }
            _ => return,
        }
    }
}

/// Shown on a terminal only.
fn progress(size_bytes: u64, path: &Path) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    ProgressBar::new(size_bytes).with_style(style).with_message(name)
}
