//! A transmission that carries children on: the same report with only these children, made from what was sent before.

use std::collections::HashMap;

use framme_shared::{
    db::{StoreError, Tx, deadlines},
    domain::{
        digest::Digest,
        ids::{ChildId, TransmissionId},
        lifecycle::ChildState,
        organisation::OrganisationNumber,
    },
    wire::{pb::report::Report, report::narrow},
};
use prost::Message as _;
use zeroize::Zeroizing;

use crate::{
    context::Context,
    store::{
        child::{self, ChildRow},
        receiver, report,
        transmission::{self, NewTransmission, Origin},
    },
    submission::sealed,
};

/// What is ready to be stored, sealed.
pub struct Onward {
    /// Made for it.
    pub transmission: TransmissionId,
    /// The transmission that carried the children before.
    pub from: TransmissionId,
    /// Who gets them.
    pub to: OrganisationNumber,
    /// Which children.
    pub children: Vec<ChildId>,
    content: Vec<u8>,
    content_sha256: Digest,
}

/// Why nothing can be made of what was sent.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// Storage failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
    /// It is gone, does not open, or is not what was sent.
    #[error("what was sent cannot be opened")]
    Unreadable,
}

/// Opens what was sent, narrows it to these children and the files that concern them, and seals that anew.
///
/// # Errors
/// See [`PrepareError`].
pub async fn prepare(
    context: &Context,
    from: TransmissionId,
    children: Vec<ChildId>,
    to: OrganisationNumber,
) -> Result<Onward, PrepareError> {
    let kept = transmission::sealed_of(context.database.reader(), &from).await?;
    let kept = kept.ok_or(PrepareError::Unreadable)?;
    let (Some(content), Some(wrapped)) = (kept.content, kept.wrapped_key) else {
        return Err(PrepareError::Unreadable);
    };
    let key = sealed::open_key(&context.keys, wrapped).map_err(|_| PrepareError::Unreadable)?;
    let content = sealed::open_content(&key, &from, &content)
        .map(Zeroizing::new)
        .map_err(|_| PrepareError::Unreadable)?;
    if Digest::of(&content) != kept.content_sha256 {
        return Err(PrepareError::Unreadable);
    }
    let mut report = Report::decode(content.as_slice()).map_err(|_| PrepareError::Unreadable)?;
    narrow(&mut report, |child| children.iter().any(|id| id.to_string() == child));
    if report.children.len() != children.len() {
        return Err(PrepareError::Unreadable);
    }
    let narrowed = Zeroizing::new(report.encode_to_vec());
    let id = context.random.new_uuid_at(context.clock.now());
    let id = TransmissionId::from_uuid(id).expect("a version 7 UUID is not nil");
    Ok(Onward {
        transmission: id,
        from,
        to,
        children,
        content: sealed::seal_content(&key, &id, &narrowed),
        content_sha256: Digest::of(&narrowed),
    })
}

impl Onward {
    /// Stores the transmission with the next number of its pair, and moves these rows on to it; they are the children that
    /// it was made for. The clock is that of the first submission. Returns the number.
    ///
    /// # Errors
    /// Those of storage.
    pub(super) async fn store(
        &self,
        tx: &mut Tx,
        origin: &Origin,
        rows: &[&ChildRow],
        by: &'static str,
    ) -> Result<i64, StoreError> {
        let at = tx.at();
        let wanted = HashMap::from([(self.to, 1)]);
        let numbers = receiver::take_numbers(tx.conn(), &wanted, at).await?;
        let sequence = numbers.get(&self.to).copied().ok_or(StoreError::Missing)?;
        let new = NewTransmission {
            transmission: self.transmission,
            report: origin.report,
            receiver: self.to,
            sequence,
            content: self.content.clone(),
            content_sha256: self.content_sha256,
            urgency_rank: origin.urgency_rank,
            redirected_from: Some(self.from),
            claim: None,
        };
        transmission::insert(tx.conn(), &[&new], origin.submitted_at, at, by).await?;
        // Its clock began at the first submission, and may have run out.
        deadlines::arm(tx.conn(), &[(self.transmission, at)], at).await?;
        child::move_on(tx.conn(), rows, &self.transmission, at, by).await?;
        let onward: Vec<ChildRow> = rows
            .iter()
            .map(|row| ChildRow {
                transmission: self.transmission,
                state: ChildState::Queued {
                    since: origin.submitted_at,
                },
                read_before: None,
                ..(*row).clone()
            })
            .collect();
        child::insert(tx.conn(), &onward.iter().collect::<Vec<_>>(), at, by).await?;
        report::derive_from(tx.conn(), &[origin.report], at, by).await?;
        Ok(sequence)
    }
}
