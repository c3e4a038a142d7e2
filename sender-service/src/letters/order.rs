//! Ordering a letter: by a person of the desk, or by a worker in its own change.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx, sealing::DataKey},
    domain::{
        ids::{LetterId, TransmissionId},
        letter::LetterCode,
        lifecycle::Stage,
    },
    runtime::random::Random,
    wire::pb::sender::OrderLetterResponse,
};
use prost::Message as _;

use super::{
    Grading, Recipient,
    request::{Asked, Replayed},
    sealed::{seal_code, seal_recipient},
};
use crate::{
    grpc,
    store::{
        letter::{self, LetterRow, NewLetter},
        transmission::Sent,
        view,
    },
};

/// What is wanted of a letter.
pub struct Wanted {
    /// The transmission that it shall hold.
    pub sent: Sent,
    /// To whom.
    pub recipient: Recipient,
    /// Whether it goes by a delivery that only the addressee opens.
    pub sealed_delivery: bool,
    /// How far the addresses in it are protected.
    pub grading: Grading,
    /// Who orders it: role-scoped staff id, or program.
    pub by: String,
}

/// A letter that may not be ordered: an address in it is strictly confidential, and the delivery is not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be chosen: an address in the transmission is strictly confidential")]
pub struct NotOrdered;

/// Makes a letter with a code of its own, sealed with the report's key, ready to be ordered in a change.
///
/// # Errors
/// [`NotOrdered`].
pub fn prepare(wanted: &Wanted, key: &DataKey, random: &dyn Random) -> Result<NewLetter, NotOrdered> {
    if wanted.grading == Grading::Strict && !wanted.sealed_delivery {
        return Err(NotOrdered);
    }
    let letter = LetterId::from_uuid(random.new_uuid()).expect("a version 4 UUID is not the nil one");
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    let code = LetterCode::from_bytes(bytes);
    Ok(NewLetter {
        letter,
        report: wanted.sent.report,
        transmission: wanted.sent.transmission,
        receiver: wanted.sent.receiver,
        code: seal_code(key, &letter, &code),
        code_sha256: code.sha256(),
        recipient: seal_recipient(key, &letter, &wanted.recipient),
        sealed_delivery: wanted.sealed_delivery,
        ordered_by: wanted.by.clone(),
    })
}

/// What came of an order.
pub enum Ordered {
    /// The letter is ordered.
    Done(Box<LetterRow>),
    /// Every child of the transmission has ended, the first of them at this stage.
    Ended(Stage),
    /// No such transmission.
    NotFound,
}

/// Orders a letter, inside the change of whoever orders it: a person's request, or a worker that follows a policy.
///
/// # Errors
/// Those of storage.
pub async fn order(tx: &mut Tx, new: &NewLetter, supersede_earlier: bool) -> Result<Ordered, StoreError> {
    let at = tx.at();
    let Some(view) = view::load(tx.conn(), &new.report).await? else {
        return Ok(Ordered::NotFound);
    };
    let of = |id: &TransmissionId| view.transmissions.iter().find(|view| view.transmission == *id);
    let Some(transmission) = of(&new.transmission) else {
        return Ok(Ordered::NotFound);
    };
    let mut stages = transmission.children.iter().map(|child| child.state.stage());
    if let Some(first) = stages.clone().next()
        && stages.all(Stage::is_ended)
    {
        return Ok(Ordered::Ended(first));
    }
    let mut superseded = Vec::new();
    if supersede_earlier {
        superseded = letter::supersede(tx.conn(), &new.transmission, at).await?;
    }
    letter::insert(tx.conn(), new, at).await?;
    for earlier in superseded {
        tx.record(LedgerEntry {
            kind: "letter_superseded",
            subject: earlier.to_string(),
            actor: new.ordered_by.clone(),
            data: format!("by letter {}", new.letter),
        });
    }
    tx.record(LedgerEntry {
        kind: "letter_ordered",
        subject: new.letter.to_string(),
        actor: new.ordered_by.clone(),
        data: format!("transmission {} of report {}", new.transmission, new.report),
    });
    let row = letter::load(tx.conn(), &new.letter).await?;
    Ok(Ordered::Done(Box::new(row.ok_or(StoreError::Missing)?)))
}

/// A person's order.
pub struct OrderLetter {
    /// Who asks, and under which id.
    pub asked: Asked,
    /// The letter.
    pub new: NewLetter,
    /// Whether earlier letters count no more.
    pub supersede_earlier: bool,
}

/// What came of a person's order.
pub enum OrderAnswered {
    /// The serialised answer, now or when it first came.
    Answer(Vec<u8>),
    /// The same request_id came before with another request.
    ContentDiffers,
    /// It was not carried out.
    Refused(Ordered),
}

impl Change for OrderLetter {
    type Outcome = OrderAnswered;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<OrderAnswered, StoreError> {
        match self.asked.replay(tx).await? {
            Some(Replayed::Answer(answer)) => return Ok(OrderAnswered::Answer(answer)),
            Some(Replayed::ContentDiffers) => return Ok(OrderAnswered::ContentDiffers),
            None => {}
        }
        let row = match order(tx, &self.new, self.supersede_earlier).await? {
            Ordered::Done(row) => row,
            refused => return Ok(OrderAnswered::Refused(refused)),
        };
        // The warnings tell of addresses, so they are not kept: the caller's side adds them from the content.
        let answer = OrderLetterResponse {
            letter: Some(grpc::letter_view::letter(&row)),
            warnings: Vec::new(),
        };
        let answer = answer.encode_to_vec();
        self.asked.keep(tx, "order_letter", &answer).await?;
        Ok(OrderAnswered::Answer(answer))
    }
}
