//! Reading a file: recorded before its first byte is handed out.

use std::{collections::HashSet, sync::Arc};

use framme_shared::{
    db::{
        Change, LedgerEntry, StoreError, Tx,
        sealing::{DataKey, Place},
    },
    domain::{
        ids::{AttachmentId, TransmissionId},
        staff_role::StaffRole,
    },
    wire::{pb::report::Report, status::Failure},
};
use futures::Stream;
use prost::Message as _;
use uuid::Uuid;

use super::view::Visible;
use crate::{
    attachments::{chunks_in, open_chunk},
    authority::{Caller, Holder, Rpc},
    content,
    core::Core,
    error::Refusal,
    store::{
        attachment::{self, AttachmentKey},
        child::Child,
        reading, transmission, work_list,
    },
};

/// A file that may be read, piece by piece.
pub struct Chunks {
    core: Arc<Core>,
    key: DataKey,
    storage: Uuid,
    next: u64,
    count: u64,
}

/// Records the reading, and then hands out the file. A caller reads the files that concern a child within reach.
///
/// # Errors
/// `NOT_FOUND`, also for what the caller may not see; `STORAGE_CORRUPT`; those of storage.
pub async fn read_attachment(
    core: Arc<Core>,
    caller: Caller,
    id: TransmissionId,
    file: AttachmentId,
) -> Result<Chunks, Refusal> {
    let entry = work_list::entry(core.db.reader(), &id)
        .await?
        .ok_or(Failure::NotFound)?;
    let entry = Visible::to(&caller, Rpc::DownloadAttachment, entry).ok_or(Failure::NotFound)?;
    if !concerns(&core, &id, &file, &entry).await? {
        return Err(Failure::NotFound.into());
    }
    let found = transmission::find(core.db.reader(), &id)
        .await?
        .ok_or(Failure::NotFound)?;
    let key = AttachmentKey {
        sender: found.sender,
        sent_id: found.sent_id,
        attachment: file,
    };
    let stored = attachment::find(core.db.reader(), &key)
        .await?
        .ok_or(Failure::NotFound)?;
    let row = stored.storage_id.to_string();
    let data_key = core
        .keys
        .unwrap(&stored.key)
        .map_err(|error| Refusal::corrupt(&Place::new("attachment", "wrapped_key", &row), error))?;
    let reading = RecordReading {
        reading: core.random.new_uuid(),
        transmission: id,
        file,
        role: role_of(&caller, &entry),
        caller,
    };
    core.db.change(reading).await?;
    Ok(Chunks {
        core,
        key: data_key,
        storage: stored.storage_id,
        next: 0,
        count: chunks_in(stored.size_bytes),
    })
}

/// In which role a person reads what is shown of a transmission.
fn role_of(caller: &Caller, entry: &Visible) -> Option<StaffRole> {
    let Holder::Person(access) = &caller.holder else {
        return None;
    };
    let acts_as = |child: &Child| {
        let caseworker = child.state.assignment().map(|assignment| &assignment.caseworker.staff);
        access.acts_as(Rpc::DownloadAttachment, &child.area, caseworker)
    };
    entry.0.children.iter().find_map(acts_as).map(|person| person.role)
}

/// Whether the content names the file for a child that the caller reaches.
async fn concerns(core: &Core, id: &TransmissionId, file: &AttachmentId, entry: &Visible) -> Result<bool, Refusal> {
    let content = content::read_back(core, id).await?;
    let report = Report::decode(content.bytes.as_slice())
        .map_err(|_| Refusal::digest_differs("transmission", &id.to_string()))?;
    let shown: HashSet<String> = entry.0.children.iter().map(|child| child.id.to_string()).collect();
    let file = file.to_string();
    let is_for_shown = |ids: &[String]| ids.is_empty() || ids.iter().any(|id| shown.contains(id));
    Ok(report
        .attachments
        .iter()
        .any(|named| named.attachment_id == file && is_for_shown(&named.child_ids)))
}

impl Chunks {
    /// The file's pieces in order, each read when the one before was taken.
    pub fn into_stream(self) -> impl Stream<Item = Result<Vec<u8>, Refusal>> + Send + 'static {
        futures::stream::unfold(Some(self), |chunks| async {
            let mut chunks = chunks.filter(|chunks| chunks.next < chunks.count)?;
            let opened = open_chunk(chunks.core.db.reader(), &chunks.key, &chunks.storage, chunks.next).await;
            chunks.next += 1;
            match opened {
                Ok(mut piece) => Some((Ok(std::mem::take(&mut *piece)), Some(chunks))),
                Err(refusal) => Some((Err(refusal), None)),
            }
        })
    }
}

struct RecordReading {
    reading: Uuid,
    transmission: TransmissionId,
    file: AttachmentId,
    caller: Caller,
    /// In which role, when it is a person's.
    role: Option<StaffRole>,
}

impl Change for RecordReading {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        reading::insert(
            tx.conn(),
            &self.reading,
            &self.transmission,
            Some(&self.file),
            &self.caller,
            self.role,
            at,
        )
        .await?;
        tx.record(LedgerEntry {
            kind: "attachment_read",
            subject: self.transmission.to_string(),
            actor: self.caller.key(),
            data: format!(
                "reading {}, file {}, credential {}",
                self.reading, self.file, self.caller.credential
            ),
        });
        Ok(())
    }
}
