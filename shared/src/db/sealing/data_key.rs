//! The key of one report.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};

use super::{Place, SealError};

/// First byte of everything sealed: which layout follows.
const LAYOUT: u8 = 1;

const TAG_LEN: usize = 16;

/// Seals and opens the values of one report. Not printable and not cloneable; lives as briefly as the work with it.
pub struct DataKey {
    key: RandomizedNonceKey,
}

impl DataKey {
    /// From 32 random bytes.
    pub(super) fn new(bytes: &[u8; 32]) -> Self {
        let key =
            RandomizedNonceKey::new(&AES_256_GCM_SIV, bytes).expect("32 bytes are the length of this cipher's key");
        Self { key }
    }

    /// Bytes that only this key opens, at this place only: 29 longer than `plain`.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Vec<u8> {
        self.seal_with(&place.to_bytes(), plain)
    }

    /// What was sealed at this place.
    ///
    /// # Errors
    /// [`SealError::Damaged`] when a bit differs, the value belongs elsewhere, or the key is another.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        self.open_with(&place.to_bytes(), sealed)
    }

    /// Layout byte, nonce, ciphertext, tag.
    pub(super) fn seal_with(&self, additional: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + TAG_LEN);
        sealed.push(LAYOUT);
        sealed.extend_from_slice(&[0; NONCE_LEN]);
        sealed.extend_from_slice(plain);
        let mut body = Body(&mut sealed);
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(additional), &mut body)
            .expect("sealing fails only past 64 GiB or without randomness");
        sealed[1..=NONCE_LEN].copy_from_slice(nonce.as_ref());
        sealed
    }

    pub(super) fn open_with(&self, additional: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let rest = sealed.strip_prefix(&[LAYOUT]).ok_or(SealError::Damaged)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(SealError::Damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Damaged)?;
        let mut plain = body.to_vec();
        let length = match self.key.open_in_place(nonce, Aad::from(additional), &mut plain) {
            Ok(opened) => opened.len(),
            Err(_) => return Err(SealError::Damaged),
        };
        plain.truncate(length);
        Ok(plain)
    }
}

/// The part of a buffer behind layout byte and nonce, which the cipher encrypts in place and lengthens by its tag.
struct Body<'a>(&'a mut Vec<u8>);

impl AsMut<[u8]> for Body<'_> {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0[1 + NONCE_LEN..]
    }
}

impl<'b> Extend<&'b u8> for Body<'_> {
    fn extend<T: IntoIterator<Item = &'b u8>>(&mut self, bytes: T) {
        self.0.extend(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place::new("report", "content", "7f");

    #[test]
    fn what_was_sealed_opens_at_its_place() {
        let key = DataKey::new(&[1; 32]);
        for plain in [&b""[..], b"a", &[7; 100_000]] {
            let sealed = key.seal(&PLACE, plain);
            assert_eq!(sealed.len(), plain.len() + 29);
            assert_eq!(key.open(&PLACE, &sealed).unwrap(), plain);
        }
    }

    #[test]
    fn nothing_opens_elsewhere_or_with_another_key() {
        let key = DataKey::new(&[1; 32]);
        let sealed = key.seal(&PLACE, b"secret");
        assert_eq!(key.open(&PLACE.chunk(1), &sealed), Err(SealError::Damaged));
        assert_eq!(
            key.open(&Place::new("report", "content", "7e"), &sealed),
            Err(SealError::Damaged)
        );
        assert_eq!(DataKey::new(&[2; 32]).open(&PLACE, &sealed), Err(SealError::Damaged));
    }

    #[test]
    fn any_flipped_bit_is_found() {
        let key = DataKey::new(&[1; 32]);
        let sealed = key.seal(&PLACE, b"secret");
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(&PLACE, &flipped), Err(SealError::Damaged), "bit {bit}");
        }
    }

    #[test]
    fn anything_cut_off_is_found() {
        let key = DataKey::new(&[1; 32]);
        let sealed = key.seal(&PLACE, b"secret");
        for length in 0..sealed.len() {
            assert_eq!(
                key.open(&PLACE, &sealed[..length]),
                Err(SealError::Damaged),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn the_same_content_is_never_sealed_alike() {
        let key = DataKey::new(&[1; 32]);
        assert_ne!(key.seal(&PLACE, b"secret"), key.seal(&PLACE, b"secret"));
    }
}
