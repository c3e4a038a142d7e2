//! Requests about letters that may come again: the first answer is given again.

use framme_shared::{
    db::{StoreError, Tx, sealing::DataKey},
    domain::{
        digest::Digest,
        ids::{ReportId, RequestId},
    },
};

use crate::{
    store::request::{self, NewRequest},
    submission::sealed,
};

/// A request of a person of the desk about a letter.
pub struct Asked {
    /// The same in every repetition.
    pub request: RequestId,
    /// The report whose letter it is.
    pub report: ReportId,
    /// SHA-256 of the request as it came.
    pub request_sha256: Digest,
    /// The report's key.
    pub key: DataKey,
    /// The role-scoped id of the person.
    pub by: String,
}

/// A request that came before.
pub enum Replayed {
    /// The serialised first answer.
    Answer(Vec<u8>),
    /// It was another request.
    ContentDiffers,
}

impl Asked {
    /// The answer that the first request with this id got, or that it was another request.
    pub(super) async fn replay(&self, tx: &mut Tx) -> Result<Option<Replayed>, StoreError> {
        let Some(first) = request::first(tx.conn(), &self.request).await? else {
            return Ok(None);
        };
        // What was kept of another report's request is sealed with another key.
        if first.report != self.report {
            return Ok(Some(Replayed::ContentDiffers));
        }
        let is_same = sealed::is_fingerprint(&self.key, &self.request, &first.fingerprint, &self.request_sha256);
        let is_same = is_same.map_err(|_| StoreError::Corrupt {
            table: "request",
            column: "fingerprint",
            row: self.request.to_string(),
        })?;
        Ok(Some(if is_same {
            Replayed::Answer(first.answer)
        } else {
            Replayed::ContentDiffers
        }))
    }

    /// Keeps the first answer.
    pub(super) async fn keep(&self, tx: &mut Tx, kind: &'static str, answer: &[u8]) -> Result<(), StoreError> {
        let at = tx.at();
        let new = NewRequest {
            request: &self.request,
            report: &self.report,
            kind,
            closing_kind: None,
            fingerprint: &sealed::seal_fingerprint(&self.key, &self.request, &self.request_sha256),
            sealed_reason: &sealed::seal_reason(&self.key, &self.request, ""),
            requested_by: &self.by,
            answer: answer.to_vec(),
        };
        request::insert(tx.conn(), new, at).await
    }
}
