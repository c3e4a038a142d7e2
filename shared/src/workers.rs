//! Workers that both services run in the same way, above storage and runtime. What they work on is given to them.

pub mod clocks;
pub mod notification;
