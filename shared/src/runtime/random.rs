//! Randomness as an argument: ids and jitter come from here, so that a run can be repeated from its seed.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use uuid::Uuid;

/// Makes ids and jitter. Keys never come from here: `db::sealing` asks the operating system itself.
pub trait Random: Send + Sync + fmt::Debug + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// Any number.
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A new version 4 UUID.
    fn new_uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A new version 7 UUID: later ones come later in order, so that rows made at the same time lie together.
    fn new_uuid_at(&self, at: Timestamp) -> Uuid {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        // Before 1970 all are as old.
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// A place in the order of ids, evenly spread from just before `first` to just before `last`.
    fn uuid_before(&self, first: Uuid, last: Uuid) -> Uuid {
        let start = first.as_u128().saturating_sub(1);
        let span = last.as_u128().saturating_sub(start).max(1);
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        Uuid::from_u128(start + u128::from_le_bytes(bytes) % span)
    }

    /// Full jitter: evenly spread from zero to `limit`, both included, in whole microseconds.
    fn jitter(&self, limit: Duration) -> Duration {
        let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX - 1);
        // The bias of the remainder is below 2^-20 for every limit under half a year.
        Duration::from_micros(self.next_u64() % micros.saturating_add(1))
    }
}

/// The operating system's generator, through aws-lc-rs.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the operating system has randomness once it has booted");
    }
}

/// The same sequence for the same seed: `SplitMix64`. For tests and the simulation; guessable, so never for secrets.
#[derive(Debug)]
pub struct SeededRandom {
    state: Mutex<u64>,
}

impl SeededRandom {
    /// Starts the sequence of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            state: Mutex::new(seed),
        }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (one, other) = (SeededRandom::new(7), SeededRandom::new(7));
        assert_eq!(one.new_uuid(), other.new_uuid());
        assert_ne!(one.new_uuid(), one.new_uuid());
        assert_ne!(SeededRandom::new(8).new_uuid(), SeededRandom::new(7).new_uuid());
    }

    #[test]
    fn splitmix_gives_its_published_numbers() {
        let random = SeededRandom::new(1_234_567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn ids_are_version_4() {
        assert_eq!(OsRandom.new_uuid().get_version_num(), 4);
        assert_ne!(OsRandom.new_uuid(), OsRandom.new_uuid());
    }

    #[test]
    fn ids_made_later_come_later_in_order() {
        let at = Timestamp::constant(1_790_000_000, 0);
        let earlier = OsRandom.new_uuid_at(at);
        let later = OsRandom.new_uuid_at(at + SignedDuration::from_millis(1));
        assert_eq!(earlier.get_version_num(), 7);
        assert!(earlier.to_string() < later.to_string());
        assert_ne!(earlier, OsRandom.new_uuid_at(at));
        assert!(!OsRandom.new_uuid_at(Timestamp::MIN).is_nil());
    }

    #[test]
    fn every_id_of_a_range_comes_after_some_place_in_it() {
        let (first, last) = (Uuid::from_u128(10), Uuid::from_u128(13));
        let random = SeededRandom::new(5);
        let mut places: Vec<u128> = (0..200).map(|_| random.uuid_before(first, last).as_u128()).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places, [9, 10, 11, 12]);
        assert_eq!(random.uuid_before(first, first), Uuid::from_u128(9));
    }

    #[test]
    fn jitter_stays_within_its_limit() {
        let random = SeededRandom::new(1);
        let limit = Duration::from_micros(10);
        let seen: Vec<_> = (0..500).map(|_| random.jitter(limit)).collect();
        assert!(seen.iter().all(|jitter| *jitter <= limit));
        assert!(seen.contains(&Duration::ZERO) && seen.contains(&limit));
        assert_eq!(random.jitter(Duration::ZERO), Duration::ZERO);
    }
}
