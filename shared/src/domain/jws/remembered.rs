//! What need not be found out twice.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use crate::domain::digest::Digest;

/// A bounded map from digests to what was found out about the bytes behind them. Forgets everything when it is full:
/// nothing but time is lost by that.
pub(super) struct Remembered<V> {
    most: usize,
    found: RwLock<HashMap<Digest, V>>,
}

impl<V: Clone> Remembered<V> {
    pub(super) fn at_most(most: usize) -> Self {
        Self {
            most,
            found: RwLock::default(),
        }
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<V> {
        self.found
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(digest)
            .cloned()
    }

    pub(super) fn insert(&self, digest: Digest, value: V) {
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= self.most {
            found.clear();
        }
        found.insert(digest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_stays_below_its_bound() {
        let remembered = Remembered::at_most(3);
        for number in 0..10_u8 {
            remembered.insert(Digest::of(&[number]), number);
            assert_eq!(remembered.get(&Digest::of(&[number])), Some(number));
            assert!(remembered.found.read().unwrap().len() <= 3);
        }
        assert_eq!(remembered.get(&Digest::of(&[0])), None);
    }
}
