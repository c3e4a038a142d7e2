//! The contract's generated types, and the only place where a message becomes a domain value or an error a status.

pub mod pb;
pub mod status;
pub mod violations;
