//! What a caller of a local listener proves itself with. Whose it is, the service's credential table says.

use http::Extensions;
use tonic::metadata::MetadataMap;

use super::identity::PeerCertificate;
use crate::domain::digest::Digest;

/// A longer token is none of ours.
const MAX_TOKEN_BYTES: usize = 512;

/// A credential as presented: only its digest, which is what the table holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Presented {
    /// SHA-256 of the token in `authorization: Bearer …`.
    Token(Digest),
    /// SHA-256 of the client certificate's DER.
    Certificate(Digest),
    /// Nothing, or an authorization header that cannot be used.
    None,
}

impl Presented {
    /// Reads a request's metadata and extensions. A token goes before a certificate, so that a person can be told
    /// from the program that carries the call. An authorization header that cannot be used never falls back to the
    /// certificate: somebody meant to prove something else.
    #[must_use]
    pub fn of(metadata: &MetadataMap, extensions: &Extensions) -> Self {
        let mut headers = metadata.get_all("authorization").iter();
        match (headers.next(), headers.next()) {
            (Some(header), None) => header
                .to_str()
                .ok()
                .and_then(bearer)
                .map_or(Self::None, |token| Self::Token(Digest::of(token.as_bytes()))),
            (Some(_), Some(_)) => Self::None,
            (None, _) => extensions
                .get::<PeerCertificate>()
                .map_or(Self::None, |certificate| Self::Certificate(certificate.leaf_sha256)),
        }
    }

    /// The same for a whole request.
    #[must_use]
    pub fn of_request<T>(request: &tonic::Request<T>) -> Self {
        Self::of(request.metadata(), request.extensions())
    }
}

/// Whether two digests are equal, in a time that does not tell where they differ.
#[must_use]
pub fn same_digest(one: &Digest, other: &Digest) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim_matches(' ');
    let usable = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= MAX_TOKEN_BYTES;
    usable.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presented(headers: &[&str], certificate: Option<Digest>) -> Presented {
        let mut metadata = MetadataMap::new();
        for header in headers {
            metadata.append("authorization", header.parse().unwrap());
        }
        let mut extensions = Extensions::new();
        if let Some(leaf_sha256) = certificate {
            extensions.insert(PeerCertificate { leaf_sha256 });
        }
        Presented::of(&metadata, &extensions)
    }

    #[test]
    fn a_token_is_known_by_its_digest() {
        let expected = Presented::Token(Digest::of(b"secret"));
        assert_eq!(presented(&["Bearer secret"], None), expected);
        assert_eq!(presented(&["bearer  secret "], None), expected);
    }

    #[test]
    fn a_token_goes_before_a_certificate() {
        let certificate = Digest::of(b"certificate");
        assert_eq!(presented(&[], Some(certificate)), Presented::Certificate(certificate));
        let both = presented(&["Bearer secret"], Some(certificate));
        assert_eq!(both, Presented::Token(Digest::of(b"secret")));
    }

    #[test]
    fn an_unusable_header_proves_nothing_even_beside_a_certificate() {
        let certificate = Some(Digest::of(b"certificate"));
        let long = format!("Bearer {}", "x".repeat(MAX_TOKEN_BYTES + 1));
        for header in ["Basic c2VjcmV0", "Bearer", "Bearer ", "secret", long.as_str()] {
            assert_eq!(presented(&[header], certificate), Presented::None, "{header}");
        }
        assert_eq!(presented(&["Bearer a", "Bearer b"], certificate), Presented::None);
        assert_eq!(presented(&[], None), Presented::None);
    }

    #[test]
    fn digests_are_compared_whole() {
        assert!(same_digest(&Digest::of(b"a"), &Digest::of(b"a")));
        assert!(!same_digest(&Digest::of(b"a"), &Digest::of(b"b")));
    }
}
