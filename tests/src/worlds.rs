//! A world of real processes for one test, and waiting for what happens in it.

use std::{future::Future, ops::Deref, time::Duration};

use framme_demo::world::{LocalTransport, Storage, World, WorldOptions, programs_beside_this_one};

use crate::database::Folder;

/// How often [`eventually`] looks.
const STEP: Duration = Duration::from_millis(20);
/// How long [`eventually`] waits: far more than anything takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A world, with a folder that is gone when it is dropped.
#[derive(Debug)]
pub struct TestWorld {
    world: World,
    _folder: Folder,
}

impl TestWorld {
    /// One sender and so many receivers, serving.
    ///
    /// # Panics
    /// When a process does not start, for example because the programs are not built.
    pub async fn start(name: &str, storage: Storage, receivers: usize) -> Self {
        let folder = Folder::new(name);
        let options = WorldOptions {
            // Names the databases on a server, too.
            directory: folder.path().join(name),
            storage,
            receivers,
            programs: programs_beside_this_one().expect("the programs are built"),
            local: LocalTransport::default(),
        };
        let world = World::start(&options).await.expect("a world starts");
        Self { world, _folder: folder }
    }
}

impl Deref for TestWorld {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

/// Looks again and again until there is something.
///
/// # Panics
/// When there is nothing within a minute.
pub async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let mut ticks = tokio::time::interval(STEP);
    for _ in 0..LIMIT.as_millis() / STEP.as_millis() {
        ticks.tick().await;
        if let Some(found) = look().await {
            return found;
        }
    }
    panic!("waited {LIMIT:?} in vain until {what}")
}
