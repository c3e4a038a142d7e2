//! Table `credential`: what callers of the local API prove themselves with.

use framme_shared::{
    db::{StoreError, exactly_one},
    domain::{digest::Digest, ids::CredentialId, staff_id::StaffId},
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor, any::AnyRow};

use super::{columns::Columns, staff::access_of};
use crate::staff::Access;

/// Whose a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// A person of the staff register.
    Person,
    /// A case system.
    CaseSystem,
}

impl CredentialKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Person, Self::CaseSystem];

    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::CaseSystem => "case_system",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a credential is recognised by; the secret itself is never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// SHA-256 of a token.
    Token(Digest),
    /// SHA-256 of a client certificate.
    Certificate(Digest),
}

/// A credential that is about to be stored.
#[derive(Debug)]
pub struct NewCredential {
    /// For revoking.
    pub id: CredentialId,
    /// Whose it is.
    pub kind: CredentialKind,
    /// Staff id, or name of the program.
    pub holder: StaffId,
    /// What it is recognised by.
    pub proof: Proof,
    /// From when it is not valid any more.
    pub expires_at: Timestamp,
    /// Who issued it.
    pub created_by: String,
}

/// A stored credential.
#[derive(Debug)]
pub struct Credential {
    /// For revoking.
    pub id: CredentialId,
    /// Whose it is.
    pub kind: CredentialKind,
    /// Staff id, or name of the program.
    pub holder: StaffId,
    /// From when it is not valid any more.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
    /// The register's entry of the holder, if it is a person who has one.
    pub access: Option<Access>,
}

/// Stores a credential.
pub async fn insert(connection: &mut AnyConnection, new: &NewCredential, at: Timestamp) -> Result<(), StoreError> {
    let (token, certificate) = match &new.proof {
        Proof::Token(digest) => (Some(digest.as_bytes().to_vec()), None),
        Proof::Certificate(digest) => (None, Some(digest.as_bytes().to_vec())),
    };
    exactly_one(
        sqlx::query(
            "-- credential::insert
            INSERT INTO credential
                (credential_id, kind, holder, token_sha256, certificate_sha256, expires_at, revoked_at, created_by,
                 created_at, written_at, written_by)
            VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $8, $8, 'issue_credential')",
        )
        .bind(new.id.to_string())
        .bind(new.kind.as_str())
        .bind(new.holder.as_str())
        .bind(token)
        .bind(certificate)
        .bind(new.expires_at.as_microsecond())
        .bind(new.created_by.as_str())
        .bind(at.as_microsecond())
        .execute(connection),
    )
    .await
}

/// The credential that this proof belongs to, with the register's entry of its holder: one statement per call of the
/// local API.
pub async fn by_proof<'e>(
    executor: impl Executor<'e, Database = Any>,
    proof: &Proof,
) -> Result<Option<Credential>, StoreError> {
    let (query, digest) = match proof {
        Proof::Token(digest) => (
            "-- credential::by_token
            SELECT c.credential_id, c.kind, c.holder, c.expires_at, c.revoked_at,
                   s.staff_id, s.roles, s.areas, s.active
            FROM credential c
            LEFT JOIN staff s ON c.kind = 'person' AND s.staff_id = c.holder
            WHERE c.token_sha256 = $1",
            digest,
        ),
        Proof::Certificate(digest) => (
            "-- credential::by_certificate
            SELECT c.credential_id, c.kind, c.holder, c.expires_at, c.revoked_at,
                   s.staff_id, s.roles, s.areas, s.active
            FROM credential c
            LEFT JOIN staff s ON c.kind = 'person' AND s.staff_id = c.holder
            WHERE c.certificate_sha256 = $1",
            digest,
        ),
    };
    let row = sqlx::query(query)
        .bind(digest.as_bytes().as_slice())
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Ends a credential; `false` when there is none with this id. Ending it again changes nothing.
pub async fn revoke(connection: &mut AnyConnection, id: &CredentialId, at: Timestamp) -> Result<bool, StoreError> {
    let revoked = sqlx::query(
        "-- credential::revoke
        UPDATE credential
        SET revoked_at = COALESCE(revoked_at, $1), written_at = $1, written_by = 'revoke_credential'
        WHERE credential_id = $2",
    )
    .bind(at.as_microsecond())
    .bind(id.to_string())
    .execute(connection)
    .await?;
    Ok(revoked.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<Credential, StoreError> {
    let columns = Columns::keyed(row, "credential", "credential_id")?;
    Ok(Credential {
        id: columns.parsed("credential_id")?,
        kind: CredentialKind::parse(&columns.text("kind")?).ok_or_else(|| columns.corrupt("kind"))?,
        holder: columns.parsed("holder")?,
        expires_at: columns.time("expires_at")?,
        revoked_at: columns.opt_time("revoked_at")?,
        access: access_of(row, ["staff_id", "roles", "areas", "active"])?,
    })
}
