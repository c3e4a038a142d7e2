//! The protected header of a signed text.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Algorithm, JwsError, Kind};
use crate::domain::digest::Digest;

const CONTENT_TYPE: &str = "json";
/// The certificate of the signer and those between it and the root.
pub(super) const MOST_CERTIFICATES: usize = 6;

/// The members that signed texts use, in the order in which they are written. Others are passed over, as RFC 7515
/// (section 4) wants it, unless `crit` names them.
#[derive(Serialize, Deserialize)]
struct Members {
    alg: String,
    typ: String,
    cty: String,
    #[serde(rename = "x5t#S256")]
    thumbprint: Digest,
    x5c: Vec<String>,
    iat: i64,
    #[serde(default, skip_serializing, deserialize_with = "present")]
    crit: Option<serde_json::Value>,
    /// RFC 7797; only `crit` could bring it into force, so it has no business here.
    #[serde(default, skip_serializing, deserialize_with = "present")]
    b64: Option<serde_json::Value>,
}

/// A header that can be that of a signed text. Nothing about it is proven yet.
pub(super) struct Header {
    /// As claimed; compared with the key's.
    pub(super) algorithm: String,
    /// SHA-256 of the first certificate, which was compared.
    pub(super) leaf_digest: Digest,
    /// The signer's certificate first; at least one.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// Seconds since 1970, as claimed.
    pub(super) signed_second: i64,
}

impl Header {
    /// Reads the first part of a compact serialisation.
    pub(super) fn read(encoded: &str, kind: Kind) -> Result<Self, JwsError> {
        let json = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| JwsError::Malformed)?;
        let members: Members = serde_json::from_slice(&json).map_err(|_| JwsError::Malformed)?;
        if members.crit.is_some() || members.b64.is_some() {
            return Err(JwsError::UnknownCritical);
        }
        if members.typ != kind.as_str() || members.cty != CONTENT_TYPE {
            return Err(JwsError::WrongType);
        }
        if members.x5c.is_empty() || members.x5c.len() > MOST_CERTIFICATES {
            return Err(JwsError::Malformed);
        }
        let certificates = members
            .x5c
            .iter()
            .map(|certificate| STANDARD.decode(certificate).map(CertificateDer::from));
        let certificates: Vec<_> = certificates
            .collect::<Result<_, _>>()
            .map_err(|_| JwsError::Malformed)?;
        if Digest::of(&certificates[0]) != members.thumbprint {
            return Err(JwsError::CertificateMismatch);
        }
        Ok(Self {
            algorithm: members.alg,
            leaf_digest: members.thumbprint,
            certificates,
            signed_second: members.iat,
        })
    }
}

/// The header of a signer: the same for all its texts of a kind but for the time.
pub(super) struct HeaderTemplate {
    before_time: String,
}

impl HeaderTemplate {
    pub(super) fn new(kind: Kind, algorithm: Algorithm, certificates: &[CertificateDer<'_>]) -> Self {
        let members = Members {
            alg: algorithm.to_string(),
            typ: kind.to_string(),
            cty: CONTENT_TYPE.to_owned(),
            thumbprint: Digest::of(&certificates[0]),
            x5c: certificates
                .iter()
                .map(|certificate| STANDARD.encode(certificate))
                .collect(),
            iat: 0,
            crit: None,
            b64: None,
        };
        let json = serde_json::to_string(&members).expect("strings, digests and numbers always serialise");
        let before_time = json.strip_suffix("0}").expect("the time is the last member").to_owned();
        Self { before_time }
    }

    /// The first part of a compact serialisation.
    pub(super) fn encoded(&self, signed_second: i64) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}{signed_second}}}", self.before_time))
    }
}

/// A member that is there has a value: `null` is not a way to leave it out.
pub(in crate::domain) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
