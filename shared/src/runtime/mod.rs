//! What makes a process of ours: clock, randomness, configuration, shutdown, telemetry, TLS and peer identity.

pub mod caller;
pub mod clock;
pub mod config;
pub mod connect;
pub mod exit;
pub mod identity;
pub mod process;
pub mod random;
pub mod serve;
pub mod shutdown;
pub mod standard;
pub mod telemetry;
pub mod tls;
