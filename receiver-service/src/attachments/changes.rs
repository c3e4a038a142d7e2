//! The changes of an upload: start, append, complete, drop.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::organisation::OrganisationNumber,
};
use uuid::Uuid;

use crate::store::attachment::{self, Attachment, AttachmentKey};

/// Starts a file from its beginning, and drops what an earlier, incomplete upload left.
pub(super) struct StartUpload {
    pub(super) key: AttachmentKey,
    pub(super) new: Attachment,
    /// Most files that a transmission may have.
    pub(super) most_files: usize,
}

/// What became of it.
pub(super) enum Started {
    /// It is started.
    Now,
    /// It is there: complete, or with another announcement. Nothing changed.
    There(Attachment),
    /// The transmission has as many files as it may have. Nothing changed.
    TooMany,
}

impl Change for StartUpload {
    type Outcome = Started;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Started, StoreError> {
        let files = attachment::of_transmission(&mut *tx.conn(), &self.key.sender, &self.key.sent_id).await?;
        match files.iter().find(|file| file.id == self.key.attachment) {
            Some(found)
                if found.complete || found.size_bytes != self.new.size_bytes || found.sha256 != self.new.sha256 =>
            {
                return Ok(Started::There(found.clone()));
            }
            Some(incomplete) => attachment::delete_incomplete(tx.conn(), &incomplete.storage_id).await?,
            None if files.len() >= self.most_files => return Ok(Started::TooMany),
            None => {}
        }
        let at = tx.at();
        attachment::insert(tx.conn(), &self.key, &self.new, at).await?;
        tx.record(entry("upload_started", &self.new.storage_id, self.key.sender, ""));
        Ok(Started::Now)
    }
}

/// Adds sealed pieces to a file that has exactly `from` bytes.
pub(super) struct AppendChunks {
    pub(super) storage: Uuid,
    pub(super) sender: OrganisationNumber,
    pub(super) first: u64,
    pub(super) chunks: Vec<Vec<u8>>,
    pub(super) from: u64,
    pub(super) to: u64,
}

impl Change for AppendChunks {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        attachment::append(
            tx.conn(),
            &self.storage,
            self.first,
            &self.chunks,
            self.from,
            self.to,
            at,
        )
        .await?;
        let data = format!("{} to {} bytes", self.from, self.to);
        tx.record(entry("upload_continued", &self.storage, self.sender, &data));
        Ok(())
    }
}

/// Ends an upload after it was read back: complete when its digest was right, else nothing of it is kept.
pub(super) struct EndUpload {
    pub(super) storage: Uuid,
    pub(super) sender: OrganisationNumber,
    pub(super) is_right: bool,
}

impl Change for EndUpload {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.is_right {
            let at = tx.at();
            attachment::complete(tx.conn(), &self.storage, at).await?;
            tx.record(entry("upload_completed", &self.storage, self.sender, ""));
        } else {
            attachment::delete_incomplete(tx.conn(), &self.storage).await?;
            tx.record(entry(
                "upload_dropped",
                &self.storage,
                self.sender,
                "its digest was not the one announced",
            ));
        }
        Ok(())
    }
}

fn entry(kind: &'static str, storage: &Uuid, sender: OrganisationNumber, data: &str) -> LedgerEntry {
    LedgerEntry {
        kind,
        subject: storage.to_string(),
        actor: sender.to_string(),
        data: data.to_owned(),
    }
}
