//! The organisation behind an enterprise certificate (virksomhetssertifikat, SEID 2.0).

use x509_parser::{
    certificate::X509Certificate,
    der_parser::{Oid, oid},
    prelude::FromDer,
};

use super::organisation::OrganisationNumber;

/// organizationIdentifier (X.520), where SEID 2.0 puts `NTRNO-` and the organisation number.
static ORGANIZATION_IDENTIFIER: Oid<'static> = oid!(2.5.4.97);
/// serialNumber of the subject (X.520), where older certificates have the bare organisation number.
static SERIAL_NUMBER: Oid<'static> = oid!(2.5.4.5);
/// National trade register of Norway, in the notation of ETSI EN 319 412-1, section 5.1.4.
const NORWEGIAN_TRADE_REGISTER: &str = "NTRNO-";

/// A certificate that tells no organisation, or not one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not an X.509 certificate in DER, or something follows it.
    #[error("not an X.509 certificate")]
    Malformed,
    /// Neither of the two fields is there.
    #[error("the certificate names no organisation number")]
    NoOrganisation,
    /// A field is there, and is not an organisation number in the form that belongs to the field.
    #[error("the certificate names an organisation in a form that is not an organisation number")]
    InvalidOrganisation,
    /// The fields, or several values of one, name different organisations.
    #[error("the certificate names more than one organisation")]
    Disagreement,
}

/// Reads a certificate that must fill `der` exactly.
///
/// # Errors
/// [`CertificateError::Malformed`].
pub fn parse(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(CertificateError::Malformed),
    }
}

/// The organisation number of a certificate in DER: organizationIdentifier first, then the subject's serialNumber.
/// Every value of both fields must name the same organisation. Says nothing about whether the certificate is valid.
///
/// # Errors
/// When the certificate cannot be read, or does not name exactly one organisation.
pub fn organisation_of(der: &[u8]) -> Result<OrganisationNumber, CertificateError> {
    organisation_of_parsed(&parse(der)?)
}

/// As [`organisation_of`], for a certificate that is parsed already.
///
/// # Errors
/// When the certificate does not name exactly one organisation.
pub fn organisation_of_parsed(certificate: &X509Certificate<'_>) -> Result<OrganisationNumber, CertificateError> {
    let identifiers = numbers(certificate, &ORGANIZATION_IDENTIFIER, |value| {
        OrganisationNumber::parse(value.strip_prefix(NORWEGIAN_TRADE_REGISTER)?).ok()
    });
    let serials = numbers(certificate, &SERIAL_NUMBER, |value| {
        OrganisationNumber::parse(value.strip_prefix(NORWEGIAN_TRADE_REGISTER).unwrap_or(value)).ok()
    });
    let mut found = identifiers.chain(serials);
    let first = found.next().ok_or(CertificateError::NoOrganisation)??;
    for other in found {
        if other? != first {
            return Err(CertificateError::Disagreement);
        }
    }
    Ok(first)
}

/// Every value of a subject field, read as an organisation number.
fn numbers<'a>(
    certificate: &'a X509Certificate<'_>,
    field: &'a Oid<'static>,
    read: impl Fn(&str) -> Option<OrganisationNumber> + 'a,
) -> impl Iterator<Item = Result<OrganisationNumber, CertificateError>> + 'a {
    certificate.subject().iter_by_oid(field).map(move |attribute| {
        attribute
            .as_str()
            .ok()
            .and_then(&read)
            .ok_or(CertificateError::InvalidOrganisation)
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    fn certificate(fields: &[(&[u64], &str)]) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Example");
        for (oid, value) in fields {
            params.distinguished_name.push(DnType::from_oid(oid), *value);
        }
        params
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .der()
            .to_vec()
    }

    const IDENTIFIER: &[u64] = &[2, 5, 4, 97];
    const SERIAL: &[u64] = &[2, 5, 4, 5];

    fn read(fields: &[(&[u64], &str)]) -> Result<String, CertificateError> {
        organisation_of(&certificate(fields)).map(|number| number.to_string())
    }

    #[test]
    fn the_organisation_identifier_names_the_organisation() {
        assert_eq!(read(&[(IDENTIFIER, "NTRNO-123456785")]), Ok("123456785".to_owned()));
    }

    #[test]
    fn an_older_certificate_names_it_in_the_serial_number() {
        assert_eq!(read(&[(SERIAL, "123456785")]), Ok("123456785".to_owned()));
    }

    #[test]
    fn fields_that_agree_are_accepted_and_fields_that_disagree_refused() {
        let both = |serial| read(&[(IDENTIFIER, "NTRNO-123456785"), (SERIAL, serial)]);
        assert_eq!(both("123456785"), Ok("123456785".to_owned()));
        assert_eq!(both("974761076"), Err(CertificateError::Disagreement));
        assert_eq!(both("UN:NO-1"), Err(CertificateError::InvalidOrganisation));
    }

    #[test]
    fn a_certificate_without_an_organisation_is_refused() {
        assert_eq!(read(&[]), Err(CertificateError::NoOrganisation));
    }

    #[test]
    fn another_register_another_form_or_a_wrong_check_digit_is_refused() {
        for value in [
            "NTRSE-123456785",
            "123456785",
            "NTRNO-123456786",
            "NTRNO-123456785 ",
            "ntrno-123456785",
        ] {
            assert_eq!(
                read(&[(IDENTIFIER, value)]),
                Err(CertificateError::InvalidOrganisation),
                "{value}"
            );
        }
    }

    #[test]
    fn bytes_after_the_certificate_are_refused() {
        let mut der = certificate(&[(IDENTIFIER, "NTRNO-123456785")]);
        der.push(0);
        assert_eq!(organisation_of(&der), Err(CertificateError::Malformed));
        assert_eq!(organisation_of(b"no certificate"), Err(CertificateError::Malformed));
    }
}
