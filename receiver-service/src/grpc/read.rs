//! Fields that several calls have, read under their rules.

use framme_shared::{
    domain::{digest::Digest, ids::TransmissionId, text::Line},
    wire::{scope::Scope, status::Failure, violations::FieldViolations},
};

use crate::error::Refusal;

/// Reads a message: every violation is told at once.
pub(super) fn message<T>(read: impl FnOnce(&mut Scope<'_>) -> Option<T>) -> Result<T, Refusal> {
    let mut found = FieldViolations::new();
    match read(&mut Scope::root(&mut found)) {
        Some(value) if found.is_empty() => Ok(value),
        _ => Err(found.into()),
    }
}

/// `transmission_id`.
pub(super) fn transmission_id(scope: &mut Scope<'_>, text: &str) -> Option<TransmissionId> {
    scope.required("transmission_id", text, TransmissionId::parse)
}

/// A SHA-256 of 32 bytes.
pub(super) fn sha256(scope: &mut Scope<'_>, field: &str, bytes: &[u8]) -> Option<Digest> {
    Digest::from_slice(bytes).map_err(|rule| scope.refuse(field, rule)).ok()
}

/// One line of at most `MAX` characters.
pub(super) fn line<const MAX: usize>(scope: &mut Scope<'_>, field: &str, text: &str) -> Option<Line<MAX>> {
    scope.required(field, text, Line::parse)
}

/// 1 to 1,000; 0 means 50.
pub(super) fn page_size(asked: u32) -> Result<u32, Refusal> {
    match asked {
        0 => Ok(50),
        1..=1_000 => Ok(asked),
        _ => Err(Failure::invalid_field("page_size", "must be at most 1000").into()),
    }
}
