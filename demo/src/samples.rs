//! Synthetic reports: made from a seed, with test identity numbers (month + 80) and names that nobody has.

pub mod police_districts;
mod report;

pub use report::{SampleReport, Samples};
