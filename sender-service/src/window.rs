//! The window of one receiver: how many deliveries to it are under way at most. While nothing waits, what is just being
//! accepted is stored as claimed, and at its commit goes to the worker from memory, without being read and opened again.
//! If anything comes between, its lease runs out and it waits like any other.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use framme_shared::domain::organisation::OrganisationNumber;
use jiff::Timestamp;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::store::delivery::Delivery;

/// One window per receiver, also of those that come while the service runs. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Windows {
    by_receiver: Arc<RwLock<HashMap<OrganisationNumber, Arc<Window>>>>,
    most: u32,
    lease: Duration,
}

/// The deliveries to one receiver.
pub struct Window {
    places: Arc<Semaphore>,
    /// How many may be accepted as claimed and not begun.
    early: Arc<Semaphore>,
    lease: Duration,
    /// Nothing waits, as far as the worker knows, and the receiver answers.
    open: AtomicBool,
    bell: Notify,
    /// Rows wait in the database.
    waiting: AtomicBool,
    handed: Mutex<VecDeque<Handed>>,
}

/// A place for one delivery. Dropped, it is free again.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

/// What is being accepted, and will go to the worker from memory.
pub struct Early {
    permit: OwnedSemaphorePermit,
    window: Arc<Window>,
    claim: EarlyClaim,
}

/// What makes a new transmission a claimed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyClaim {
    /// Of this claim alone.
    pub token: String,
    /// How long it holds.
    pub lease: Duration,
}

/// A delivery that was accepted, stored as claimed, and not begun.
pub struct Handed {
    _permit: OwnedSemaphorePermit,
    pub(crate) delivery: Delivery,
    /// As it was before sealing.
    pub(crate) content: Zeroizing<Vec<u8>>,
    pub(crate) token: String,
    pub(crate) lease_until: Timestamp,
}

impl Windows {
    /// Windows of `most` deliveries each, claimed for `lease`. There is none before it is [opened](Self::open).
    pub fn new(most: u32, lease: Duration) -> Self {
        Self {
            by_receiver: Arc::default(),
            most,
            lease,
        }
    }

    /// The window of a receiver that has workers, made if there is none.
    pub fn open(&self, receiver: OrganisationNumber) -> Arc<Window> {
        let mut windows = self.by_receiver.write().unwrap_or_else(PoisonError::into_inner);
        let window = windows
            .entry(receiver)
            .or_insert_with(|| Arc::new(Window::new(self.most, self.lease)));
        Arc::clone(window)
    }

    /// The window of a receiver; `None` for one that has no workers here.
    pub fn of(&self, receiver: &OrganisationNumber) -> Option<Arc<Window>> {
        let windows = self.by_receiver.read().unwrap_or_else(PoisonError::into_inner);
        windows.get(receiver).map(Arc::clone)
    }

    /// Tells that work waits for this receiver. Call it after the commit.
    pub fn ring(&self, receiver: &OrganisationNumber) {
        if let Some(window) = self.of(receiver) {
            window.waiting.store(true, Ordering::Release);
            window.bell.notify_one();
        }
    }
}

impl Window {
    /// An empty one of `most` places; what is claimed early is claimed for `lease`.
    pub(crate) fn new(most: u32, lease: Duration) -> Self {
        let most = most as usize;
        Self {
            places: Arc::new(Semaphore::new(most)),
            early: Arc::new(Semaphore::new(most)),
            lease,
            open: AtomicBool::new(false),
            bell: Notify::new(),
            waiting: AtomicBool::new(false),
            handed: Mutex::default(),
        }
    }

    /// For what is being accepted, if nothing that waits would be overtaken.
    pub fn accept_early(self: &Arc<Self>, token: impl FnOnce() -> String) -> Option<Early> {
        if !self.open.load(Ordering::Acquire) {
            return None;
        }
        Some(Early {
            permit: Arc::clone(&self.early).try_acquire_owned().ok()?,
            window: Arc::clone(self),
            claim: EarlyClaim {
                token: token(),
                lease: self.lease,
            },
        })
    }

    fn take(&self) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Place { _permit: permit })
    }

    /// How many places are free.
    pub(crate) fn free(&self) -> u32 {
        u32::try_from(self.places.available_permits()).unwrap_or(u32::MAX)
    }

    /// Up to `count` places.
    pub(crate) fn take_many(&self, count: u32) -> Vec<Place> {
        (0..count).map_while(|_| self.take()).collect()
    }

    /// Whether what is accepted may come from memory.
    pub(crate) fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Release);
    }

    /// Returns when there is work: `true` when rows wait in the database, `false` when all of it was handed over.
    pub(crate) async fn rung(&self) -> bool {
        self.bell.notified().await;
        self.waiting.swap(false, Ordering::AcqRel)
    }

    /// Takes out what was handed over first, with a place for it; `None` when there is nothing, or no place.
    pub(crate) fn take_handed(&self) -> Option<(Place, Handed)> {
        let mut handed = self.handed();
        if handed.is_empty() {
            return None;
        }
        let place = self.take()?;
        handed.pop_front().map(|first| (place, first))
    }

    fn handed(&self) -> MutexGuard<'_, VecDeque<Handed>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Early {
    /// What to store of it.
    pub fn claim(&self) -> EarlyClaim {
        self.claim.clone()
    }

    /// Hands a delivery to the worker. Call it after the commit, with the time of the commit.
    pub fn hand_over(self, delivery: Delivery, content: Zeroizing<Vec<u8>>, at: Timestamp) {
        self.window.handed().push_back(Handed {
            _permit: self.permit,
            delivery,
            content,
            token: self.claim.token.clone(),
            lease_until: self.claim.until(at),
        });
        self.window.bell.notify_one();
    }
}

impl EarlyClaim {
    /// When it ends.
    #[must_use]
    pub fn until(&self, at: Timestamp) -> Timestamp {
        at.saturating_add(self.lease).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(most: u32) -> Arc<Window> {
        Arc::new(Window::new(most, Duration::from_secs(30)))
    }

    fn early(window: &Arc<Window>) -> Option<Early> {
        window.accept_early(|| "token".to_owned())
    }

    #[test]
    fn nothing_comes_from_memory_while_something_may_wait() {
        let window = window(8);
        assert!(early(&window).is_none(), "the worker has not looked yet");
        window.set_open(true);
        assert!(early(&window).is_some());
        window.set_open(false);
        assert!(early(&window).is_none());
    }

    #[test]
    fn no_more_is_in_memory_than_the_window_holds() {
        let window = window(3);
        window.set_open(true);
        let taken: Vec<Early> = std::iter::from_fn(|| early(&window)).collect();
        assert_eq!(taken.len(), 3);
        drop(taken);
        assert!(early(&window).is_some());
    }

    #[test]
    fn a_place_that_is_dropped_is_free_again() {
        let window = window(4);
        let taken = window.take_many(5);
        assert_eq!((taken.len(), window.free()), (4, 0));
        drop(taken);
        assert_eq!(window.free(), 4);
    }
}
