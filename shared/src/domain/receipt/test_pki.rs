//! Certificates, claims and forged receipts for the tests of this folder.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PSS_SHA256, RsaKeyPair},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use serde_json::{Value, json};

use super::*;
use crate::domain::jws::{InvalidSigner, TrustedIssuers};
use crate::domain::{
    digest::Digest,
    ids::{ChildId, ReportId, TransmissionId},
    organisation::OrganisationNumber,
    staff_id::StaffId,
    staff_role::{StaffReference, StaffRole},
};

pub(super) const SENDER: &str = "974761076";
pub(super) const RECEIVER: &str = "123456785";
pub(super) const OTHER: &str = "982531950";

pub(super) fn organisation(number: &str) -> OrganisationNumber {
    OrganisationNumber::parse(number).unwrap()
}

pub(super) fn pair() -> Pair {
    Pair {
        sender: organisation(SENDER),
        receiver: organisation(RECEIVER),
    }
}

/// When the receipts of the tests are made; certificates are valid in 2026 unless a test says otherwise.
pub(super) fn signed_at() -> Timestamp {
    "2026-03-01T10:15:30.123456Z".parse().unwrap()
}

pub(super) fn caseworker() -> StaffReference {
    StaffReference {
        role: StaffRole::Caseworker,
        staff: StaffId::parse("caseworker-7").unwrap(),
    }
}

pub(super) fn leader() -> StaffReference {
    StaffReference {
        role: StaffRole::IntakeLeader,
        staff: StaffId::parse("leader-1").unwrap(),
    }
}

pub(super) fn child() -> ChildId {
    ChildId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b22").unwrap()
}

/// The first receipt of the pair: a child is assigned by a person.
pub(super) fn claims() -> ReceiptClaims {
    ReceiptClaims {
        pair: pair(),
        sequence: 1,
        previous: Digest::ZERO,
        time: signed_at(),
        transmission: TransmissionId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap(),
        report: ReportId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b21").unwrap(),
        child: Some(child()),
        digest: Digest::of(b"content"),
        stated_by: StatedBy::Person(leader()),
        statement: Statement::Assigned(caseworker()),
        software: Software {
            name: "framme-receiver".to_owned(),
            version: "0.1.0".to_owned(),
        },
    }
}

/// A root of trust with one intermediate issuer, and what it issues.
pub(super) struct TestPki {
    root: CertifiedIssuer<'static, KeyPair>,
    between: CertifiedIssuer<'static, KeyPair>,
}

impl TestPki {
    pub(super) fn new() -> Self {
        let root = CertifiedIssuer::self_signed(authority("Root"), KeyPair::generate().unwrap()).unwrap();
        let between = CertifiedIssuer::signed_by(authority("Issuer"), KeyPair::generate().unwrap(), &root).unwrap();
        Self { root, between }
    }

    pub(super) fn trust(&self) -> TrustedIssuers {
        TrustedIssuers::new(&[self.root.der().clone()], &[]).unwrap()
    }

    pub(super) fn verifier(&self) -> ReceiptVerifier {
        ReceiptVerifier::new(self.trust())
    }

    /// Trust with lists of both issuers that hold these serial numbers and are good until the end of `until_month`.
    pub(super) fn trust_with_lists(&self, revoked: &[u64], until_month: u8) -> TrustedIssuers {
        let lists: Vec<CertificateRevocationListDer<'static>> = [(&self.root, &[][..]), (&self.between, revoked)]
            .into_iter()
            .map(|(issuer, serials)| {
                revocation_list(serials, until_month)
                    .signed_by(issuer)
                    .unwrap()
                    .der()
                    .clone()
            })
            .collect();
        TrustedIssuers::new(&[self.root.der().clone()], &lists).unwrap()
    }

    pub(super) fn p256(&self, organisation: &str) -> TestSigner {
        self.issue(enterprise(organisation), KeyPair::generate().unwrap())
    }

    pub(super) fn rsa(&self, organisation: &str) -> TestSigner {
        self.issue(
            enterprise(organisation),
            KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap(),
        )
    }

    pub(super) fn issue(&self, params: CertificateParams, key: KeyPair) -> TestSigner {
        let leaf = params.signed_by(&key, &self.between).unwrap();
        TestSigner {
            certificates: vec![leaf.der().clone(), self.between.der().clone()],
            key,
        }
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub(super) fn enterprise(organisation: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Example service");
    params
        .distinguished_name
        .push(DnType::from_oid(&[2, 5, 4, 97]), format!("NTRNO-{organisation}"));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.serial_number = Some(SerialNumber::from(77));
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 12, 31);
    params
}

fn revocation_list(serials: &[u64], until_month: u8) -> CertificateRevocationListParams {
    let revoked = |serial: &u64| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(2026, 2, 1),
        reason_code: None,
        invalidity_date: None,
    };
    CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 1, 1),
        next_update: date_time_ymd(2026, until_month, 28),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: serials.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    }
}

/// A certificate with its key: signs receipts, and forges them.
pub(super) struct TestSigner {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) key: KeyPair,
}

impl TestSigner {
    pub(super) fn signer(&self) -> Result<ReceiptSigner, InvalidSigner> {
        ReceiptSigner::new(&self.certificates, &self.key_der())
    }

    pub(super) fn sign(&self, claims: &ReceiptClaims) -> SignedReceipt {
        self.signer().unwrap().sign(claims).unwrap()
    }

    pub(super) fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.serialized_der().to_vec()).unwrap()
    }

    /// The header as this signer would write it, to be altered.
    pub(super) fn header(&self, algorithm: &str) -> Value {
        json!({
            "alg": algorithm,
            "typ": "framme-receipt+jws",
            "cty": "json",
            "x5t#S256": Digest::of(&self.certificates[0]).to_string(),
            "x5c": self.certificates.iter().map(|der| STANDARD.encode(der)).collect::<Vec<_>>(),
            "iat": signed_at().as_second(),
        })
    }

    /// A well-made signature over any header and payload.
    pub(super) fn forge(&self, header: &[u8], payload: &[u8]) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = self.signature(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let der = self.key.serialized_der();
        if let Ok(key) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            return key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec();
        }
        let key = RsaKeyPair::from_pkcs8(der).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature)
            .unwrap();
        signature
    }
}

/// The payload of a receipt, as JSON.
pub(super) fn payload_of(receipt: &SignedReceipt) -> Value {
    let part = receipt.as_str().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
