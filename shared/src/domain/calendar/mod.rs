//! Days as they are lived in Norway.

mod day;

pub use day::{Bounds, at_hour, bounds, day_of};
