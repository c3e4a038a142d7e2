//! Whether what is sealed still opens and is what was stored.

use framme_shared::{
    domain::ids::TransmissionId,
    runtime::diagnosis::{Extent, Faults, Finding},
};

use crate::{
    attachments::digest_of,
    content,
    core::Core,
    error::Refusal,
    store::{attachment, statistics, transmission},
};

/// Ids read at once.
const PAGE: u32 = 100;

/// What was opened, and the first few that did not hold.
#[derive(Default)]
struct Tally {
    contents: u64,
    files: u64,
    faults: Faults,
}

pub(super) async fn open(core: &Core, extent: Extent, progress: &mut impl FnMut()) -> Result<Finding, Refusal> {
    let mut tally = Tally::default();
    match extent {
        Extent::Everything => everything(core, &mut tally, progress).await?,
        Extent::Sample(size) => sample(core, size, &mut tally, progress).await?,
    }
    let text = format!("{} contents and {} files opened", tally.contents, tally.files);
    Ok(tally.faults.finding("sealed content", &text))
}

async fn everything(core: &Core, tally: &mut Tally, progress: &mut impl FnMut()) -> Result<(), Refusal> {
    let mut after = String::new();
    loop {
        let ids = transmission::ids_after(core.db.reader(), &after, PAGE).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = last.to_string();
        for id in &ids {
            one(core, id, tally).await?;
            files(core, id, tally).await?;
            progress();
        }
    }
}

/// Contents at random places between the first and the last id. Senders make ids that follow time, so this is a fair
/// sample of the time in which there were transmissions.
async fn sample(core: &Core, size: u32, tally: &mut Tally, progress: &mut impl FnMut()) -> Result<(), Refusal> {
    let there = statistics::transmissions(core.db.reader()).await?;
    if there <= i64::from(size) {
        for id in transmission::ids_after(core.db.reader(), "", size).await? {
            one(core, &id, tally).await?;
        }
        return Ok(());
    }
    let Some((first, last)) = statistics::ends(core.db.reader()).await? else {
        return Ok(());
    };
    for _ in 0..size {
        let before = core.random.uuid_before(*first.as_uuid(), *last.as_uuid());
        for id in &transmission::ids_after(core.db.reader(), &before.to_string(), 1).await? {
            one(core, id, tally).await?;
        }
        progress();
    }
    Ok(())
}

async fn one(core: &Core, id: &TransmissionId, tally: &mut Tally) -> Result<(), Refusal> {
    tally.contents += 1;
    note(content::read_back(core, id).await.map(drop), id, tally)
}

async fn files(core: &Core, id: &TransmissionId, tally: &mut Tally) -> Result<(), Refusal> {
    let Some(found) = transmission::find(core.db.reader(), id).await? else {
        return Ok(());
    };
    for file in attachment::of_transmission(core.db.reader(), &found.sender, &found.sent_id).await? {
        if !file.complete {
            continue;
        }
        tally.files += 1;
        match digest_of(core, &file).await {
            Ok(digest) if digest == file.sha256 => {}
            Ok(_) => tally.faults.note(format!("file {}", file.storage_id)),
            Err(refusal) => note(Err(refusal), id, tally)?,
        }
    }
    Ok(())
}

/// Damage is a finding; a database that cannot be read is an error.
fn note(result: Result<(), Refusal>, id: &TransmissionId, tally: &mut Tally) -> Result<(), Refusal> {
    match result {
        Ok(()) => Ok(()),
        Err(Refusal::Rule(_)) => {
            tally.faults.note(format!("transmission {id}"));
            Ok(())
        }
        Err(other) => Err(other),
    }
}
