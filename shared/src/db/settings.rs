//! The settings without which "committed" would not mean "durable".

pub(super) mod postgres;
pub(super) mod sqlite;
