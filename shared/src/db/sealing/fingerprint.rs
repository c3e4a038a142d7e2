//! Fingerprints of what must be recognised and not read.

use aws_lc_rs::{hmac, rand};
use zeroize::Zeroizing;

use crate::domain::digest::Digest;

/// Makes fingerprints that are the same for the same value, and from which nobody without the key gets to the value, nor by
/// trying all that it could be. Not printable and not cloneable.
pub struct FingerprintKey(hmac::Key);

impl FingerprintKey {
    /// 32 random bytes for a new key, to be sealed and stored.
    ///
    /// # Panics
    /// When the operating system gives no randomness: nothing may be sealed then.
    #[must_use]
    pub fn random_bytes() -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(bytes.as_mut()).expect("the operating system gives randomness");
        bytes
    }

    /// The key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// HMAC-SHA-256 of the value.
    #[must_use]
    pub fn of(&self, value: &str) -> Digest {
        let tag = hmac::sign(&self.0, value.as_bytes());
        Digest::from_slice(tag.as_ref()).expect("HMAC-SHA-256 gives 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_that_of_value_and_key() {
        let key = FingerprintKey::from_bytes(&[1; 32]);
        assert_eq!(key.of("12345/26"), key.of("12345/26"));
        assert_ne!(key.of("12345/26"), key.of("12345/27"));
        assert_ne!(key.of("12345/26"), FingerprintKey::from_bytes(&[2; 32]).of("12345/26"));
        assert_ne!(*FingerprintKey::random_bytes(), *FingerprintKey::random_bytes());
    }

    /// RFC 4231, test case 2.
    #[test]
    fn it_is_hmac_sha_256() {
        let key = FingerprintKey::from_bytes(b"Jefe");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(key.of("what do ya want for nothing?").hex(), expected);
    }
}
