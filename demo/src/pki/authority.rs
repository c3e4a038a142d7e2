//! The root and the issuing authority, and what they sign.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use framme_shared::{
    domain::organisation::OrganisationNumber,
    runtime::random::{OsRandom, Random as _},
};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DistinguishedName, DnType,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams, SerialNumber,
};

use super::{
    PkiError,
    certificate::{Enterprise, Issued, KeyKind, key_pair, params, printable},
    dates::{day, midnight},
};

/// Days that a revocation list is valid.
const LIST_DAYS: i64 = 365;

/// Two authorities: the root, which everybody trusts, and the one it has signed, which issues.
pub struct Pki {
    now: Timestamp,
    root: CertifiedIssuer<'static, KeyPair>,
    issuing: CertifiedIssuer<'static, KeyPair>,
    lists: AtomicU64,
}

/// Holds private keys.
impl fmt::Debug for Pki {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pki").finish_non_exhaustive()
    }
}

impl Pki {
    /// Makes both, valid from the day before `now` for ten years.
    ///
    /// # Errors
    /// See [`PkiError`].
    pub fn new(now: Timestamp) -> Result<Self, PkiError> {
        let root_key = key_pair(KeyKind::EcdsaP256)?;
        let root = CertifiedIssuer::self_signed(authority(now, "Framme test root", 1)?, root_key)?;
        let issuing_key = key_pair(KeyKind::EcdsaP256)?;
        let issuing = CertifiedIssuer::signed_by(authority(now, "Framme test issuing", 0)?, issuing_key, &root)?;
        Ok(Self {
            now,
            root,
            issuing,
            lists: AtomicU64::new(1),
        })
    }

    /// A good enterprise certificate for an organisation, on the fly.
    ///
    /// # Errors
    /// See [`PkiError`].
    pub fn enterprise(&self, organisation: OrganisationNumber) -> Result<Issued, PkiError> {
        self.issue(&Enterprise::new(format!("Organisation {organisation}"), organisation))
    }

    /// Any certificate, good or not.
    ///
    /// # Errors
    /// See [`PkiError`].
    pub fn issue(&self, request: &Enterprise) -> Result<Issued, PkiError> {
        let mut params = params(request)?;
        params.not_before = midnight!(day(self.now, request.validity.from_day)?);
        params.not_after = midnight!(day(self.now, request.validity.to_day)?);
        let serial = serial();
        params.serial_number = Some(serial.clone());
        let key = key_pair(request.key)?;
        let leaf = params.signed_by(&key, &self.issuing)?;
        Ok(Issued {
            chain_pem: format!("{}{}", leaf.pem(), self.issuing.pem()),
            key_pem: key.serialize_pem(),
            leaf_der: leaf.der().to_vec(),
            serial,
        })
    }

    /// The root, PEM: what peers trust.
    #[must_use]
    pub fn trust_pem(&self) -> String {
        self.root.pem()
    }

    /// The revocation lists of both authorities, PEM, with these certificates revoked. Each call gives newer lists.
    ///
    /// # Errors
    /// See [`PkiError`].
    pub fn crls_pem(&self, revoked: &[&Issued]) -> Result<String, PkiError> {
        Ok(format!(
            "{}{}",
            self.list(&self.root, &[])?,
            self.list(&self.issuing, revoked)?
        ))
    }

    fn list(&self, issuer: &Issuer<'static, KeyPair>, revoked: &[&Issued]) -> Result<String, PkiError> {
        let revoked_certs = revoked
            .iter()
            .map(|issued| {
                Ok(RevokedCertParams {
                    serial_number: issued.serial.clone(),
                    revocation_time: midnight!(day(self.now, 0)?),
                    reason_code: Some(RevocationReason::KeyCompromise),
                    invalidity_date: None,
                })
            })
            .collect::<Result<_, PkiError>>()?;
        let list = CertificateRevocationListParams {
            this_update: midnight!(day(self.now, -1)?),
            next_update: midnight!(day(self.now, LIST_DAYS)?),
            crl_number: SerialNumber::from(self.lists.fetch_add(1, Ordering::Relaxed)),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(list.signed_by(issuer)?.pem()?)
    }
}

fn authority(now: Timestamp, name: &str, authorities_below: u8) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, printable("NO")?);
    params.distinguished_name.push(DnType::OrganizationName, "Framme tests");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(authorities_below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(serial());
    params.not_before = midnight!(day(now, -1)?);
    params.not_after = midnight!(day(now, 3652)?);
    Ok(params)
}

/// 126 random bits; positive and of full length.
fn serial() -> SerialNumber {
    let mut bytes = [0; 16];
    OsRandom.fill(&mut bytes);
    bytes[0] = bytes[0] & 0x3F | 0x40;
    SerialNumber::from_slice(&bytes)
}

#[cfg(test)]
mod tests {
    use framme_shared::runtime::identity::{IdentityError, organisation_of};

    use super::*;
    use crate::pki::synthetic_organisation;

    fn pki() -> Pki {
        Pki::new("2026-03-01T12:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_certificate_says_whose_it_is() {
        let organisation = synthetic_organisation(3);
        let issued = pki().enterprise(organisation).unwrap();
        assert_eq!(organisation_of(&issued.leaf_der.into()), Ok(organisation));
    }

    #[test]
    fn an_older_certificate_says_it_in_the_serial_number() {
        let organisation = synthetic_organisation(3);
        let issued = pki()
            .issue(&Enterprise {
                organisation: None,
                serial_number: Some(organisation),
                ..Enterprise::new("Old", organisation)
            })
            .unwrap();
        assert_eq!(organisation_of(&issued.leaf_der.into()), Ok(organisation));
    }

    #[test]
    fn fields_can_be_made_to_disagree() {
        let issued = pki()
            .issue(&Enterprise {
                serial_number: Some(synthetic_organisation(2)),
                ..Enterprise::new("Two minds", synthetic_organisation(1))
            })
            .unwrap();
        assert_eq!(organisation_of(&issued.leaf_der.into()), Err(IdentityError::Disagree));
    }

    #[test]
    fn rsa_keys_can_be_made() {
        let issued = pki()
            .issue(&Enterprise {
                key: KeyKind::Rsa3072,
                ..Enterprise::new("RSA", synthetic_organisation(1))
            })
            .unwrap();
        assert!(issued.key_pem.contains("PRIVATE KEY"));
    }
}
