//! Signs receipts with the enterprise certificate of now.

use std::{path::PathBuf, sync::Arc};

use framme_shared::{
    domain::{
        organisation::OrganisationNumber,
        receipt::{ReceiptClaims, SignError, SignedReceipt, Software},
        staff_id::StaffId,
    },
    runtime::signing::{Signing, SigningError},
};

/// Makes receipts in the name of this organisation.
pub struct Notary {
    signing: Arc<Signing>,
    /// What every receipt says about the program that made it.
    pub software: Software,
    /// The program as the one who states what no person does.
    pub program: StaffId,
}

impl Notary {
    /// Reads certificate and key; the certificate must be of `organisation`.
    ///
    /// # Errors
    /// See [`SigningError`].
    pub fn load(certificate: PathBuf, key: PathBuf, organisation: OrganisationNumber) -> Result<Self, SigningError> {
        Ok(Self {
            signing: Arc::new(Signing::load(certificate, key, organisation)?),
            software: Software {
                name: "framme-receiver".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            program: StaffId::parse("framme-receiver").expect("it is of the form of a staff id"),
        })
    }

    /// In whose name receipts are made.
    #[must_use]
    pub fn organisation(&self) -> OrganisationNumber {
        self.signing.organisation()
    }

    /// Signs every text of this organisation, receipts among them.
    #[must_use]
    pub const fn signing(&self) -> &Arc<Signing> {
        &self.signing
    }

    /// Signs.
    ///
    /// # Errors
    /// When the claims break a rule of receipts, or the library fails.
    pub fn sign(&self, claims: &ReceiptClaims) -> Result<SignedReceipt, SignError> {
        SignedReceipt::sign(&self.signing.signer(), claims)
    }
}
