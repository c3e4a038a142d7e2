//! Who a certificate belongs to: the organisation number in an enterprise certificate (virksomhetssertifikat, SEID 2.0).

use rustls::pki_types::CertificateDer;
use x509_parser::{
    certificate::X509Certificate,
    prelude::FromDer as _,
    x509::{AttributeTypeAndValue, X509Name},
};

use crate::domain::{digest::Digest, organisation::OrganisationNumber};

/// organizationIdentifier, X.520.
const ORGANIZATION_IDENTIFIER: &str = "2.5.4.97";
/// serialNumber of the subject, X.520: where older certificates have the organisation number.
const SERIAL_NUMBER: &str = "2.5.4.5";
/// ETSI EN 319 412-1: the national trade register of Norway.
const REGISTER: &str = "NTRNO-";

/// The organisation at the other end of a mutual TLS connection. In the extensions of every request on an exchange
/// listener.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PeerIdentity {
    /// Taken from the certificate, never from a message.
    pub organisation: OrganisationNumber,
    /// The name of the authority that issued the certificate, as in RFC 4514: `C=NO, O=…, CN=…`.
    pub issuer: String,
    /// SHA-256 of the leaf certificate's DER.
    pub leaf_sha256: Digest,
}

/// The certificate that a caller of a local listener chose to present, whoever it belongs to. In the extensions of
/// its requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PeerCertificate {
    /// SHA-256 of the leaf certificate's DER: what a credential is bound to.
    pub leaf_sha256: Digest,
}

/// A certificate that does not say clearly which organisation it belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdentityError {
    /// Not X.509.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// Neither organizationIdentifier nor serialNumber.
    #[error("the certificate has no organisation number")]
    Missing,
    /// A field that holds something else than a Norwegian organisation number.
    #[error("the certificate's {0} is no Norwegian organisation number")]
    Malformed(&'static str),
    /// Fields that hold different numbers.
    #[error("the certificate's organisation numbers disagree")]
    Disagree,
}

impl PeerIdentity {
    /// Reads a leaf certificate. Whether it is trusted is not asked here.
    ///
    /// # Errors
    /// See [`organisation_of`].
    pub fn of(leaf: &CertificateDer<'_>) -> Result<Self, IdentityError> {
        let certificate = parse(leaf)?;
        Ok(Self {
            organisation: organisation(&certificate)?,
            issuer: certificate.issuer().to_string(),
            leaf_sha256: Digest::of(leaf),
        })
    }
}

/// The organisation number of a leaf certificate: organizationIdentifier (2.5.4.97) as `NTRNO-123456785`, or else
/// serialNumber (2.5.4.5). When both are there, or one of them more than once, all must say the same.
///
/// # Errors
/// [`IdentityError`]: refuse the certificate.
pub fn organisation_of(leaf: &CertificateDer<'_>) -> Result<OrganisationNumber, IdentityError> {
    organisation(&parse(leaf)?)
}

fn parse<'a>(leaf: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, IdentityError> {
    match X509Certificate::from_der(leaf) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) | Err(_) => Err(IdentityError::Unreadable),
    }
}

fn organisation(certificate: &X509Certificate<'_>) -> Result<OrganisationNumber, IdentityError> {
    let subject = certificate.subject();
    let identifiers = attributes(subject, ORGANIZATION_IDENTIFIER).map(|attribute| {
        text(attribute)
            .and_then(|text| text.strip_prefix(REGISTER))
            .and_then(|number| OrganisationNumber::parse(number).ok())
            .ok_or(IdentityError::Malformed("organizationIdentifier"))
    });
    let serial_numbers = attributes(subject, SERIAL_NUMBER).map(|attribute| {
        text(attribute)
            .map(|text| text.strip_prefix(REGISTER).unwrap_or(text))
            .and_then(|number| OrganisationNumber::parse(number).ok())
            .ok_or(IdentityError::Malformed("serialNumber"))
    });
    let mut found = None;
    for number in identifiers.chain(serial_numbers) {
        let number = number?;
        match found {
            Some(before) if before != number => return Err(IdentityError::Disagree),
            _ => found = Some(number),
        }
    }
    found.ok_or(IdentityError::Missing)
}

fn attributes<'a>(name: &'a X509Name<'a>, oid: &'static str) -> impl Iterator<Item = &'a AttributeTypeAndValue<'a>> {
    name.iter_attributes()
        .filter(move |attribute| attribute.attr_type().to_id_string() == oid)
}

fn text<'a>(attribute: &'a AttributeTypeAndValue<'a>) -> Option<&'a str> {
    attribute.as_str().ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    const NUMBER: &str = "123456785";
    const OTHER: &str = "974761076";

    fn certificate(attributes: &[(&[u64], &str)]) -> CertificateDer<'static> {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "a service");
        for (oid, text) in attributes {
            params
                .distinguished_name
                .push(DnType::CustomDnType(oid.to_vec()), *text);
        }
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    fn read(identifier: Option<&str>, serial_number: Option<&str>) -> Result<String, IdentityError> {
        let mut attributes: Vec<(&[u64], &str)> = Vec::new();
        attributes.extend(serial_number.map(|text| ([2, 5, 4, 5].as_slice(), text)));
        attributes.extend(identifier.map(|text| ([2, 5, 4, 97].as_slice(), text)));
        organisation_of(&certificate(&attributes)).map(|number| number.to_string())
    }

    #[test]
    fn the_organization_identifier_is_read() {
        assert_eq!(read(Some("NTRNO-123456785"), None).as_deref(), Ok(NUMBER));
    }

    #[test]
    fn older_certificates_have_it_in_the_serial_number() {
        assert_eq!(read(None, Some(NUMBER)).as_deref(), Ok(NUMBER));
    }

    #[test]
    fn both_fields_may_say_the_same() {
        assert_eq!(read(Some("NTRNO-123456785"), Some(NUMBER)).as_deref(), Ok(NUMBER));
    }

    #[test]
    fn fields_that_disagree_are_refused() {
        assert_eq!(read(Some("NTRNO-123456785"), Some(OTHER)), Err(IdentityError::Disagree));
    }

    #[test]
    fn another_register_or_a_wrong_check_digit_is_refused() {
        for text in [
            "NTRSE-123456785",
            "123456785",
            "NTRNO-123456786",
            "NTRNO-12345678",
            "VATNO-123456785MVA",
        ] {
            let refused = read(Some(text), Some(NUMBER));
            assert_eq!(
                refused,
                Err(IdentityError::Malformed("organizationIdentifier")),
                "{text}"
            );
        }
        assert_eq!(read(None, Some("A-17")), Err(IdentityError::Malformed("serialNumber")));
    }

    #[test]
    fn a_certificate_without_a_number_is_refused() {
        assert_eq!(read(None, None), Err(IdentityError::Missing));
        assert_eq!(
            organisation_of(&CertificateDer::from(vec![0x30, 0])),
            Err(IdentityError::Unreadable)
        );
    }

    #[test]
    fn the_identity_holds_issuer_and_fingerprint() {
        let leaf = certificate(&[(&[2, 5, 4, 97], "NTRNO-123456785")]);
        let identity = PeerIdentity::of(&leaf).unwrap();
        assert_eq!(identity.leaf_sha256, Digest::of(&leaf));
        assert!(identity.issuer.contains("CN=a service"), "{}", identity.issuer);
    }
}
