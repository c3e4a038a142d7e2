//! Where the services of a world keep their data.

use std::path::Path;

use anyhow::Context as _;
use sqlx::{AnyConnection, Connection as _};

/// One of the two databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// A file per service in the world's folder.
    Sqlite,
    /// A database per service on this server; the URL names a database from which others may be created.
    Postgres {
        /// `postgres://user@host:port/database`.
        server: String,
    },
}

impl Storage {
    /// The database URL for a service; on PostgreSQL the database is made, and must not exist.
    pub async fn prepare(&self, directory: &Path, world: &str, service: &str) -> anyhow::Result<String> {
        match self {
            Self::Sqlite => Ok(format!(
                "sqlite://{}",
                directory.join(format!("{service}.db")).display()
            )),
            Self::Postgres { server } => {
                let name = format!("{world}_{service}").replace('-', "_");
                create_database(server, &name).await?;
                let (base, _) = server.rsplit_once('/').context("the server's URL names no database")?;
                Ok(format!("{base}/{name}"))
            }
        }
    }
}

async fn create_database(server: &str, name: &str) -> anyhow::Result<()> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(server)
        .await
        .context("PostgreSQL cannot be reached")?;
    // The name is made of our own words and digits; identifiers cannot be parameters.
    let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\""));
    sqlx::raw_sql(statement).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
