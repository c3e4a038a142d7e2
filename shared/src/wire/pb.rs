//! Types and services generated from `proto/`.

#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::unwrap_used,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

/// Everything under `framme.`.
pub mod framme {
    /// The report itself, and the vocabulary of stages and errors.
    pub mod report {
        pub mod v1 {
            tonic::include_proto!("framme.report.v1");
        }
    }
    /// Between the two organisations.
    pub mod exchange {
        pub mod v1 {
            tonic::include_proto!("framme.exchange.v1");
        }
    }
    /// Inside a police district.
    pub mod sender {
        pub mod v1 {
            tonic::include_proto!("framme.sender.v1");
        }
    }
    /// Inside a child welfare service.
    pub mod receiver {
        pub mod v1 {
            tonic::include_proto!("framme.receiver.v1");
        }
    }
}

mod masked_debug {
    use super::framme;

    include!(concat!(env!("OUT_DIR"), "/framme_masked_debug.rs"));
}

pub use framme::{exchange::v1 as exchange, receiver::v1 as receiver, report::v1 as report, sender::v1 as sender};

/// The serialised descriptor set of the whole contract, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/framme_descriptor.bin"));
