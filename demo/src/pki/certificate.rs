//! What an enterprise certificate is made from, and what comes out.

use framme_shared::domain::organisation::OrganisationNumber;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize, SerialNumber,
};

use super::PkiError;

/// What an enterprise certificate says.
#[derive(Clone, Debug)]
pub struct Enterprise {
    /// The organisation's name, in the subject as O and CN.
    pub name: String,
    /// In organizationIdentifier (2.5.4.97) as `NTRNO-…`; `None` for an older certificate.
    pub organisation: Option<OrganisationNumber>,
    /// In serialNumber (2.5.4.5), as older certificates have it.
    pub serial_number: Option<OrganisationNumber>,
    /// The kind of key: receipts are signed ES256 or PS256 accordingly.
    pub key: KeyKind,
    /// When it is valid.
    pub validity: Validity,
}

impl Enterprise {
    /// A good one: today's profile, P-256, valid from yesterday for a year.
    #[must_use]
    pub fn new(name: impl Into<String>, organisation: OrganisationNumber) -> Self {
        Self {
            name: name.into(),
            organisation: Some(organisation),
            serial_number: None,
            key: KeyKind::EcdsaP256,
            validity: Validity::GOOD,
        }
    }
}

/// Kinds of keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// ES256.
    EcdsaP256,
    /// PS256, 3072 bits. Takes up to a few seconds to make.
    Rsa3072,
}

/// Days from today, UTC: valid from one midnight to the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    /// First day.
    pub from_day: i64,
    /// The day at whose midnight it ends.
    pub to_day: i64,
}

impl Validity {
    /// Yesterday to next year.
    pub const GOOD: Self = Self {
        from_day: -1,
        to_day: 365,
    };
    /// Ended yesterday.
    pub const EXPIRED: Self = Self {
        from_day: -365,
        to_day: -1,
    };
}

/// A certificate with its key. There is no `Debug`: it would show the key.
#[derive(Clone)]
pub struct Issued {
    /// The leaf and the issuing authority, PEM.
    pub chain_pem: String,
    /// PKCS#8, PEM.
    pub key_pem: String,
    /// The leaf, DER.
    pub leaf_der: Vec<u8>,
    pub(super) serial: SerialNumber,
}

pub(super) fn key_pair(kind: KeyKind) -> Result<KeyPair, PkiError> {
    Ok(match kind {
        KeyKind::EcdsaP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
        KeyKind::Rsa3072 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072)?,
    })
}

/// Everything but validity and serial number of the certificate.
pub(super) fn params(request: &Enterprise) -> Result<CertificateParams, PkiError> {
    // Host names only for clients in other languages on this machine; ours know a server by its organisation number.
    let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()])?;
    params.distinguished_name = subject(request)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn subject(request: &Enterprise) -> Result<DistinguishedName, PkiError> {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, printable("NO")?);
    subject.push(DnType::OrganizationName, request.name.as_str());
    if let Some(number) = request.organisation {
        subject.push(DnType::CustomDnType(vec![2, 5, 4, 97]), format!("NTRNO-{number}"));
    }
    if let Some(number) = request.serial_number {
        subject.push(DnType::CustomDnType(vec![2, 5, 4, 5]), printable(number.as_str())?);
    }
    subject.push(DnType::CommonName, request.name.as_str());
    Ok(subject)
}

pub(super) fn printable(text: &str) -> Result<DnValue, PkiError> {
    Ok(DnValue::PrintableString(text.try_into()?))
}
