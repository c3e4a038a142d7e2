//! What receipts say of a child, one after the other.

use framme_shared::domain::{ids::ChildId, lifecycle::ChildState, receipt::ReceiptClaims};

/// Whether a receipt is about this child.
pub(super) fn concerns(claims: &ReceiptClaims, child: &ChildId) -> bool {
    claims.child.is_none_or(|about| about == *child)
}

/// The state after these receipts, in order. What cannot follow, or has no word here, changes nothing.
pub(super) fn after<'a>(
    state: &ChildState,
    child: &ChildId,
    receipts: impl IntoIterator<Item = &'a ReceiptClaims>,
) -> ChildState {
    receipts
        .into_iter()
        .filter(|claims| concerns(claims, child))
        .fold(state.clone(), |state, claims| match claims.statement.event() {
            Some(event) => state.clone().learn(event, claims.time).unwrap_or(state),
            None => state,
        })
}
