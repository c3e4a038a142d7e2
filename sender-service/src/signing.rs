//! Signs in the name of the police organisation: with the enterprise certificate that it uses for TLS, read again when
//! the files change.

pub use framme_shared::runtime::signing::{Signing, SigningError};
