//! What becomes of statements. Every task that they ask for is raised or settled in the change that finds it.

use jiff::{SignedDuration, Timestamp, civil::Date};
use sqlx::Row as _;

use super::{DIFFERS, LACKING, MISSING, subject};
use crate::{
    db::{
        Change, LedgerEntry, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::{digest::Digest, organisation::OrganisationNumber, statement::Verdict},
};

/// A comparison that was not good is made again after an hour, then after two, and so on to once a day.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(1);
const MOST_HOURS: i64 = 24;
/// Which comparison in a row that is not good asks for a person.
const TELL_AT: i64 = 2;

/// A statement to be stored.
#[derive(Debug, Clone)]
pub struct NewText {
    /// The text, verbatim.
    pub text: String,
    /// The time that it states.
    pub made_at: Timestamp,
}

/// Stores an own statement, unless there is one of the day. Yields the one that is stored.
pub struct KeepOwn {
    /// The other side.
    pub peer: OrganisationNumber,
    /// Of which day.
    pub day: Date,
    /// The statement.
    pub new: NewText,
}

impl Change for KeepOwn {
    type Outcome = String;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<String, StoreError> {
        keep_own(tx, &self.peer, self.day, &self.new).await
    }
}

/// Stores the peer's statement of a day with what its first comparison came to, and the own one with it if there is none
/// yet.
pub struct KeepPeer {
    /// The other side.
    pub peer: OrganisationNumber,
    /// Of which day.
    pub day: Date,
    /// The peer's statement, verified.
    pub theirs: NewText,
    /// The own one, for the case that none is stored.
    pub own: Option<NewText>,
    /// What the comparison came to.
    pub verdict: Verdict,
    /// Numbers that the peer says it lacks although it has receipted them, for people; `None` when it lacks none, or this
    /// side cannot know.
    pub lacking: Option<String>,
    /// Whose the tasks are.
    pub desk: Desk,
}

/// What became of a peer's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is stored, now or from before; the own statement beside it, if there is one.
    Stored(Option<String>),
    /// Another one of the same day is stored, and stays.
    Another,
}

impl Change for KeepPeer {
    type Outcome = Kept;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Kept, StoreError> {
        if let Some(stored) = text(tx, &self.peer, self.day, "peer").await?
            && stored != self.theirs.text
        {
            return Ok(Kept::Another);
        }
        let own = match &self.own {
            Some(own) => Some(keep_own(tx, &self.peer, self.day, own).await?),
            None => text(tx, &self.peer, self.day, "own").await?,
        };
        if insert(tx, &self.peer, self.day, "peer", &self.theirs, "KeepPeer").await? {
            self.took(tx).await?;
        }
        Ok(Kept::Stored(own))
    }
}

impl KeepPeer {
    /// What follows from a statement that is new.
    async fn took(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let subject = subject(&self.peer, self.day);
        tx.record(LedgerEntry {
            kind: "statement_received",
            subject: subject.clone(),
            actor: self.peer.to_string(),
            data: format!("{}, sha256 {}", self.verdict, Digest::of(self.theirs.text.as_bytes())),
        });
        looked(tx, &self.peer, self.day, self.verdict, self.desk).await?;
        tasks::settle(tx, MISSING, &subject, "it_came").await?;
        match &self.lacking {
            Some(numbers) => {
                let task = NewTask {
                    kind: LACKING,
                    subject: self.peer.to_string(),
                    desk: self.desk,
                    data: format!("by the statement of {}: {numbers}", self.day),
                };
                tasks::raise(tx, task).await?;
            }
            None => {
                tasks::settle(tx, LACKING, self.peer.as_str(), "nothing_lacks").await?;
            }
        }
        Ok(())
    }
}

/// Records what another comparison with a stored statement of the peer came to.
pub struct RecordLook {
    /// The other side.
    pub peer: OrganisationNumber,
    /// Of which day.
    pub day: Date,
    /// What it came to.
    pub verdict: Verdict,
    /// Whose the task is.
    pub desk: Desk,
}

impl Change for RecordLook {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        looked(tx, &self.peer, self.day, self.verdict, self.desk).await
    }
}

/// The peer's statements of these days have not come in time.
pub struct RecordMissed {
    /// The other side.
    pub peer: OrganisationNumber,
    /// Of which days.
    pub days: Vec<Date>,
    /// Whose the tasks are.
    pub desk: Desk,
}

impl Change for RecordMissed {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for day in &self.days {
            let missed = mark(
                tx,
                "-- statements::missed
UPDATE statement
SET missed_at = $1, written_at = $1, written_by = 'RecordMissed'
WHERE peer = $2 AND day = $3 AND side = 'own' AND missed_at IS NULL AND NOT EXISTS (
    SELECT 1
    FROM statement AS theirs
    WHERE theirs.peer = $2 AND theirs.day = $3 AND theirs.side = 'peer')",
                &self.peer,
                *day,
            );
            // It may have come meanwhile, and a person may have closed the task: it is raised once.
            if missed.await? {
                let task = NewTask {
                    kind: MISSING,
                    subject: subject(&self.peer, *day),
                    desk: self.desk,
                    data: "the other side's statement has not come by the hour that is set".to_owned(),
                };
                tasks::raise(tx, task).await?;
            }
        }
        Ok(())
    }
}

/// The peer says that it holds another statement of this side for the day: one of the two was set back to an earlier
/// state.
pub struct RecordRefused {
    /// The other side.
    pub peer: OrganisationNumber,
    /// Of which day.
    pub day: Date,
    /// Whose the task is.
    pub desk: Desk,
}

impl Change for RecordRefused {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let refused = mark(
            tx,
            "-- statements::refused
UPDATE statement
SET refused_at = $1, written_at = $1, written_by = 'RecordRefused'
WHERE peer = $2 AND day = $3 AND side = 'own' AND refused_at IS NULL",
            &self.peer,
            self.day,
        );
        if refused.await? {
            let task = NewTask {
                kind: DIFFERS,
                subject: subject(&self.peer, self.day),
                desk: self.desk,
                data: "the other side holds another statement of ours for this day".to_owned(),
            };
            tasks::raise(tx, task).await?;
        }
        Ok(())
    }
}

async fn keep_own(tx: &mut Tx, peer: &OrganisationNumber, day: Date, new: &NewText) -> Result<String, StoreError> {
    if insert(tx, peer, day, "own", new, "KeepOwn").await? {
        tx.record(LedgerEntry {
            kind: "statement_made",
            subject: subject(peer, day),
            actor: "program".to_owned(),
            data: format!("sha256 {}", Digest::of(new.text.as_bytes())),
        });
        return Ok(new.text.clone());
    }
    text(tx, peer, day, "own").await?.ok_or(StoreError::Missing)
}

/// `false` when there is one.
async fn insert(
    tx: &mut Tx,
    peer: &OrganisationNumber,
    day: Date,
    side: &'static str,
    new: &NewText,
    by: &'static str,
) -> Result<bool, StoreError> {
    let at = tx.at();
    let inserted = sqlx::query(
        "-- statements::insert
INSERT INTO statement (peer, day, side, text, made_at, verdict, looks, look_at, missed_at, refused_at, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, NULL, 0, NULL, NULL, NULL, $6, $7)
ON CONFLICT (peer, day, side) DO NOTHING",
    )
    .bind(peer.to_string())
    .bind(day.to_string())
    .bind(side)
    .bind(new.text.clone())
    .bind(new.made_at.as_microsecond())
    .bind(at.as_microsecond())
    .bind(by)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

async fn text(
    tx: &mut Tx,
    peer: &OrganisationNumber,
    day: Date,
    side: &'static str,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "-- statements::text
SELECT text
FROM statement
WHERE peer = $1 AND day = $2 AND side = $3",
    )
    .bind(peer.to_string())
    .bind(day.to_string())
    .bind(side)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| row.try_get("text")).transpose()?)
}

/// Runs a statement with the time, the peer and the day; `true` when it touched the row.
async fn mark(tx: &mut Tx, sql: &'static str, peer: &OrganisationNumber, day: Date) -> Result<bool, StoreError> {
    let at = tx.at();
    let marked = sqlx::query(sql)
        .bind(at.as_microsecond())
        .bind(peer.to_string())
        .bind(day.to_string())
        .execute(tx.conn())
        .await?;
    Ok(marked.rows_affected() == 1)
}

/// A comparison that is good settles the task; the second in a row that is not raises it, once.
async fn looked(
    tx: &mut Tx,
    peer: &OrganisationNumber,
    day: Date,
    verdict: Verdict,
    desk: Desk,
) -> Result<(), StoreError> {
    let subject = subject(peer, day);
    let before = looks(tx, peer, day).await?;
    let (looks, look_at) = if verdict.is_good() {
        (0, None)
    } else {
        let wait = LOOK_AGAIN * i32::try_from((before + 1).min(MOST_HOURS)).unwrap_or(1);
        (before + 1, tx.at().saturating_add(wait).ok())
    };
    let at = tx.at();
    let recorded = sqlx::query(
        "-- statements::looked
UPDATE statement
SET verdict = $1, looks = $2, look_at = $3, written_at = $4, written_by = 'RecordLook'
WHERE peer = $5 AND day = $6 AND side = 'peer'",
    )
    .bind(verdict.as_str())
    .bind(looks)
    .bind(look_at.map(Timestamp::as_microsecond))
    .bind(at.as_microsecond())
    .bind(peer.to_string())
    .bind(day.to_string())
    .execute(tx.conn())
    .await?;
    crate::db::rows::exactly(recorded.rows_affected(), 1)?;
    if looks == 0 {
        tasks::settle(tx, DIFFERS, &subject, "it_agrees").await?;
    } else if looks == TELL_AT {
        let task = NewTask {
            kind: DIFFERS,
            subject,
            desk,
            data: format!("what the other side states and what is here was compared twice: {verdict}"),
        };
        tasks::raise(tx, task).await?;
    }
    Ok(())
}

async fn looks(tx: &mut Tx, peer: &OrganisationNumber, day: Date) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "-- statements::looks
SELECT looks
FROM statement
WHERE peer = $1 AND day = $2 AND side = 'peer'",
    )
    .bind(peer.to_string())
    .bind(day.to_string())
    .fetch_optional(tx.conn())
    .await?
    .ok_or(StoreError::Missing)?;
    Ok(row.try_get("looks")?)
}
