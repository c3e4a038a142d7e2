//! Children that are sent on. A receiver redirects a child by a receipt: the change that applies it notes the work, and a
//! worker makes a new transmission of the same report for the service that the receiver named. Where that would be a guess,
//! a person at the desk decides, and names one.

mod follow;
mod judge;
mod noted;
mod onward;
mod route;
mod worker;

pub use follow::{FollowRedirect, Followed};
pub use judge::{MOST_HOPS, NeedsPerson, judge};
pub use noted::{NEEDS_PERSON, REJECTED, note, settle_tasks, subject};
pub use onward::{Onward, PrepareError, prepare};
pub use route::{RouteChild, Routed};
pub use worker::{RedirectWorker, Step};
