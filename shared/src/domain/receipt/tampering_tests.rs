//! No alteration of a receipt is believed, and nothing breaks the chain unseen.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{test_pki::*, *};
use crate::domain::digest::Digest;

static PKI: LazyLock<TestPki> = LazyLock::new(TestPki::new);
static SIGNER: LazyLock<TestSigner> = LazyLock::new(|| PKI.p256(RECEIVER));
static RECEIPT: LazyLock<SignedReceipt> = LazyLock::new(|| SIGNER.sign(&claims()));
static VERIFIER: LazyLock<ReceiptVerifier> = LazyLock::new(|| PKI.verifier());

fn believed(jws: &str) -> bool {
    VERIFIER.verify(jws, &pair(), signed_at()).is_ok()
}

fn verified(claims: &ReceiptClaims) -> VerifiedReceipt {
    VERIFIER
        .verify(SIGNER.sign(claims).as_str(), &pair(), signed_at())
        .unwrap()
}

/// A receipt with this number that names `previous`.
fn numbered(sequence: u64, previous: Digest) -> VerifiedReceipt {
    verified(&ReceiptClaims {
        sequence,
        previous,
        ..claims()
    })
}

#[test]
fn every_single_character_of_a_receipt_counts() {
    let good = RECEIPT.as_str();
    assert!(believed(good));
    for index in 0..good.len() {
        for replacement in ["A", "B", "_", ".", "="] {
            if &good[index..=index] != replacement {
                let altered = format!("{}{replacement}{}", &good[..index], &good[index + 1..]);
                assert!(!believed(&altered), "{replacement} at {index}");
            }
        }
    }
}

#[test]
fn a_receipt_cut_anywhere_is_refused() {
    let good = RECEIPT.as_str();
    assert!((0..good.len()).all(|length| !believed(&good[..length])));
}

proptest! {
    #[test]
    fn no_altered_byte_is_believed(position in any::<proptest::sample::Index>(), byte: u8) {
        let mut bytes = RECEIPT.as_str().as_bytes().to_vec();
        let index = position.index(bytes.len());
        prop_assume!(bytes[index] != byte);
        bytes[index] = byte;
        if let Ok(altered) = String::from_utf8(bytes) {
            prop_assert!(!believed(&altered));
        }
    }

    #[test]
    fn no_part_of_another_receipt_fits(sequence in 2..MAX_SEQUENCE, which in 0_usize..3) {
        let other = SIGNER.sign(&ReceiptClaims { sequence, previous: RECEIPT.sha256(), ..claims() });
        let mut parts: Vec<_> = RECEIPT.as_str().split('.').collect();
        let foreign = other.as_str().split('.').nth(which).unwrap();
        prop_assume!(parts[which] != foreign);
        parts[which] = foreign;
        prop_assert!(!believed(&parts.join(".")));
    }

    #[test]
    fn verifying_anything_never_panics(text in "\\PC{0,300}") {
        prop_assert!(!believed(&text));
    }
}

#[test]
fn receipts_follow_each_other_by_number_and_digest() {
    let first = verified(&claims());
    let second = numbered(2, first.sha256());
    let third = numbered(3, second.sha256());
    let head = [&first, &second, &third]
        .into_iter()
        .try_fold(ChainHead::START, ChainHead::follow)
        .unwrap();
    assert_eq!(
        (head.sequence(), head.digest(), head.next_sequence()),
        (3, third.sha256(), 4)
    );
}

#[test]
fn a_number_skipped_or_repeated_breaks_the_chain() {
    let first = verified(&claims());
    let head = ChainHead::START.follow(&first).unwrap();
    let skipped = head.follow(&numbered(3, first.sha256()));
    assert_eq!(skipped, Err(ChainError::Gap { expected: 2, found: 3 }));
    assert_eq!(head.follow(&first), Err(ChainError::Repeated { expected: 2, found: 1 }));
    let beginning = ChainHead::START.follow(&numbered(2, first.sha256()));
    assert_eq!(beginning, Err(ChainError::Gap { expected: 1, found: 2 }));
}

#[test]
fn a_receipt_that_names_another_one_before_it_breaks_the_chain() {
    let head = ChainHead::START.follow(&verified(&claims())).unwrap();
    let other_story = numbered(2, Digest::of(b"another receipt"));
    assert_eq!(head.follow(&other_story), Err(ChainError::DoesNotLink { sequence: 2 }));
}

#[test]
fn the_signer_appends_as_the_verifier_follows() {
    let signed = SIGNER.sign(&claims());
    let followed = VERIFIER.verify(signed.as_str(), &pair(), signed_at()).unwrap();
    assert_eq!(
        Ok(ChainHead::START.appended(&signed)),
        ChainHead::START.follow(&followed)
    );
}

#[test]
fn a_stored_head_has_a_digest_exactly_when_it_has_a_number() {
    let digest = Digest::of(b"receipt");
    assert_eq!(ChainHead::stored(0, Digest::ZERO), Ok(ChainHead::START));
    assert_eq!(ChainHead::stored(7, digest).map(|head| head.sequence()), Ok(7));
    assert!(ChainHead::stored(0, digest).is_err());
    assert!(ChainHead::stored(7, Digest::ZERO).is_err());
}
