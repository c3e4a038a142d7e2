//! The pair on one machine: test certificates, synthetic reports, a world of processes, the replay of 2018-2023 and the
//! benchmark.

pub mod bench;
pub mod pki;
pub mod reconcile;
pub mod replay;
pub mod run;
pub mod samples;
pub mod verdict;
pub mod world;
