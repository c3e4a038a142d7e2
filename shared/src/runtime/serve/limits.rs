//! The limits of a listener (finding F2).

use std::time::Duration;

use serde::Deserialize;
use tonic::transport::Server;

/// The largest message that a service decodes: generated servers take it with `max_decoding_message_size`.
pub const MAX_MESSAGE_BYTES: usize = 8 * 1024 * 1024;

/// What one listener, one connection and one request may use. The defaults are for peers on the Internet; see
/// [`ServeLimits::local`] for the local listener. Durations are whole seconds in configuration.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct ServeLimits {
    /// Connections open at once; a new one waits until one ends. Default 512.
    pub connections: usize,
    /// TLS handshakes under way at once; one more ends the oldest. Default 64.
    pub handshakes: usize,
    /// A TLS handshake takes at most this. Default 2 s.
    #[serde(with = "seconds")]
    pub handshake_timeout: Duration,
    /// Requests and streams open at once on one connection. Default 64.
    pub streams_per_connection: u32,
    /// Requests of one connection that wait for a handler's answer at once; one more is refused. Default 32.
    pub requests_per_connection: usize,
    /// A unary call takes at most this, and a stream from the client pauses at most this. Default 30 s.
    #[serde(with = "seconds")]
    pub request_timeout: Duration,
    /// Streams that the client reset before they were accepted (rapid reset); one more ends the connection. Default 20.
    pub pending_resets: usize,
    /// Streams that this side reset because of the client's mistakes; one more ends the connection. Default 64.
    pub error_resets: usize,
    /// All headers of one request together. Default 16 KiB.
    pub header_bytes: u32,
    /// After this a connection is asked to end (GOAWAY): no new requests, those at hand go on. Default 300 s.
    #[serde(with = "seconds")]
    pub connection_age: Duration,
    /// This long after it was asked to, a connection is closed. Default 30 s.
    #[serde(with = "seconds")]
    pub connection_age_grace: Duration,
    /// An idle connection is asked this often whether it lives, and has 20 s to answer. Default 30 s.
    #[serde(with = "seconds")]
    pub keepalive: Duration,
    /// At a stop, calls at hand may go on for this long. Default 10 s.
    #[serde(with = "seconds")]
    pub drain: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            handshakes: 64,
            handshake_timeout: Duration::from_secs(2),
            streams_per_connection: 64,
            requests_per_connection: 32,
            request_timeout: Duration::from_secs(30),
            pending_resets: 20,
            error_resets: 64,
            header_bytes: 16 * 1024,
            connection_age: Duration::from_secs(300),
            connection_age_grace: Duration::from_secs(30),
            keepalive: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

impl ServeLimits {
    /// For programs of the same organisation: a case system or a load generator may have 512 requests at once on one
    /// connection. Everything else as by default.
    #[must_use]
    pub fn local() -> Self {
        Self {
            streams_per_connection: 1024,
            requests_per_connection: 512,
            ..Self::default()
        }
    }

    /// tonic's server with these limits. Its own reset limits are off unless they are set: its `None` overrides
    /// hyper's. Its time and concurrency limits are left out, because refusals must carry the contract's reasons:
    /// `guard` has them. Its `max_connection_age_grace` is left out too: where it is set, a connection is cut without
    /// ever being asked to end (tonic 0.14.9); `accept` closes after the grace instead.
    pub(super) fn server(&self) -> Server {
        Server::builder()
            .max_concurrent_streams(self.streams_per_connection)
            .http2_max_pending_accept_reset_streams(Some(self.pending_resets))
            .http2_max_local_error_reset_streams(Some(self.error_resets))
            .http2_max_header_list_size(self.header_bytes)
            .http2_keepalive_interval(Some(self.keepalive))
            .http2_keepalive_timeout(Some(Duration::from_secs(20)))
            .max_connection_age(self.connection_age)
            .initial_stream_window_size(256 * 1024)
            .initial_connection_window_size(1024 * 1024)
    }
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::config;

    #[test]
    fn durations_are_seconds_and_what_is_left_out_has_its_default() {
        let limits: ServeLimits = config::parse("request_timeout = 5\nhandshakes = 8").unwrap();
        assert_eq!(limits.request_timeout, Duration::from_secs(5));
        assert_eq!(limits.handshakes, 8);
        assert_eq!(limits.header_bytes, ServeLimits::default().header_bytes);
    }
}
