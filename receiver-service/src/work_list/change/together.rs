//! Moves that come at the same time: loaded, decided and written by the same statements.

use std::collections::HashSet;

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{lifecycle::ChildState, organisation::OrganisationNumber},
    wire::{pb::receiver::ChildChanged, status::Failure},
};

use super::{ChangeChild, Decision, Move, stated_by};
use crate::{
    error::Refusal,
    receipts::{About, Book, Books},
    store::{
        child::{self, ForChange, Moved, SaidKnown, Wanted},
        receipt,
        request::{self, Answered, FirstAnswer},
    },
    work_list::view::child_state,
};

/// A refusal changes nothing, so it is an outcome. The sender is whom to wake.
type Outcome = Result<(OrganisationNumber, ChildChanged), Refusal>;

impl Change for ChangeChild {
    type Outcome = Outcome;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Outcome, Refusal> {
        let mut outcomes = Self::apply_all(&[self], tx).await?;
        outcomes.pop().ok_or_else(|| StoreError::Missing.into())
    }

    async fn apply_all(changes: &[&Self], tx: &mut Tx) -> Result<Vec<Outcome>, Refusal> {
        let mut outcomes: Vec<Option<Outcome>> = std::iter::repeat_with(|| None).take(changes.len()).collect();
        let mut left: Vec<(usize, &Self)> = changes.iter().copied().enumerate().collect();
        while !left.is_empty() {
            let (together, later) = apart(left);
            let changes: Vec<&Self> = together.iter().map(|(_, change)| *change).collect();
            for ((place, _), outcome) in together.iter().zip(make(&changes, tx).await?) {
                outcomes[*place] = Some(outcome);
            }
            left = later;
        }
        outcomes
            .into_iter()
            .map(|outcome| outcome.ok_or_else(|| StoreError::Missing.into()))
            .collect()
    }
}

/// Changes with their places among those that came together.
type Placed<'c> = Vec<(usize, &'c ChangeChild)>;

/// Parts those that have nothing to do with each other from those that must see what one of them did: a second change of
/// one child, or a repetition of one request.
fn apart(changes: Placed<'_>) -> (Placed<'_>, Placed<'_>) {
    let (mut children, mut requests) = (HashSet::new(), HashSet::new());
    changes.into_iter().partition(|(_, change)| {
        let is_first = children.insert((change.transmission, change.child));
        requests.insert((change.request.caller.as_str(), change.request.id)) && is_first
    })
}

/// Makes changes that have nothing to do with each other.
async fn make(changes: &[&ChangeChild], tx: &mut Tx) -> Result<Vec<Outcome>, Refusal> {
    let wanted: Vec<Wanted<'_>> = changes.iter().map(|change| change.wanted()).collect();
    let found = child::for_change(tx.conn(), &wanted).await?;
    let mut books = Books::default();
    let mut outcomes = Vec::with_capacity(changes.len());
    let mut made = Vec::with_capacity(changes.len());
    for (change, loaded) in changes.iter().zip(&found) {
        let Some(loaded) = loaded else {
            outcomes.push(Err(Failure::NotFound.into()));
            continue;
        };
        if let Some(answered) = &loaded.answered {
            outcomes.push(match change.first_answer(answered, tx).await {
                Ok(first) => Ok((loaded.sender, first)),
                Err(refusal) => refusal.settled()?,
            });
            continue;
        }
        match change.decide(loaded, tx) {
            Ok(decision) => {
                let book = books.of(tx, &change.notary, loaded.sender, Some(loaded.head)).await?;
                let one = change.enter(loaded, decision, book, tx)?;
                outcomes.push(Ok((loaded.sender, one.answer.clone())));
                made.push(one);
            }
            Err(refusal) => outcomes.push(refusal.settled()?),
        }
    }
    write(&made, tx).await?;
    books.close(tx, "change_child").await?;
    Ok(outcomes)
}

/// A change that was found to be right, and has its receipt.
struct Made<'c> {
    change: &'c ChangeChild,
    loaded: &'c ForChange,
    state: ChildState,
    answer: ChildChanged,
    /// The number of the receipt in the answer.
    sequence: u64,
}

async fn write(made: &[Made<'_>], tx: &mut Tx) -> Result<(), Refusal> {
    let at = tx.at();
    let moved: Vec<Moved<'_>> = made.iter().map(Made::moved).collect();
    child::set_states(tx.conn(), &moved, at).await?;
    for Made { change, .. } in made {
        if let Move::Register(sealed) = &change.the_move {
            child::set_case_number(tx.conn(), &change.transmission, &change.child, sealed).await?;
        }
    }
    let said: Vec<SaidKnown<'_>> = made.iter().filter_map(|made| made.change.said_known()).collect();
    child::set_known_to_service(tx.conn(), &said).await?;
    let answers: Vec<FirstAnswer<'_>> = made.iter().map(Made::first_answer).collect();
    request::insert(tx.conn(), &answers, at).await?;
    Ok(())
}

impl Made<'_> {
    /// The answer as it is kept: its receipt lies among the receipts already.
    fn first_answer(&self) -> FirstAnswer<'_> {
        let without_receipt = ChildChanged {
            child: self.answer.child.clone(),
            receipt: String::new(),
        };
        let mut first = self.change.request.first_answer(&self.change.keys, &without_receipt);
        first.answered.receipt = Some((self.loaded.sender, self.sequence));
        first
    }

    fn moved(&self) -> Moved<'_> {
        Moved {
            transmission: &self.change.transmission,
            child: &self.loaded.child,
            state: &self.state,
            by: self.change.the_move.name(),
        }
    }
}

impl ChangeChild {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            transmission: &self.transmission,
            child: &self.child,
            caller: &self.request.caller,
            request: &self.request.id,
            actor: self.on_behalf.person(),
            caseworker: match &self.the_move {
                Move::Assign { caseworker, .. } => Some(caseworker),
                _ => None,
            },
        }
    }

    fn said_known(&self) -> Option<SaidKnown<'_>> {
        match self.the_move {
            Move::Assign { known, .. } => Some((&self.transmission, &self.child, known?)),
            _ => None,
        }
    }

    /// What was answered the first time, with the receipt that belongs to it.
    async fn first_answer(&self, answered: &Answered, tx: &mut Tx) -> Result<ChildChanged, Refusal> {
        let mut first: ChildChanged = self.request.answer_of(answered.clone(), &self.keys)?;
        if let Some((sender, sequence)) = &answered.receipt {
            let receipt = receipt::find(&mut *tx.conn(), sender, *sequence).await?;
            let missing = || Refusal::digest_differs("receipt", &format!("{sender}/{sequence}"));
            first.receipt = receipt.ok_or_else(missing)?.jws;
        }
        Ok(first)
    }

    /// Makes the receipt, and the entry of the ledger.
    fn enter<'c>(
        &'c self,
        loaded: &'c ForChange,
        decision: Decision,
        book: &mut Book<'_>,
        tx: &mut Tx,
    ) -> Result<Made<'c>, Refusal> {
        let Decision {
            actor,
            statement,
            state,
        } = decision;
        let about = About {
            transmission: &self.transmission,
            sent_id: &loaded.sent_id,
            report: &loaded.report,
            digest: &self.digest,
        };
        let key = actor.key();
        let sequence = book.next_sequence();
        let receipt = book.enter(tx, about, Some(self.child), stated_by(actor), statement)?;
        tx.record(LedgerEntry {
            kind: self.the_move.name(),
            subject: format!("{}/{}", self.transmission, self.child),
            actor: key,
            data: format!("{} to {}", loaded.child.state.stage(), state.stage()),
        });
        let answer = ChildChanged {
            child: Some(child_state(&loaded.child, &state)),
            receipt,
        };
        Ok(Made {
            change: self,
            loaded,
            state,
            answer,
            sequence,
        })
    }
}
