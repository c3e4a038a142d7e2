//! A holding as JSON: the payload of the signed text.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::claims::{Found, Held, HeldChild, HeldFile, Holding, InvalidHolding, LastReceipt, Presence};
use crate::domain::{
    digest::Digest,
    ids::{AttachmentId, ChildId, TransmissionId},
    jws::present,
    lifecycle::Stage,
    organisation::OrganisationNumber,
    receipt::{Pair, Software, read_time, written_time},
    staff_id::StaffId,
};

const VERSION: u32 = 1;

/// The members in the order in which they are written. A reader takes them in any order, each at most once, and passes
/// over members that it does not know.
#[derive(Serialize, Deserialize)]
struct Members<'a> {
    ver: u32,
    sender: OrganisationNumber,
    receiver: OrganisationNumber,
    #[serde(borrow)]
    time: Cow<'a, str>,
    nonce: Digest,
    #[serde(borrow)]
    software: Product<'a>,
    #[serde(borrow)]
    found: Vec<Entry<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Product<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    transmission: TransmissionId,
    #[serde(borrow)]
    is: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    digest: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    receipts: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    last: Option<Last>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    children: Option<Vec<Child<'a>>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    files: Option<Vec<File>>,
}

#[derive(Serialize, Deserialize)]
struct Last {
    seq: u64,
    sha256: Digest,
}

#[derive(Serialize, Deserialize)]
struct Child<'a> {
    child: ChildId,
    #[serde(borrow)]
    stage: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    staff: Option<StaffId>,
}

#[derive(Serialize, Deserialize)]
struct File {
    attachment: AttachmentId,
    digest: Digest,
}

/// The payload of a holding, after its rules were checked.
pub(super) fn write(holding: &Holding) -> Result<Vec<u8>, InvalidHolding> {
    holding.check()?;
    let members = Members {
        ver: VERSION,
        sender: holding.pair.sender,
        receiver: holding.pair.receiver,
        time: written_time(holding.time).into(),
        nonce: holding.nonce,
        software: Product {
            name: holding.software.name.as_str().into(),
            version: holding.software.version.as_str().into(),
        },
        found: holding.found.iter().map(entry).collect::<Result<_, _>>()?,
    };
    serde_json::to_vec(&members).map_err(|_| InvalidHolding::Malformed)
}

fn entry(found: &Found) -> Result<Entry<'_>, InvalidHolding> {
    let bare = Entry {
        transmission: found.transmission,
        is: found.presence.word().into(),
        digest: None,
        receipts: None,
        last: None,
        children: None,
        files: None,
    };
    let held = match &found.presence {
        Presence::Missing | Presence::Damaged => return Ok(bare),
        Presence::Unknown => return Err(InvalidHolding::Unknown),
        Presence::Held(held) => held,
    };
    let child = |child: &HeldChild| {
        Ok(Child {
            child: child.child,
            stage: child.stage.ok_or(InvalidHolding::Unknown)?.as_str().into(),
            staff: child.staff.clone(),
        })
    };
    let file = |file: &HeldFile| File {
        attachment: file.attachment,
        digest: file.digest,
    };
    Ok(Entry {
        digest: Some(held.digest),
        receipts: Some(held.receipts),
        last: held.last.map(|last| Last {
            seq: last.sequence,
            sha256: last.sha256,
        }),
        children: Some(held.children.iter().map(child).collect::<Result<_, _>>()?),
        files: held.files.as_ref().map(|files| files.iter().map(file).collect()),
        ..bare
    })
}

/// The holding in a payload, after its rules were checked.
pub(super) fn read(payload: &[u8]) -> Result<Holding, InvalidHolding> {
    let members: Members<'_> = serde_json::from_slice(payload).map_err(|_| InvalidHolding::Malformed)?;
    if members.ver != VERSION {
        return Err(InvalidHolding::Version);
    }
    let holding = Holding {
        pair: Pair {
            sender: members.sender,
            receiver: members.receiver,
        },
        time: read_time(&members.time).map_err(|_| InvalidHolding::Time)?,
        nonce: members.nonce,
        software: Software {
            name: members.software.name.into_owned(),
            version: members.software.version.into_owned(),
        },
        found: members.found.into_iter().map(found).collect::<Result<_, _>>()?,
    };
    holding.check()?;
    Ok(holding)
}

fn found(entry: Entry<'_>) -> Result<Found, InvalidHolding> {
    let transmission = entry.transmission;
    let is_bare = entry.digest.is_none()
        && entry.receipts.is_none()
        && entry.last.is_none()
        && entry.children.is_none()
        && entry.files.is_none();
    let presence = match &*entry.is {
        "missing" if is_bare => Presence::Missing,
        "damaged" if is_bare => Presence::Damaged,
        "held" => Presence::Held(held(entry)?),
        "missing" | "damaged" => return Err(InvalidHolding::Members),
        _ => Presence::Unknown,
    };
    Ok(Found { transmission, presence })
}

fn held(entry: Entry<'_>) -> Result<Held, InvalidHolding> {
    let (Some(digest), Some(receipts), Some(children)) = (entry.digest, entry.receipts, entry.children) else {
        return Err(InvalidHolding::Members);
    };
    let child = |child: Child<'_>| HeldChild {
        child: child.child,
        stage: Stage::parse(&child.stage).ok(),
        staff: child.staff,
    };
    let file = |file: File| HeldFile {
        attachment: file.attachment,
        digest: file.digest,
    };
    Ok(Held {
        digest,
        receipts,
        last: entry.last.map(|last| LastReceipt {
            sequence: last.seq,
            sha256: last.sha256,
        }),
        children: children.into_iter().map(child).collect(),
        files: entry.files.map(|files| files.into_iter().map(file).collect()),
    })
}
