//! Who may do what: the authorisation table as data, and the caller it is asked for.
//!
//! Access is refused by default: what stands in no row of [`RULES`] is not allowed.

mod caller;
mod rules;

pub use caller::{Actor, Caller, Holder};
pub use rules::{RULES, Reach, Role, Rpc, Rule, rule};
