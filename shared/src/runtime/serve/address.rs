//! Where a local listener listens.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error as _};

/// `unix:/path/to/socket`, or an address and port as `127.0.0.1:7443`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LocalAddress {
    /// A unix socket, without TLS: the file's permissions guard it.
    Unix(PathBuf),
    /// TLS over TCP.
    Tcp(SocketAddr),
}

/// A text that is no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be unix:/path or address:port")]
pub struct InvalidAddress;

impl FromStr for LocalAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        match text.strip_prefix("unix:") {
            Some(path) if path.starts_with('/') => Ok(Self::Unix(PathBuf::from(path))),
            Some(_relative) => Err(InvalidAddress),
            None => text.parse().map(Self::Tcp).map_err(|_| InvalidAddress),
        }
    }
}

impl fmt::Display for LocalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for LocalAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_written() {
        for text in ["unix:/run/framme/sender.sock", "127.0.0.1:7443", "[::1]:7443"] {
            assert_eq!(text.parse::<LocalAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "unix:",
            "unix:relative.sock",
            "localhost:7443",
            "127.0.0.1",
            "/run/framme.sock",
        ] {
            assert_eq!(text.parse::<LocalAddress>(), Err(InvalidAddress), "{text}");
        }
    }
}
