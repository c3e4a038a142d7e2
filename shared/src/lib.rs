//! What the two organisations must agree on, and what both processes do identically.
//!
//! Dependencies point one way: `domain` <- `wire`, `db`, `runtime` <- `workers` <- the services.

pub mod db;
pub mod domain;
pub mod runtime;
pub mod wire;
pub mod workers;
