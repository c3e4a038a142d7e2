//! All tests that need a database, sockets or processes: one binary, so that they are linked once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod db_change;
mod receipt_jose;
