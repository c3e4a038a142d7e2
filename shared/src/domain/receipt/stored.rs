//! Receipts of one's own storage.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{ReceiptClaims, json};

/// What a receipt states that was verified before it was stored. Verifies nothing: for looking through many receipts of
/// one's own, never for believing one. `None` when it is not a receipt.
#[must_use]
pub fn stored_claims(jws: &str) -> Option<ReceiptClaims> {
    let payload = jws.split('.').nth(1)?;
    json::read(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::receipt::test_pki::{RECEIVER, TestPki, claims};

    #[test]
    fn a_stored_receipt_reads_back_and_another_text_does_not() {
        let signed = TestPki::new().p256(RECEIVER).sign(&claims());
        assert_eq!(stored_claims(signed.as_str()), Some(claims()));
        assert_eq!(stored_claims("a.b.c"), None);
        assert_eq!(stored_claims(""), None);
    }
}
