//! Pure rules: no async, no I/O, no clock, no storage, no transport.

pub mod digest;
pub mod ids;
pub mod municipality;
pub mod organisation;
pub mod sensitive;
pub mod staff_id;
mod text_form;
