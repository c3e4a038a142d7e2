//! Who may call the local interface: digests of tokens and client certificates, each bound to a role.

use framme_shared::{
    db::StoreError,
    domain::{digest::Digest, ids::CredentialId, staff_id::StaffId},
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::columns::Reader;
use crate::grpc::authorisation::Role;

/// A credential, without the secret.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Which.
    pub credential: CredentialId,
    /// token or certificate.
    pub kind: String,
    /// What it allows.
    pub role: Role,
    /// The person or program it belongs to.
    pub holder: StaffId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From when it is not valid any more.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

/// A credential to store.
#[derive(Clone)]
pub struct NewCredential {
    /// Which.
    pub credential: CredentialId,
    /// token or certificate.
    pub kind: &'static str,
    /// SHA-256 of the token or of the certificate.
    pub secret_sha256: Digest,
    /// What it allows.
    pub role: Role,
    /// The person or program it belongs to.
    pub holder: StaffId,
    /// From when it is not valid any more.
    pub expires_at: Timestamp,
}

/// Stores a new credential.
pub async fn insert(conn: &mut AnyConnection, new: &NewCredential, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- credential::insert
INSERT INTO credential (credential_id, kind, secret_sha256, role, holder, issued_at, expires_at, revoked_at,
    written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $6, 'IssueCredential')",
    )
    .bind(new.credential.to_string())
    .bind(new.kind)
    .bind(new.secret_sha256.as_bytes().to_vec())
    .bind(new.role.as_str())
    .bind(new.holder.to_string())
    .bind(at.as_microsecond())
    .bind(new.expires_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a credential. `false` when there is no valid one with this id.
pub async fn revoke(conn: &mut AnyConnection, credential: &CredentialId, at: Timestamp) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- credential::revoke
UPDATE credential
SET revoked_at = $1, written_at = $1, written_by = 'RevokeCredential'
WHERE credential_id = $2 AND revoked_at IS NULL",
    )
    .bind(at.as_microsecond())
    .bind(credential.to_string())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The credential with this secret that is valid now.
pub async fn valid(pool: &AnyPool, secret_sha256: &Digest, now: Timestamp) -> Result<Option<Credential>, StoreError> {
    let row = sqlx::query(
        "-- credential::valid
SELECT credential_id, kind, role, holder, issued_at, expires_at, revoked_at
FROM credential
WHERE secret_sha256 = $1 AND revoked_at IS NULL AND expires_at > $2",
    )
    .bind(secret_sha256.as_bytes().to_vec())
    .bind(now.as_microsecond())
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(read).transpose()
}

/// All credentials, oldest first, at most 1,000.
pub async fn list(pool: &AnyPool) -> Result<Vec<Credential>, StoreError> {
    let rows = sqlx::query(
        "-- credential::list
SELECT credential_id, kind, role, holder, issued_at, expires_at, revoked_at
FROM credential
ORDER BY issued_at, credential_id
LIMIT 1000",
    )
    .fetch_all(pool)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &sqlx::any::AnyRow) -> Result<Credential, StoreError> {
    let reader = Reader::new(row, "credential", "credential_id");
    Ok(Credential {
        credential: reader.parsed("credential_id")?,
        kind: reader.text("kind")?,
        role: reader.word("role", Role::parse)?,
        holder: reader.parsed("holder")?,
        issued_at: reader.time("issued_at")?,
        expires_at: reader.time("expires_at")?,
        revoked_at: reader.time_or_null("revoked_at")?,
    })
}
