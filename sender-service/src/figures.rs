//! The figures of a police district and a period, for the police directorate: gathered from the database in one
//! reading, with what only the receivers know.

mod ask;
mod gather;

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::figures::{Figures, Period, Promise},
};

pub use ask::Receivers;
pub use gather::GatherError;

use self::gather::gather;
use crate::{context::Context, store::figures};

/// What figures are made by.
pub struct Sources {
    /// By when reports are expected to be with a caseworker.
    pub promise: Promise,
    /// Who is asked what only receivers know.
    pub receivers: Receivers,
}

/// Makes the figures of a district and a period, as of now.
///
/// The receivers are asked only when every report of the period is of this district: what they count is everything that
/// this sender sent.
///
/// # Errors
/// See [`GatherError`].
pub async fn make(context: &Context, district: &str, period: Period) -> Result<Figures, GatherError> {
    let reader = context.database.reader();
    let time = context.clock.now();
    let gathered = gather(context, district, period).await?;
    let sent_to = figures::sent_to(reader, district, &period).await?;
    let is_alone = !figures::has_other_district(reader, district, &period).await?;
    let known = context
        .figures
        .receivers
        .ask(context.clock.as_ref(), &sent_to, is_alone, &period)
        .await;
    Ok(gathered.into_figures(
        context.organisation,
        time,
        district,
        period,
        context.figures.promise,
        known,
    ))
}

/// Records that somebody has figures made, for which the case references in sealed reports are read, before they are.
pub struct FiguresAsked {
    /// Of which district.
    pub district: String,
    /// Of which period.
    pub period: Period,
    /// By role-scoped id.
    pub by: String,
}

impl Change for FiguresAsked {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.record(LedgerEntry {
            kind: "figures_made",
            subject: self.district.clone(),
            actor: self.by.clone(),
            data: self.period.to_string(),
        });
        Ok(())
    }
}
