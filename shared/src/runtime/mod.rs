//! What makes a process of ours: clock, randomness, configuration, shutdown, telemetry, TLS and peer identity.

pub mod clock;
pub mod config;
pub mod exit;
pub mod random;
pub mod shutdown;
pub mod telemetry;
