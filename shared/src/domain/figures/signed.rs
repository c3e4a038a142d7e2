//! From a file to figures that are believed.

use jiff::{SignedDuration, Timestamp};

use super::{Figures, InvalidFigures};
use crate::domain::{
    digest::Digest,
    jws::{JwsError, JwsVerifier, Kind},
};

/// How far a signer's clock may be ahead of ours, as for receipts.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Figures whose signature holds and whose numbers agree with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedFigures {
    figures: Figures,
    sha256: Digest,
}

/// A file that is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FiguresError {
    /// The signature, or what it rests on.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// What was signed.
    #[error(transparent)]
    Figures(#[from] InvalidFigures),
    /// The figures name another organisation than the one that signed them.
    #[error("they are signed by another organisation than the one that they name")]
    WrongSigner,
    /// The header states another time than the figures do.
    #[error("the time of the signature is not the time that the figures state")]
    TimeMismatch,
    /// Made in the future.
    #[error("they are from the future")]
    Future,
}

impl SignedFigures {
    /// Verifies a file at the time `at`. White space at its end is not part of it.
    ///
    /// # Errors
    /// [`FiguresError`]; nothing of the file may be believed then.
    pub fn verify(verifier: &JwsVerifier, file: &str, at: Timestamp) -> Result<Self, FiguresError> {
        let verified = verifier.verify(file.trim_end(), Kind::Figures, None, at)?;
        let figures = Figures::from_payload(&verified.payload)?;
        if figures.sender != verified.signer {
            return Err(FiguresError::WrongSigner);
        }
        if figures.time.as_second() != verified.second {
            return Err(FiguresError::TimeMismatch);
        }
        if figures.time > at + MOST_AHEAD {
            return Err(FiguresError::Future);
        }
        Ok(Self {
            figures,
            sha256: verified.sha256,
        })
    }

    /// The figures.
    #[must_use]
    pub const fn figures(&self) -> &Figures {
        &self.figures
    }

    /// The figures alone.
    #[must_use]
    pub fn into_figures(self) -> Figures {
        self.figures
    }

    /// SHA-256 of the signed text.
    #[must_use]
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }
}
