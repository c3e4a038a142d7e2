//! The contract's generated types, and the only place where a message becomes a domain value or an error a status.

pub mod deadline;
pub mod decoding;
pub mod feedback;
pub mod json;
pub mod national;
pub mod pb;
pub mod readiness;
pub mod reconciliation;
pub mod report;
pub mod scope;
pub mod stage;
pub mod statement;
pub mod status;
pub mod task;
pub mod time;
pub mod violations;
mod vocabulary;
