//! Evidence packages: what this sender has of a report, or of a period of the exchange with a receiver, read page by page
//! and sealed in its own name. However large a package is, one page and the digests of its entries are held.

mod export;
mod period;

pub use export::{Export, ExportError};
