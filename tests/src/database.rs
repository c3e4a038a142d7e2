//! A fresh database per test, of either kind.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use framme_shared::db::sealing::MasterKeys;
use framme_shared::db::{Database, DatabaseConfig, Dialect, Schema};
use framme_shared::runtime::clock::{Clock, SystemClock};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

/// Where the throw-away PostgreSQL of `tests/postgres` is.
const SERVER: &str = "FRAMME_TEST_POSTGRES_URL";

/// Makes a test of each function for each database. The functions take a [`TestDatabase`].
#[macro_export]
macro_rules! on_both_databases {
    ($($rule:ident),+ $(,)?) => {$(
        mod $rule {
            use framme_shared::db::Dialect;
            use framme_tests::database::TestDatabase;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$rule(TestDatabase::new(Dialect::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                super::$rule(TestDatabase::new(Dialect::Postgres).await).await;
            }
        }
    )+};
}

/// An empty database with a folder of its own for the master keys and the high-water mark; gone when dropped.
#[derive(Debug)]
pub struct TestDatabase {
    config: DatabaseConfig,
    folder: Folder,
    server: Option<Server>,
}

impl TestDatabase {
    /// A new database of this kind.
    ///
    /// # Panics
    /// For PostgreSQL when no server was started for the tests.
    pub async fn new(dialect: Dialect) -> Self {
        sqlx::any::install_default_drivers();
        let folder = Folder::new("database");
        let (url, server) = match dialect {
            Dialect::Sqlite => (format!("sqlite:{}", folder.path().join("test.db").display()), None),
            Dialect::Postgres => {
                let server = Server::create_database().await;
                (server.url_of(&server.database), Some(server))
            }
        };
        let keys = folder.path().join("master.keys");
        MasterKeys::create_file(&keys, "test").expect("the folder is new");
        let mut config = DatabaseConfig::new(url);
        config.master_key_file = Some(keys);
        config.high_water_mark = Some(folder.path().join("high-water-mark"));
        config.readers = 4;
        Self { config, folder, server }
    }

    /// How to open it.
    pub fn config(&self) -> &DatabaseConfig {
        &self.config
    }

    /// Its folder, which holds everything of it that is a file.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The keys that content is sealed under.
    pub fn master_keys(&self) -> MasterKeys {
        MasterKeys::load(self.config.master_key_file.as_deref()).expect("the key file was just made")
    }

    /// Migrates and opens it with the machine's clock.
    pub async fn open(&self, schema: &'static Schema) -> Database {
        self.open_with(schema, Arc::new(SystemClock)).await
    }

    /// Migrates and opens it.
    pub async fn open_with(&self, schema: &'static Schema, clock: Arc<dyn Clock>) -> Database {
        Database::migrate(&self.config, schema, clock.now())
            .await
            .expect("an empty database can be migrated");
        Database::open(&self.config, schema, clock)
            .await
            .expect("a migrated database can be opened")
    }

    /// A connection of the test's own, past all guards: for looking, and for sabotage.
    pub async fn connect(&self) -> AnyConnection {
        AnyConnection::connect(&self.config.url)
            .await
            .expect("the test's database can be reached")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.drop_database();
        }
    }
}

/// The URL of the throw-away server, for tests that make databases of their own on it.
///
/// # Panics
/// When no server was started for the tests.
pub fn postgres_server() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| {
        panic!("{SERVER} is not set: run the tests with `tests/run` or `tests/postgres cargo test`")
    })
}

/// One database on the throw-away server.
#[derive(Debug)]
struct Server {
    url: String,
    database: String,
}

impl Server {
    async fn create_database() -> Self {
        let server = Self {
            url: postgres_server(),
            database: unique_name("framme_test"),
        };
        server.execute(format!("CREATE DATABASE {}", server.database)).await;
        server
    }

    fn url_of(&self, database: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').expect("the URL names a database");
        format!("{server}/{database}")
    }

    async fn execute(&self, sql: String) {
        let mut connection = AnyConnection::connect(&self.url)
            .await
            .expect("the test server can be reached");
        // The name is made of letters and digits.
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .expect("the test server obeys");
        let _ = connection.close().await;
    }

    /// A destructor cannot wait, so the database is dropped on a thread with a runtime of its own.
    fn drop_database(self) {
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(self.execute(format!("DROP DATABASE {} WITH (FORCE)", self.database)));
            }
        });
        let _ = dropping.join();
    }
}

/// A temporary folder; gone when dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new folder whose name begins so.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(unique_name(&format!("framme-{name}")));
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn unique_name(prefix: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    format!(
        "{prefix}_{}_{}",
        std::process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed)
    )
}
