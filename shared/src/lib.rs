//! What the two organisations must agree on, and what both processes do identically.
//!
//! Dependencies point one way: `domain` <- `wire`, `db`, `runtime` <- `notification` <- the services.

pub mod db;
pub mod domain;
pub mod notification;
pub mod runtime;
pub mod wire;
