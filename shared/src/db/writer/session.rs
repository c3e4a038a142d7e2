//! The writing connection and the transaction on it.

use std::sync::Arc;

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use super::job::Job;
use crate::db::change::Tx;
use crate::db::connection::connect;
use crate::db::ledger::{self, Head};
use crate::db::schema::hex;
use crate::db::{Cause, Dialect, OpenError, StoreError};
use crate::runtime::clock::Clock;

/// Owns the connection, makes a new one when it is lost, and knows whether a lost commit took effect.
pub(in crate::db) struct Session {
    options: AnyConnectOptions,
    dialect: Dialect,
    clock: Arc<dyn Clock>,
    tx: Option<Tx>,
    /// Random per process; with the counter it names each transaction.
    process: String,
    transactions: u64,
    current: Option<Transaction>,
}

/// The transaction in progress, or the one whose commit was last asked for.
struct Transaction {
    token: String,
    /// The token that was committed before it.
    before: String,
    /// The ledger's end when it began.
    start: Head,
    /// The ledger's end with it, once its commit was asked for.
    end: Option<Head>,
}

/// Whether the last transaction took effect.
pub(super) enum Committed {
    Yes(Head),
    No,
    Unknown,
}

impl Session {
    pub(in crate::db) fn new(
        options: AnyConnectOptions,
        dialect: Dialect,
        connection: AnyConnection,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let mut random = [0; 12];
        aws_lc_rs::rand::fill(&mut random).expect("the operating system's randomness does not fail once started");
        let mut session = Self {
            options,
            dialect,
            clock,
            tx: None,
            process: hex(&random),
            transactions: 0,
            current: None,
        };
        session.lend(connection);
        session
    }

    fn lend(&mut self, connection: AnyConnection) {
        let at = self.clock.now();
        self.tx = Some(Tx {
            connection,
            dialect: self.dialect,
            at,
            recorded: Vec::new(),
        });
    }

    pub(super) fn is_connected(&self) -> bool {
        self.tx.is_some()
    }

    pub(super) async fn ensure_connected(&mut self) -> Result<(), StoreError> {
        if self.tx.is_none() {
            let connection = connect(&self.options, self.dialect).await.map_err(not_connected)?;
            tracing::info!("The writer has a new connection");
            self.lend(connection);
        }
        Ok(())
    }

    /// Drops the connection; the database rolls back what was open on it.
    pub(super) fn abandon(&mut self) {
        self.tx = None;
    }

    pub(super) async fn close(&mut self) {
        if let Some(tx) = self.tx.take()
            && let Err(error) = tx.connection.close().await
        {
            tracing::debug!(%error, "The writer's connection did not close in order");
        }
    }

    fn tx(&mut self) -> Result<&mut Tx, StoreError> {
        self.tx
            .as_mut()
            .ok_or_else(|| StoreError::unavailable("there is no connection"))
    }

    async fn raw(&mut self, sql: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(sql).execute(&mut self.tx()?.connection).await?;
        Ok(())
    }

    /// Begins, and takes the row that makes changes follow one another in all processes.
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        self.transactions += 1;
        let token = format!("{}-{}", self.process, self.transactions);
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
        };
        let sql = format!(
            "{begin};
            -- take_head
            UPDATE ledger_head
            SET open_batch = '{token}'
            WHERE id = 1
            RETURNING seq, hash, last_batch"
        );
        self.current = None;
        let tx = self.tx()?;
        tx.recorded.clear();
        // The token is hex digits and a number.
        let row = sqlx::raw_sql(AssertSqlSafe(sql))
            .fetch_all(&mut tx.connection)
            .await?
            .pop();
        let row = row.ok_or(StoreError::Missing)?;
        let start = Head {
            seq: row.try_get(0)?,
            hash: row.try_get(1)?,
        };
        self.current = Some(Transaction {
            token,
            before: row.try_get(2)?,
            start,
            end: None,
        });
        Ok(())
    }

    /// Runs a change; false if it refused or failed, and then what it did must be undone.
    pub(super) async fn run(&mut self, job: &mut dyn Job) -> Result<bool, StoreError> {
        let at = self.clock.now();
        let tx = self.tx()?;
        tx.at = at;
        let recorded = tx.recorded.len();
        let went_well = job.run(tx).await;
        if !went_well {
            tx.recorded.truncate(recorded);
        }
        Ok(went_well)
    }

    /// Whether PostgreSQL refuses everything until a rollback, because a statement failed.
    pub(super) async fn is_aborted(&mut self) -> Result<bool, StoreError> {
        if self.dialect == Dialect::Sqlite {
            return Ok(false);
        }
        match sqlx::raw_sql("SELECT 1::bigint")
            .execute(&mut self.tx()?.connection)
            .await
        {
            Ok(_) => Ok(false),
            Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == "25P02") => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn savepoint(&mut self) -> Result<(), StoreError> {
        self.raw("SAVEPOINT change").await
    }

    pub(super) async fn release(&mut self) -> Result<(), StoreError> {
        self.raw("RELEASE SAVEPOINT change").await
    }

    pub(super) async fn undo(&mut self) -> Result<(), StoreError> {
        self.raw("ROLLBACK TO SAVEPOINT change; RELEASE SAVEPOINT change").await
    }

    pub(super) async fn rollback(&mut self) -> Result<(), StoreError> {
        self.raw("ROLLBACK").await
    }

    /// Appends to the ledger and commits; returns the ledger's end.
    ///
    /// The head is moved before the entries are written: if SQLite has rolled the transaction back by itself, the
    /// token is gone from the row and nothing is written outside a transaction.
    pub(super) async fn commit(&mut self) -> Result<Head, StoreError> {
        let current = self.current.as_mut().ok_or(StoreError::Missing)?;
        let tx = self
            .tx
            .as_mut()
            .ok_or_else(|| StoreError::unavailable("there is no connection"))?;
        let recorded = std::mem::take(&mut tx.recorded);
        let heads = ledger::chain(&current.start, &recorded);
        let end = heads.last().unwrap_or(&current.start).clone();
        let token = &current.token;
        let sql = format!(
            "-- move_head
            UPDATE ledger_head
            SET seq = {}, hash = '{}', open_batch = '', last_batch = '{token}'
            WHERE id = 1
                AND open_batch = '{token}'",
            end.seq, end.hash
        );
        // Numbers and hex digits only.
        let moved = sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut tx.connection)
            .await?
            .rows_affected();
        if moved != 1 {
            return Err(StoreError::unavailable("the database ended the transaction by itself"));
        }
        ledger::append(&mut tx.connection, &recorded, &heads).await?;
        current.end = Some(end.clone());
        sqlx::raw_sql("COMMIT").execute(&mut tx.connection).await?;
        Ok(end)
    }

    /// Asks a new connection whether the last transaction is in the database.
    ///
    /// Taking the head row waits for a commit that is still under way on the lost connection.
    pub(super) async fn was_committed(&mut self) -> Result<Committed, StoreError> {
        let Some(Transaction {
            token,
            before,
            start,
            end: Some(end),
        }) = self.current.take()
        else {
            return Ok(Committed::No);
        };
        let connection = &mut self.tx()?.connection;
        let query = sqlx::query(
            "-- was_committed
            UPDATE ledger_head
            SET open_batch = ''
            WHERE id = 1
            RETURNING last_batch",
        );
        let last: String = query.fetch_one(&mut *connection).await?.try_get(0)?;
        if last == token {
            return Ok(Committed::Yes(end));
        }
        if last == before {
            return Ok(Committed::No);
        }
        // Another process has committed since; only an entry of its own can tell.
        if start == end {
            return Ok(Committed::Unknown);
        }
        let found = sqlx::query("-- entry_hash\nSELECT hash FROM ledger WHERE seq = $1").bind(end.seq);
        let found = found
            .fetch_optional(connection)
            .await?
            .map(|row| row.try_get::<String, _>(0))
            .transpose()?;
        Ok(if found.is_some_and(|hash| hash == end.hash) {
            Committed::Yes(end)
        } else {
            Committed::No
        })
    }
}

fn not_connected(error: OpenError) -> StoreError {
    match error {
        OpenError::Connect(cause) => StoreError::Unavailable(cause),
        other => StoreError::Unavailable(Cause::of(&other)),
    }
}
