//! Evidence packages: what holds, what is found out, and what is said about it. Nothing here needs a service or a
//! database.

mod bench;
mod faults;
mod protocol;
mod random;
mod told;
mod untouched;
