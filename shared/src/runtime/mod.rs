//! What makes a process of ours: clock, configuration, shutdown, telemetry, TLS and peer identity.
