//! Personal data that cannot be printed by accident (invariant I7).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that no log, error or panic may show. There is no `Display`, and `Debug` shows a mask; reading it takes a
/// call that a reviewer can search for.
#[derive(Clone, Copy, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Hides `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for storing it sealed, sending it to the peer, or showing it to somebody who may see it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, for the same purposes.
    pub fn into_exposed(self) -> T {
        self.0
    }

    /// Changes what is hidden without showing it.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sensitive<U> {
        Sensitive(change(self.0))
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_a_mask_whatever_is_inside() {
        let name = Sensitive::new("Kari Nordmann");
        assert_eq!(format!("{name:?} {:?}", Some(name)), "*** Some(***)");
        assert_eq!(name.expose(), &"Kari Nordmann");
    }
}
