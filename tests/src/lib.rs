//! What the tests have in common. The tests themselves are in `suite/`.

pub mod balancer;
pub mod commands;
pub mod database;
pub mod figures;
pub mod proxy;
pub mod raw;
pub mod tables;
pub mod traffic;
pub mod worlds;
