//! A connection that is fit to be trusted with a report: settings made, then read back.

use std::time::Duration;

use sqlx::AnyConnection;
use sqlx::Connection as _;
use sqlx::any::AnyConnectOptions;

use super::{Dialect, OpenError, settings};

/// How long a connection may take to come about, and a reader to become free.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// Connects and prepares a connection for writing, within [`CONNECT_LIMIT`].
pub(super) async fn connect(options: &AnyConnectOptions, dialect: Dialect) -> Result<AnyConnection, OpenError> {
    let connecting = async {
        let mut connection = AnyConnection::connect_with(options).await.map_err(OpenError::connect)?;
        prepare(&mut connection, dialect).await?;
        Ok(connection)
    };
    match tokio::time::timeout(CONNECT_LIMIT, connecting).await {
        Ok(result) => result,
        Err(_) => Err(OpenError::connect(sqlx::Error::PoolTimedOut)),
    }
}

/// Makes the settings that durability and bounded waiting rest on, and refuses the connection if they do not hold.
pub(super) async fn prepare(connection: &mut AnyConnection, dialect: Dialect) -> Result<(), OpenError> {
    match dialect {
        Dialect::Sqlite => settings::sqlite::apply(connection).await,
        Dialect::Postgres => settings::postgres::apply(connection).await,
    }
}
