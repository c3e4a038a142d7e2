//! Signed figures: what is refused, how the country's table is made, and the official table of 2018-2023 made from the
//! files of twelve districts.

mod country;
mod files;
mod known;
mod merging;
mod official_table;
mod refused;
