//! Tables `letter_code` and `announced_letter`: codes that people typed in, and letters that senders have told of.

use framme_shared::{
    db::{StoreError, rows::exactly_one},
    domain::{
        digest::Digest,
        ids::{LetterId, TransmissionId},
        letter::Announced,
        organisation::OrganisationNumber,
        staff_id::StaffId,
        staff_role::{StaffReference, StaffRole},
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use super::columns::Columns;

/// When a code was typed in, and by whom.
#[derive(Debug, Clone)]
pub struct TypedIn {
    /// When first.
    pub at: Timestamp,
    /// By whom.
    pub by: StaffReference,
}

/// Who typed in this code first.
pub async fn typed_in(connection: &mut AnyConnection, code: &Digest) -> Result<Option<TypedIn>, StoreError> {
    let row = sqlx::query(
        "-- letter::typed_in
        SELECT confirmed_at, role, staff
        FROM letter_code
        WHERE code_sha256 = $1",
    )
    .bind(code.as_bytes().to_vec())
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let columns = Columns::of(&row, "letter_code", code.hex());
        Ok(TypedIn {
            at: columns.time("confirmed_at")?,
            by: StaffReference {
                role: StaffRole::parse(&columns.text("role")?).map_err(|_| columns.corrupt("role"))?,
                staff: columns.parsed("staff")?,
            },
        })
    })
    .transpose()
}

/// Keeps a code that nobody typed in before.
pub async fn insert_code(connection: &mut AnyConnection, code: &Digest, typed: &TypedIn) -> Result<(), StoreError> {
    sqlx::query(
        "-- letter::insert_code
        INSERT INTO letter_code (code_sha256, confirmed_at, role, staff)
        VALUES ($1, $2, $3, $4)",
    )
    .bind(code.as_bytes().to_vec())
    .bind(typed.at.as_microsecond())
    .bind(typed.by.role.as_str())
    .bind(typed.by.staff.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// How many codes this person has typed in since then that no sender has told of.
pub async fn unknown_codes(
    connection: &mut AnyConnection,
    staff: &StaffId,
    since: Timestamp,
) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "-- letter::unknown_codes
        SELECT COUNT(*) AS codes
        FROM letter_code
        WHERE staff = $1 AND confirmed_at > $2 AND NOT EXISTS (
            SELECT 1 FROM announced_letter WHERE announced_letter.code_sha256 = letter_code.code_sha256)",
    )
    .bind(staff.to_string())
    .bind(since.as_microsecond())
    .fetch_one(connection)
    .await?;
    Columns::of(&row, "letter_code", staff.to_string()).count("codes")
}

/// Whether a sender has told of a letter with this code.
pub async fn is_announced(connection: &mut AnyConnection, code: &Digest) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- letter::is_announced
        SELECT letter_id
        FROM announced_letter
        WHERE code_sha256 = $1
        LIMIT 1",
    )
    .bind(code.as_bytes().to_vec())
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// A letter as its sender tells of it.
#[derive(Debug, Clone, Copy)]
pub struct NewLetter {
    /// Which, of what, with which code.
    pub letter: Announced,
    /// When it was ordered, as the sender says.
    pub ordered_at: Timestamp,
    /// When it was posted, as the sender says.
    pub posted_at: Timestamp,
}

/// A letter that was told of.
#[derive(Debug, Clone)]
pub struct Known {
    /// As it was told of first.
    pub letter: Announced,
    /// What was signed about it.
    pub confirmation: Option<String>,
}

/// What this sender has told of a letter.
pub async fn announced(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    letter: &LetterId,
) -> Result<Option<Known>, StoreError> {
    let row = sqlx::query(
        "-- letter::announced
        SELECT letter_id, sent_id, code_sha256, confirmation
        FROM announced_letter
        WHERE sender = $1 AND letter_id = $2",
    )
    .bind(sender.to_string())
    .bind(letter.to_string())
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let columns = Columns::keyed(&row, "announced_letter", "letter_id")?;
        Ok(Known {
            letter: Announced {
                letter: columns.parsed("letter_id")?,
                transmission: columns.parsed("sent_id")?,
                code_sha256: columns.digest("code_sha256")?,
            },
            confirmation: row.try_get("confirmation")?,
        })
    })
    .transpose()
}

/// Keeps what a sender tells of for the first time.
pub async fn insert_announced(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    new: &NewLetter,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- letter::insert_announced
        INSERT INTO announced_letter
            (sender, letter_id, sent_id, code_sha256, ordered_at, posted_at, announced_at, confirmation, signed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL)",
    )
    .bind(sender.to_string())
    .bind(new.letter.letter.to_string())
    .bind(new.letter.transmission.to_string())
    .bind(new.letter.code_sha256.as_bytes().to_vec())
    .bind(new.ordered_at.as_microsecond())
    .bind(new.posted_at.as_microsecond())
    .bind(at.as_microsecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps what was signed about a letter. It is signed once.
pub async fn confirm(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    letter: &LetterId,
    confirmation: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- letter::confirm
            UPDATE announced_letter
            SET confirmation = $1, signed_at = $2
            WHERE sender = $3 AND letter_id = $4 AND confirmation IS NULL",
        )
        .bind(confirmation.to_owned())
        .bind(at.as_microsecond())
        .bind(sender.to_string())
        .bind(letter.to_string())
        .execute(connection),
    )
    .await
}

/// Whether this sender's transmission is here.
pub async fn is_held(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
    sent_id: &TransmissionId,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- letter::is_held
        SELECT transmission_id
        FROM transmission
        WHERE sender = $1 AND sent_id = $2",
    )
    .bind(sender.to_string())
    .bind(sent_id.to_string())
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}
