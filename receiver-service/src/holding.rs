//! Still there? What this service holds of what a sender asks about, by a fresh reading of storage, signed.
//!
//! A reading, not a change. Nothing is taken from memory: rows are read, contents opened and digested, files too when
//! they are asked for.

use std::collections::{HashMap, HashSet};

use framme_shared::{
    db::StoreError,
    domain::{
        digest::Digest,
        holding::{Found, Held, HeldChild, HeldFile, Holding, Presence, sign},
        ids::TransmissionId,
        organisation::OrganisationNumber,
        receipt::Pair,
    },
    wire::{
        pb::report::Report,
        report::decode_report,
        status::{Cause, Failure},
    },
};
use sqlx::AnyConnection;

use crate::{
    attachments::digest_of,
    content,
    core::Core,
    error::Refusal,
    store::{
        attachment,
        holding::{self, ChildStage, Receipts},
        transmission::{self, Kept},
    },
};

/// Contents read at once: each is at most 1 MiB.
const PAGE: usize = 16;

/// What a sender asks.
pub struct Question {
    /// Organisation number from the certificate.
    pub sender: OrganisationNumber,
    /// The transmissions, by the ids that the sender gave them.
    pub transmissions: Vec<TransmissionId>,
    /// Chosen by the sender for this question.
    pub nonce: Digest,
    /// Whether files are read too.
    pub with_files: bool,
}

/// Reads what is asked about from storage, and signs what was found.
///
/// # Errors
/// Those of storage. What is damaged is an answer.
pub async fn confirm_held(core: &Core, question: &Question) -> Result<String, Refusal> {
    let time = core.clock.now();
    let mut found = Vec::with_capacity(question.transmissions.len());
    for page in question.transmissions.chunks(PAGE) {
        found.extend(look(core, question, page).await?);
    }
    let holding = Holding {
        pair: Pair {
            sender: question.sender,
            receiver: core.notary.organisation(),
        },
        time,
        nonce: question.nonce,
        software: core.notary.software.clone(),
        found,
    };
    let signed = sign(&core.notary.signing().signer(), &holding);
    Ok(signed.map_err(|error| Failure::Internal(Cause::of(&error)))?)
}

/// What the tables say of a page of transmissions.
#[derive(Default)]
struct Rows {
    /// Ids inside this service, by those that the sender gave.
    ids: HashMap<TransmissionId, TransmissionId>,
    contents: HashMap<TransmissionId, Kept>,
    receipts: HashMap<TransmissionId, Receipts>,
    children: HashMap<TransmissionId, Vec<ChildStage>>,
}

impl Rows {
    async fn read(core: &Core, sender: &OrganisationNumber, asked: &[TransmissionId]) -> Result<Self, StoreError> {
        let mut connection = core.db.reader().acquire().await?;
        let connection: &mut AnyConnection = &mut connection;
        let ids = holding::sent(connection, sender, asked).await?;
        let here: Vec<TransmissionId> = ids.values().copied().collect();
        Ok(Self {
            contents: transmission::content(connection, &here).await?,
            receipts: holding::receipts(connection, &here).await?,
            children: holding::children(connection, &here).await?,
            ids,
        })
    }
}

async fn look(core: &Core, question: &Question, asked: &[TransmissionId]) -> Result<Vec<Found>, Refusal> {
    let rows = match Rows::read(core, &question.sender, asked).await {
        Ok(rows) => rows,
        // Which one is damaged shows when each is read alone.
        Err(StoreError::Corrupt { .. }) if asked.len() > 1 => {
            let mut found = Vec::with_capacity(asked.len());
            for one in asked {
                found.extend(Box::pin(look(core, question, &[*one])).await?);
            }
            return Ok(found);
        }
        Err(error @ StoreError::Corrupt { .. }) => {
            let found = asked.iter().map(|asked| damaged(*asked, &error));
            return Ok(found.collect());
        }
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::with_capacity(asked.len());
    for asked in asked {
        found.push(match one(core, question, &rows, asked).await {
            Ok(presence) => Found {
                transmission: *asked,
                presence,
            },
            Err(Refusal::Rule(error @ Failure::StorageCorrupt(_))) => damaged(*asked, &error),
            Err(Refusal::Store(error @ StoreError::Corrupt { .. })) => damaged(*asked, &error),
            Err(error) => return Err(error),
        });
    }
    Ok(found)
}

fn damaged(transmission: TransmissionId, why: &dyn std::error::Error) -> Found {
    tracing::error!(%transmission, error = %why, "A transmission that its sender asked about is damaged; a person must look");
    Found {
        transmission,
        presence: Presence::Damaged,
    }
}

async fn one(core: &Core, question: &Question, rows: &Rows, asked: &TransmissionId) -> Result<Presence, Refusal> {
    let Some(id) = rows.ids.get(asked) else {
        return Ok(Presence::Missing);
    };
    // Gone between two statements: it is not there now.
    let Some((content, expected)) = rows.contents.get(id) else {
        return Ok(Presence::Missing);
    };
    let read = content::open(&core.keys, id, content, expected)?;
    let report = decode_report(&read.bytes)?;
    let children = rows.children.get(id).map_or(&[][..], Vec::as_slice);
    let named: HashSet<&str> = report.children.iter().map(|child| child.child_id.as_str()).collect();
    let here: HashSet<String> = children.iter().map(|child| child.child.to_string()).collect();
    if here.len() != named.len() || !here.iter().all(|child| named.contains(child.as_str())) {
        return Err(Refusal::digest_differs("child", &id.to_string()));
    }
    let files = files(core, question, asked, &report).await?;
    let receipts = rows.receipts.get(id);
    Ok(Presence::Held(Held {
        digest: read.digest,
        receipts: receipts.map_or(0, |receipts| receipts.count),
        last: receipts.map(|receipts| receipts.last),
        children: children.iter().map(stated).collect(),
        files,
    }))
}

fn stated(child: &ChildStage) -> HeldChild {
    HeldChild {
        child: child.child,
        stage: Some(child.stage),
        staff: child.staff.clone(),
    }
}

/// The files that the content names: all of them must be there whole, and those that are read must have their digests.
async fn files(
    core: &Core,
    question: &Question,
    sent_id: &TransmissionId,
    report: &Report,
) -> Result<Option<Vec<HeldFile>>, Refusal> {
    let mut read = Vec::new();
    if !report.attachments.is_empty() {
        let here = attachment::of_transmission(core.db.reader(), &question.sender, sent_id).await?;
        for named in &report.attachments {
            let file = here
                .iter()
                .find(|file| file.complete && file.id.to_string() == named.attachment_id)
                .filter(|file| file.sha256.as_bytes().as_slice() == &*named.sha256);
            let file = file.ok_or_else(|| Refusal::digest_differs("attachment", &named.attachment_id))?;
            if question.with_files {
                let digest = digest_of(core, file).await?;
                if digest != file.sha256 {
                    return Err(Refusal::digest_differs("attachment", &named.attachment_id));
                }
                read.push(HeldFile {
                    attachment: file.id,
                    digest,
                });
            }
        }
    }
    Ok(question.with_files.then_some(read))
}
