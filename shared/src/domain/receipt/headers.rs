//! Receipts in two parts, as they are stored: nearly all of a receipt is the certificate in its header, and the receipts
//! that one signer makes in one second have the same header.

use crate::domain::digest::Digest;

/// The headers of receipts that are stored together, each once.
#[derive(Debug, Default)]
pub struct Headers<'a> {
    distinct: Vec<(Digest, &'a str)>,
}

impl<'a> Headers<'a> {
    /// Parts a receipt at its first dot: the digest of its header, which is kept here, and what follows the dot. The
    /// header, a dot and the rest are the receipt again. A text without a dot is kept whole.
    pub fn part(&mut self, jws: &'a str) -> (Option<Digest>, &'a str) {
        let Some((header, rest)) = jws.split_once('.') else {
            return (None, jws);
        };
        // The receipts of one second come one after the other.
        let known = self.distinct.iter().rev().find(|(_, known)| *known == header);
        let digest = match known {
            Some((digest, _)) => *digest,
            None => {
                let digest = Digest::of(header.as_bytes());
                self.distinct.push((digest, header));
                digest
            }
        };
        (Some(digest), rest)
    }

    /// The headers with their digests.
    pub fn distinct(&self) -> &[(Digest, &'a str)] {
        &self.distinct
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_with_one_header_keep_it_once_and_are_whole_again() {
        let mut headers = Headers::default();
        for jws in ["a.b.c", "a.d.e", "f.g.h"] {
            let (digest, rest) = headers.part(jws);
            let digest = digest.unwrap();
            let (_, header) = headers.distinct().iter().find(|(known, _)| *known == digest).unwrap();
            assert_eq!(format!("{header}.{rest}"), jws);
        }
        assert_eq!(headers.distinct().len(), 2);
    }

    #[test]
    fn a_text_without_a_dot_stays_whole() {
        let mut headers = Headers::default();
        assert_eq!(headers.part("nothing"), (None, "nothing"));
        assert!(headers.distinct().is_empty());
    }
}
