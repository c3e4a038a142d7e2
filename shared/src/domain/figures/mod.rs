//! Figures: what the national table needs of one police district and one period, signed by the district, and how the
//! files of all districts become one table that counts nothing twice.
//!
//! A file is a signed text ([`super::jws`]) whose payload is [`Figures`]; the format is written down for other
//! implementers in `docs/protocol.md`. [`SignedFigures::verify`] is the only way from a file to figures that are
//! believed, and [`merge`] the only way from them to the [`National`] table.

mod counts;
mod event;
mod json;
mod known;
mod merge;
mod national;
mod percentile;
mod period;
mod promise;
mod signed;
mod statement;

pub use counts::Counts;
pub use event::{Event, EventKey};
pub use known::{KnownChildren, KnownToService};
pub use merge::{Refused, Why, merge};
pub use national::{Check, DistrictRow, Duplicate, National};
pub use percentile::{TimeToAssigned, nearest_rank};
pub use period::{InvalidPeriod, Period};
pub use promise::Promise;
pub use signed::{FiguresError, SignedFigures};
pub use statement::{Figures, InvalidFigures, MOST_EVENTS};
