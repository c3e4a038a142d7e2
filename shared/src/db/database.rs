//! The one handle that a service has on its storage.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::config::DatabaseConfig;
use super::connection::connect;
use super::mark::Mark;
use super::writer::{Session, Writer, WriterHandle};
use super::{Change, Dialect, MigrationReport, OpenError, Schema, backup, ledger, migrate, pool};
use crate::runtime::clock::Clock;

/// A service's database. Cheap to clone; the last clone to go ends the writer.
#[derive(Clone, Debug)]
pub struct Database {
    writer: WriterHandle,
    readers: AnyPool,
    dialect: Dialect,
    may_be_an_older_copy: bool,
}

impl Database {
    /// Opens a database that [`Database::migrate`] has made, after checking everything that can be checked: version and
    /// settings, schema, the ledger's chain from its first entry, and the high-water mark.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do.
    pub async fn open(
        config: &DatabaseConfig,
        schema: &'static Schema,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let dialect = config.dialect()?;
        if let Some(path) = config.sqlite_path().filter(|path| !path.exists()) {
            return Err(OpenError::NoDatabase(path));
        }
        let options = config.connect_options()?;
        let mut connection = connect(&options, dialect).await?;
        migrate::check(&mut connection, schema).await?;
        let (mark, may_be_an_older_copy) = check_ledger(&mut connection, config).await?;
        let readers = pool::open(options.clone(), dialect, config.readers).await?;
        let session = Session::new(options, dialect, connection, Arc::clone(&clock));
        Ok(Self {
            writer: Writer::start(session, mark),
            readers,
            dialect,
            may_be_an_older_copy,
        })
    }

    /// Brings the database up to the schema, making the file of an embedded one. Safe to repeat.
    ///
    /// # Errors
    /// [`OpenError`]; a migration that fails leaves those before it applied and nothing of itself.
    pub async fn migrate(
        config: &DatabaseConfig,
        schema: &'static Schema,
        at: Timestamp,
    ) -> Result<MigrationReport, OpenError> {
        sqlx::any::install_default_drivers();
        migrate::migrate(config, schema, at).await
    }

    /// Writes a consistent copy of an embedded database to a file that does not exist yet, while services may write.
    ///
    /// # Errors
    /// [`OpenError`], also for PostgreSQL, which has its own ways.
    pub async fn backup(config: &DatabaseConfig, target: &Path) -> Result<(), OpenError> {
        sqlx::any::install_default_drivers();
        backup::backup(config, target).await
    }

    /// Makes a change, and returns once it is durable.
    ///
    /// Dropping the future gives up the answer, never the change. Waits for room when too many changes wait.
    ///
    /// # Errors
    /// The change's own, or a [`StoreError`](super::StoreError) within it. After
    /// [`StoreError::Unavailable`](super::StoreError::Unavailable) the change may still have happened: ask again for
    /// the same change.
    pub async fn change<C: Change>(&self, change: C) -> Result<C::Outcome, C::Error> {
        self.writer.change(change).await
    }

    /// Connections for reading, one statement at a time. They cannot write.
    pub fn reader(&self) -> &AnyPool {
        &self.readers
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether the high-water mark began anew beside a ledger that has entries: as after a restore, when nothing tells
    /// whether the newest entries are there.
    pub fn may_be_an_older_copy(&self) -> bool {
        self.may_be_an_older_copy
    }

    /// Makes the changes that wait, refuses new ones on every clone, and closes all connections.
    pub async fn close(self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

/// The mark, if there is one, and whether it began anew beside a ledger that has entries.
async fn check_ledger(
    connection: &mut AnyConnection,
    config: &DatabaseConfig,
) -> Result<(Option<Mark>, bool), OpenError> {
    let mut mark = config
        .high_water_mark
        .as_deref()
        .map(Mark::open)
        .transpose()
        .map_err(OpenError::Mark)?;
    let seq = mark.as_ref().map_or(0, Mark::seq);
    let verified = ledger::verify(connection, seq).await.map_err(OpenError::Ledger)?;
    if let Some(mark) = &mut mark {
        mark.check(&verified).map_err(OpenError::Mark)?;
        mark.advance(&verified.head)
            .map_err(|error| OpenError::Mark(super::MarkError::File(error)))?;
    }
    tracing::info!(
        ledger.entries = verified.head.seq,
        "The ledger holds from its first entry to its last"
    );
    let began_anew = mark.is_some() && seq == 0 && verified.head.seq > 0;
    Ok((mark, began_anew))
}
