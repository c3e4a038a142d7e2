//! Whether what is sealed still opens and is what was taken.

use framme_shared::{
    db::{StoreError, sealing::DataKey},
    domain::{
        digest::{Digest, Hasher},
        ids::{AttachmentId, ReportId},
    },
    runtime::{
        diagnosis::{Extent, Faults, Finding},
        random::{OsRandom, Random as _},
    },
};

use super::{Subject, damage};
use crate::{
    files::{ReadError, read_piece},
    store::{
        attachment::{self, AttachmentRow},
        transmission::{self, Sealed},
    },
    submission::sealed,
};

/// Contents read at once: each is at most 4 MiB, and most are a few KiB.
const PAGE: i64 = 16;

/// What was opened, and what did not hold.
#[derive(Default)]
struct Tally {
    contents: u64,
    files: u64,
    faults: Faults,
}

pub(super) async fn open(
    subject: &Subject<'_>,
    extent: Extent,
    progress: &mut impl FnMut(),
) -> Result<Finding, StoreError> {
    let mut tally = Tally::default();
    let opened = match extent {
        Extent::Everything => everything(subject, &mut tally, progress).await,
        Extent::Sample(size) => sample(subject, size, &mut tally, progress).await,
    };
    if let Err(error) = opened {
        tally.faults.note(damage(error)?);
    }
    let text = format!("{} contents and {} files opened", tally.contents, tally.files);
    Ok(tally.faults.finding("sealed content", &text))
}

async fn everything(subject: &Subject<'_>, tally: &mut Tally, progress: &mut impl FnMut()) -> Result<(), StoreError> {
    every_content(subject, tally, progress).await?;
    every_file(subject, tally, progress).await
}

async fn every_content(
    subject: &Subject<'_>,
    tally: &mut Tally,
    progress: &mut impl FnMut(),
) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let page = transmission::sealed_after(subject.database.reader(), &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.transmission.to_string();
        page.iter().for_each(|found| one(subject, found, tally));
        progress();
    }
}

/// Contents at random places between the first and the last id. Ids follow time, so this is a fair sample of the time in
/// which there were reports.
async fn sample(
    subject: &Subject<'_>,
    size: u32,
    tally: &mut Tally,
    progress: &mut impl FnMut(),
) -> Result<(), StoreError> {
    let reader = subject.database.reader();
    if transmission::count(reader).await? <= u64::from(size) {
        return every_content(subject, tally, progress).await;
    }
    let Some((first, last)) = transmission::ends(reader).await? else {
        return Ok(());
    };
    for _ in 0..size {
        let before = OsRandom.uuid_before(*first.as_uuid(), *last.as_uuid()).to_string();
        let found = transmission::sealed_after(reader, &before, 1).await?;
        found.iter().for_each(|found| one(subject, found, tally));
        progress();
    }
    Ok(())
}

fn one(subject: &Subject<'_>, found: &Sealed, tally: &mut Tally) {
    tally.contents += 1;
    let opened = key_of(subject, found.wrapped_key.clone()).and_then(|key| {
        let content = found.content.as_ref().ok_or("its content is missing")?;
        sealed::open_content(&key, &found.transmission, content).map_err(|error| error.to_string())
    });
    let fault = match opened {
        Ok(content) if Digest::of(&content) == found.content_sha256 => return,
        Ok(_) => "another digest".to_owned(),
        Err(why) => why,
    };
    tally
        .faults
        .note(format!("transmission {} ({fault})", found.transmission));
}

/// A missing key is damage: nothing here removes content.
fn key_of(subject: &Subject<'_>, wrapped: Option<Vec<u8>>) -> Result<DataKey, String> {
    let wrapped = wrapped.ok_or("its data key is missing")?;
    sealed::open_key(subject.keys, wrapped).map_err(|error| error.to_string())
}

async fn every_file(subject: &Subject<'_>, tally: &mut Tally, progress: &mut impl FnMut()) -> Result<(), StoreError> {
    let mut after: Option<(ReportId, AttachmentId)> = None;
    loop {
        let page = attachment::complete_after(subject.database.reader(), after, PAGE).await?;
        let Some((report, last, _)) = page.last() else {
            return Ok(());
        };
        after = Some((*report, last.attachment));
        for (report, file, wrapped) in page {
            tally.files += 1;
            let name = format!("file {} of report {report}", file.attachment);
            match key_of(subject, wrapped) {
                Ok(key) => match digest_of(subject, &report, &file, &key).await {
                    Ok(digest) if digest == file.sha256 => {}
                    Ok(_) => tally.faults.note(format!("{name} (another digest)")),
                    Err(ReadError::Store(error)) => tally.faults.note(format!("{name} ({})", damage(error)?)),
                    Err(error) => tally.faults.note(format!("{name} ({error})")),
                },
                Err(error) => tally.faults.note(format!("{name} ({error})")),
            }
            progress();
        }
    }
}

/// SHA-256 of a file as it is read back, piece by piece.
async fn digest_of(
    subject: &Subject<'_>,
    report: &ReportId,
    file: &AttachmentRow,
    key: &DataKey,
) -> Result<Digest, ReadError> {
    let (mut hasher, mut position) = (Hasher::new(), 0);
    while position < file.size_bytes {
        let piece = read_piece(subject.database.reader(), report, &file.attachment, key, position).await?;
        hasher.update(&piece);
        position += piece.len() as u64;
    }
    Ok(hasher.finish())
}
