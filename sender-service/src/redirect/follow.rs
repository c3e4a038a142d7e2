//! The change that follows redirects: of one transmission, to one receiver.

use framme_shared::{
    db::{
        Change, LedgerEntry, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        ids::{ChildId, ReportId, TransmissionId},
        lifecycle::ChildState,
        organisation::OrganisationNumber,
    },
};
use jiff::SignedDuration;

use super::{
    judge::{Named, NeedsPerson, judge},
    noted::{NEEDS_PERSON, settle_tasks, subject},
    onward::Onward,
};
use crate::store::{
    child::{self, ChildRow},
    receiver,
    redirect::{self, End},
    transmission, withdrawal,
};

/// A receiver that was not asked yet what it was sent, after a restore, may have been sent this already.
const AFTER_TAKING_BACK: SignedDuration = SignedDuration::from_secs(60);
/// Keys may come back, and damage may be repaired.
const AFTER_UNREADABLE: SignedDuration = SignedDuration::from_mins(5);

/// Follows redirects that a worker has claimed.
pub struct FollowRedirect {
    /// The claim.
    pub token: String,
    /// Where the children were redirected.
    pub from: TransmissionId,
    /// Of which report.
    pub report: ReportId,
    /// By whom.
    pub receiver: OrganisationNumber,
    /// To whom.
    pub to: OrganisationNumber,
    /// Which children.
    pub children: Vec<ChildId>,
    /// Whether reports can be sent there.
    pub is_configured: bool,
    /// What carries them on; `None` when it cannot be made.
    pub onward: Option<Onward>,
}

/// What became of redirects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// A transmission carries them on.
    SentOn,
    /// None is sent on: they wait for a person, or there is nothing to follow any more.
    Ended,
    /// Some wait to be looked at again.
    Later,
}

impl Change for FollowRedirect {
    type Outcome = Followed;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Followed, StoreError> {
        // Another replica may have them by now.
        let mut held = redirect::held(tx.conn(), &self.from, &self.token).await?;
        held.retain(|child| self.children.contains(child));
        if withdrawal::is_asked_for(tx.conn(), &self.from).await? {
            self.end(tx, &held, End::Dropped("withdrawn")).await?;
            return Ok(Followed::Ended);
        }
        let rows = child::of_reports(tx.conn(), &[self.report]).await?;
        let named = receiver::load(tx.conn(), &self.to).await?;
        let mut followed: Vec<&ChildRow> = Vec::new();
        for child in held {
            match self.row(&rows, &child) {
                None => self.end(tx, &[child], End::Dropped("moved")).await?,
                Some(row) => match judge(&self.had(tx, &rows, &child).await?, self.named(named.as_ref())) {
                    Ok(()) => followed.push(row),
                    Err(why) => {
                        self.end(tx, &[child], End::Person(why.word())).await?;
                        self.ask(tx, &child, why).await?;
                    }
                },
            }
        }
        if followed.is_empty() {
            return Ok(Followed::Ended);
        }
        if named.is_some_and(|named| named.may_take_back) {
            return self.put_back(tx, &followed, AFTER_TAKING_BACK).await;
        }
        let Some(onward) = &self.onward else {
            for row in &followed {
                self.ask(tx, &row.child, NeedsPerson::ContentUnreadable).await?;
            }
            return self.put_back(tx, &followed, AFTER_UNREADABLE).await;
        };
        if onward.children.len() != followed.len() {
            return self.put_back(tx, &followed, SignedDuration::ZERO).await;
        }
        self.send_on(tx, onward, &followed).await
    }
}

impl FollowRedirect {
    /// Where the child was redirected, if it is there still and was redirected to this receiver.
    fn row<'a>(&self, rows: &'a [ChildRow], child: &ChildId) -> Option<&'a ChildRow> {
        let here = |row: &&ChildRow| row.transmission == self.from && row.child == *child && row.is_here();
        let is_redirected = |row: &&ChildRow| matches!(row.state, ChildState::Redirected { to, .. } if to == self.to);
        rows.iter().find(here).filter(is_redirected)
    }

    fn named(&self, row: Option<&receiver::ReceiverRow>) -> Named {
        Named {
            organisation: self.to,
            is_configured: self.is_configured && row.is_some(),
            is_distrusted: row.is_some_and(|row| row.distrusted_reason.is_some()),
        }
    }

    /// The receivers that had the child; the last one redirects it.
    async fn had(
        &self,
        tx: &mut Tx,
        rows: &[ChildRow],
        child: &ChildId,
    ) -> Result<Vec<OrganisationNumber>, StoreError> {
        let before = rows
            .iter()
            .filter(|row| row.child == *child && row.transmission != self.from);
        let before: Vec<TransmissionId> = before.map(|row| row.transmission).collect();
        let sent = transmission::sent(tx.conn(), &before).await?;
        let had = sent.iter().map(|sent| sent.receiver);
        Ok(had.chain([self.receiver]).collect())
    }

    async fn send_on(&self, tx: &mut Tx, onward: &Onward, rows: &[&ChildRow]) -> Result<Followed, StoreError> {
        let origin = transmission::origin(tx.conn(), &self.from).await?;
        let origin = origin.ok_or(StoreError::Missing)?;
        let number = onward.store(tx, &origin, rows, "FollowRedirect").await?;
        let children: Vec<ChildId> = rows.iter().map(|row| row.child).collect();
        self.end(tx, &children, End::Done).await?;
        for child in &children {
            settle_tasks(tx, &self.report, child, "sent_on").await?;
        }
        tx.record(LedgerEntry {
            kind: "redirect_followed",
            subject: onward.transmission.to_string(),
            actor: "sender".to_owned(),
            data: format!(
                "number {number} to {}: {} children of {}, redirected by {}",
                self.to,
                rows.len(),
                self.from,
                self.receiver
            ),
        });
        Ok(Followed::SentOn)
    }

    async fn ask(&self, tx: &mut Tx, child: &ChildId, why: NeedsPerson) -> Result<(), StoreError> {
        let task = NewTask {
            kind: NEEDS_PERSON,
            subject: subject(&self.report, child),
            desk: Desk::District,
            data: format!(
                "{} redirects child {child} of report {} to {}: {}",
                self.receiver,
                self.report,
                self.to,
                why.word()
            ),
        };
        tasks::raise(tx, task).await?;
        Ok(())
    }

    async fn end(&self, tx: &mut Tx, children: &[ChildId], end: End) -> Result<(), StoreError> {
        let at = tx.at();
        redirect::end(tx.conn(), &self.from, children, end, at).await
    }

    async fn put_back(&self, tx: &mut Tx, rows: &[&ChildRow], pause: SignedDuration) -> Result<Followed, StoreError> {
        let at = tx.at();
        let next = at.saturating_add(pause).unwrap_or(at);
        let children: Vec<ChildId> = rows.iter().map(|row| row.child).collect();
        redirect::put_back(tx.conn(), &self.from, &children, next, at).await?;
        Ok(Followed::Later)
    }
}
