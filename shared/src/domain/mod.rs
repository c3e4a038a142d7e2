//! Pure rules: no async, no I/O, no clock, no storage, no transport.

pub mod certificate;
pub mod closed_set;
pub mod digest;
pub mod directory;
pub mod evidence;
pub mod figures;
pub mod holding;
pub mod identity_number;
pub mod ids;
pub mod jws;
pub mod lifecycle;
pub(crate) mod masked;
pub mod municipality;
pub mod notice;
pub mod organisation;
pub mod receipt;
pub mod reconciliation;
pub mod report;
pub mod retry;
pub mod sensitive;
pub mod staff_id;
pub mod staff_role;
pub mod statement;
pub mod task;
pub mod text;
mod text_form;
