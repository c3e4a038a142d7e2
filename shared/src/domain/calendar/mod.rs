//! Time as it is lived in Norway: days, public holidays, working days, office hours, and lengths of time from configuration.
//!
//! All of it is in the zone Europe/Oslo, by the program's own copy of the rules. Deadlines follow two principles:
//!
//! - **The day of the event does not count** (domstolloven § 148, the principle of forvaltningsloven too): two working
//!   days from Monday 10:00 is Wednesday 10:00.
//! - **Where a rule leaves a choice, the earlier deadline is taken.** A deadline here makes somebody look; one that comes too
//!   early costs a look, one that comes too late may cost a child. So a period of days that ends on a holiday is not
//!   prolonged to the next working day, as domstolloven § 149 would allow in a court.

mod day;
mod easter;
mod holiday;
mod hours;
mod hours_text;
mod length;
mod working_day;
mod zone;

pub use day::{Bounds, at_hour, bounds, day_of};
pub use holiday::Holiday;
pub use hours::Hours;
pub use hours_text::InvalidHours;
pub use length::{InvalidLength, Length, Unit};
pub use working_day::{add_days, add_working_days, is_working_day};
