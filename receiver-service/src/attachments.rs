//! Files of transmissions: uploaded in pieces that are sealed and committed as they come, read back whole before they
//! count as complete.

mod changes;
mod read_back;
mod upload;

pub use read_back::{chunks_in, digest_of, open_chunk};
pub use upload::{Source, Upload, UploadState, state, upload};

/// Content bytes of a stored piece; only the last of a file may be shorter.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// Pieces that are committed together: about 1 MiB.
pub const CHUNKS_PER_COMMIT: usize = 4;
