//! What makes a process of ours: clock, randomness, configuration, shutdown, telemetry, TLS, peer identity, diagnosis,
//! telling people.

pub mod access;
pub mod caller;
pub mod clock;
pub mod config;
pub mod connect;
pub mod diagnosis;
pub mod evidence;
pub mod exit;
pub mod identity;
pub mod notify;
pub mod process;
pub mod random;
pub mod serve;
pub mod shutdown;
pub mod signing;
pub mod standard;
pub mod telemetry;
pub mod tls;
pub mod trust;
pub mod validity;
