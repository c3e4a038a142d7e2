//! The later stages that people record: printed, posted, confirmed by a call.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::ids::LetterId,
    wire::pb::sender::{RecordLetterCallResponse, RecordLetterPostedResponse},
};
use jiff::Timestamp;
use prost::Message as _;

use super::{
    request::{Asked, Replayed},
    sealed::seal_answered_by,
};
use crate::{
    grpc::letter_view,
    store::letter::{self, Done, LetterRow},
};

/// Why a letter does not come to a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMoved {
    /// No such letter.
    #[error("not found")]
    NotFound,
    /// A later letter counts instead.
    #[error("must not be of a letter that a later one superseded")]
    Superseded,
    /// It cannot have been posted.
    #[error("must be of a letter that was printed")]
    NotPrinted,
    /// It cannot have come.
    #[error("must be of a letter that was posted")]
    NotPosted,
    /// It needs no confirmation any more.
    #[error("must be of a letter that is not confirmed yet")]
    Confirmed,
    /// A call from before the letter was posted says nothing about it.
    #[error("must not be before the letter was posted")]
    CallBefore,
}

/// What came of a request.
pub enum Moved {
    /// The serialised answer, now or when it first came.
    Answer(Vec<u8>),
    /// The same request_id came before with another request.
    ContentDiffers,
    /// Nothing was changed.
    Refused(NotMoved),
}

/// Records that somebody reads a report's content by printing its letter, before it is handed out.
pub struct PrintLetter {
    /// Which letter.
    pub letter: LetterId,
    /// Who prints it.
    pub by: String,
}

impl Change for PrintLetter {
    type Outcome = Result<Box<LetterRow>, NotMoved>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, StoreError> {
        let Some(mut row) = letter::load(tx.conn(), &self.letter).await? else {
            return Ok(Err(NotMoved::NotFound));
        };
        if row.superseded_at.is_some() {
            return Ok(Err(NotMoved::Superseded));
        }
        let done = Done {
            at: tx.at(),
            by: self.by.clone(),
        };
        if row.printed.is_none() {
            letter::printed(tx.conn(), &self.letter, &done).await?;
            row.printed = Some(done);
        }
        for (kind, subject) in [
            ("content_read", row.report.to_string()),
            ("letter_printed", self.letter.to_string()),
        ] {
            tx.record(LedgerEntry {
                kind,
                subject,
                actor: self.by.clone(),
                data: format!("transmission {}, letter {}", row.transmission, self.letter),
            });
        }
        Ok(Ok(Box::new(row)))
    }
}

/// Records that a letter was posted.
pub struct PostLetter {
    /// Who says so, and under which id.
    pub asked: Asked,
    /// Which letter.
    pub letter: LetterId,
}

impl Change for PostLetter {
    type Outcome = Moved;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Moved, StoreError> {
        if let Some(replayed) = self.asked.replay(tx).await? {
            return Ok(replayed.into());
        }
        let Some(mut row) = letter::load(tx.conn(), &self.letter).await? else {
            return Ok(Moved::Refused(NotMoved::NotFound));
        };
        if row.posted.is_none() {
            if row.superseded_at.is_some() {
                return Ok(Moved::Refused(NotMoved::Superseded));
            }
            if row.printed.is_none() {
                return Ok(Moved::Refused(NotMoved::NotPrinted));
            }
            let done = Done {
                at: tx.at(),
                by: self.asked.by.clone(),
            };
            letter::posted(tx.conn(), &self.letter, &done).await?;
            row.posted = Some(done);
            tx.record(entry("letter_posted", &row, &self.asked.by));
        }
        let answer = RecordLetterPostedResponse {
            letter: Some(letter_view::letter(&row)),
        };
        let answer = answer.encode_to_vec();
        self.asked.keep(tx, "letter_posted", &answer).await?;
        Ok(Moved::Answer(answer))
    }
}

/// Records that somebody said on the phone that a letter has come.
pub struct RecordCall {
    /// Who recorded it, and under which id.
    pub asked: Asked,
    /// Which letter.
    pub letter: LetterId,
    /// Who said so.
    pub answered_by: String,
    /// When.
    pub call_at: Timestamp,
}

impl Change for RecordCall {
    type Outcome = Moved;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Moved, StoreError> {
        if let Some(replayed) = self.asked.replay(tx).await? {
            return Ok(replayed.into());
        }
        let Some(mut row) = letter::load(tx.conn(), &self.letter).await? else {
            return Ok(Moved::Refused(NotMoved::NotFound));
        };
        if let Some(why) = self.refused(&row) {
            return Ok(Moved::Refused(why));
        }
        let call = Done {
            at: self.call_at,
            by: self.asked.by.clone(),
        };
        let (at, sealed) = (
            tx.at(),
            seal_answered_by(&self.asked.key, &self.letter, &self.answered_by),
        );
        letter::confirmed_by_call(tx.conn(), &self.letter, &call, &sealed, at).await?;
        row.confirmed = Some(letter::Confirmed {
            at: call.at,
            by_code: false,
            by: call.by,
        });
        row.last_failure = None;
        tx.record(entry("letter_confirmed_by_call", &row, &self.asked.by));
        let answer = RecordLetterCallResponse {
            letter: Some(letter_view::letter(&row)),
        };
        let answer = answer.encode_to_vec();
        self.asked.keep(tx, "letter_call", &answer).await?;
        Ok(Moved::Answer(answer))
    }
}

impl RecordCall {
    fn refused(&self, row: &LetterRow) -> Option<NotMoved> {
        let Some(posted) = &row.posted else {
            return Some(NotMoved::NotPosted);
        };
        if row.superseded_at.is_some() {
            return Some(NotMoved::Superseded);
        }
        if row.confirmed.is_some() {
            return Some(NotMoved::Confirmed);
        }
        (self.call_at < posted.at).then_some(NotMoved::CallBefore)
    }
}

impl From<Replayed> for Moved {
    fn from(replayed: Replayed) -> Self {
        match replayed {
            Replayed::Answer(answer) => Self::Answer(answer),
            Replayed::ContentDiffers => Self::ContentDiffers,
        }
    }
}

fn entry(kind: &'static str, row: &LetterRow, by: &str) -> LedgerEntry {
    LedgerEntry {
        kind,
        subject: row.letter.to_string(),
        actor: by.to_owned(),
        data: format!("transmission {} of report {}", row.transmission, row.report),
    }
}
