//! Rows that are looked up at the same time, by one statement: a statement costs tens of microseconds however little it
//! reads, and a busy service looks up thousands of single rows in a second.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::{AnyConnection, AnyPool};
use tokio::sync::{mpsc, oneshot};

use super::{Cause, StoreError};

/// Most rows of one statement: each may be as large as a report.
const MOST_TOGETHER: usize = 32;

/// Lookups that may wait. A caller who comes later waits for room.
const MOST_WAITING: usize = 256;

/// A statement that finds the rows of several keys.
pub type LookUp<K, V> = for<'a> fn(&'a mut AnyConnection, &'a [K]) -> BoxFuture<'a, Result<HashMap<K, V>, StoreError>>;

/// Looks up rows by their keys, together with whoever else looks up at the moment.
///
/// A row is read by a statement that begins after it was asked for: whoever has seen a commit finds what it wrote.
pub struct Together<K, V> {
    asked: mpsc::Sender<Asked<K, V>>,
}

type Asked<K, V> = (K, oneshot::Sender<Result<Option<V>, StoreError>>);

impl<K, V> Together<K, V>
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Reads from `pool` until it is dropped.
    pub fn new(pool: AnyPool, look_up: LookUp<K, V>) -> Self {
        let (asked, mut waiting) = mpsc::channel(MOST_WAITING);
        tokio::spawn(async move {
            let mut together = Vec::with_capacity(MOST_TOGETHER);
            while waiting.recv_many(&mut together, MOST_TOGETHER).await > 0 {
                answer_all(&pool, look_up, std::mem::take(&mut together)).await;
            }
        });
        Self { asked }
    }

    /// The row with this key, if there is one.
    ///
    /// # Errors
    /// Those of the database. A row that cannot be read is an error for whoever asked for it, and for nobody else.
    pub async fn get(&self, key: K) -> Result<Option<V>, StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.asked.send((key, reply)).await.is_err() {
            return Err(StoreError::Closing);
        }
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::unavailable("the lookup ended before it answered")))
    }
}

async fn answer_all<K, V>(pool: &AnyPool, look_up: LookUp<K, V>, asked: Vec<Asked<K, V>>)
where
    K: Copy + Eq + Hash,
    V: Clone,
{
    let keys: Vec<K> = asked.iter().map(|(key, _)| *key).collect();
    let found = read(pool, look_up, &keys).await;
    for (key, reply) in asked {
        let row = match &found {
            Ok(found) => Ok(found.get(&key).cloned()),
            // Each alone would wait as long, and those who ask meanwhile behind all of them.
            Err(error) if error.is_unavailable() => Err(StoreError::Unavailable(Cause::of(error))),
            // Whose error it is shows when each is read alone.
            Err(_) => read(pool, look_up, &[key]).await.map(|mut found| found.remove(&key)),
        };
        // A caller who has gone needs no answer.
        let _ = reply.send(row);
    }
}

/// A panic costs those who asked, and not those who ask later.
async fn read<K, V>(pool: &AnyPool, look_up: LookUp<K, V>, keys: &[K]) -> Result<HashMap<K, V>, StoreError> {
    let reading = async {
        let mut connection = pool.acquire().await?;
        look_up(&mut connection, keys).await
    };
    let read = AssertUnwindSafe(reading).catch_unwind().await;
    read.unwrap_or(Err(StoreError::Panicked))
}

impl<K, V> fmt::Debug for Together<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together")
            .field("room", &self.asked.capacity())
            .finish()
    }
}
