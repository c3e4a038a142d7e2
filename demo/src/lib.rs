//! The pair as a demonstration: test certificates, and later the world that uses them.

pub mod pki;
