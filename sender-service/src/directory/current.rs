//! The one directory of the process.

use std::sync::Arc;

use arc_swap::ArcSwap;
use framme_shared::domain::directory::Directory;

/// The directory in force. Whoever routes takes it once and uses it to the end.
#[derive(Debug)]
pub struct Current(ArcSwap<Directory>);

impl Current {
    /// Begins with this one.
    pub fn new(directory: Directory) -> Self {
        Self(ArcSwap::from_pointee(directory))
    }

    /// The one in force now.
    pub fn now(&self) -> Arc<Directory> {
        self.0.load_full()
    }

    /// From now on this one. Its services must have their rows.
    pub fn swap(&self, directory: Directory) {
        self.0.store(Arc::new(directory));
    }
}
