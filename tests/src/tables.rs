//! What lies in the tables of a database, past all code of the services.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

/// The URL of a service's database, from its configuration file.
///
/// # Panics
/// When the file cannot be read or names none.
pub fn database_url(config: &std::path::Path) -> String {
    let text = std::fs::read_to_string(config).expect("the configuration can be read");
    let url = text.lines().find_map(|line| line.strip_prefix("url = "));
    url.expect("the configuration names a database")
        .trim_matches('"')
        .to_owned()
}

/// A database as it lies there.
pub struct Tables {
    connection: AnyConnection,
    is_postgres: bool,
}

impl Tables {
    /// Connects to a database of either kind.
    ///
    /// # Panics
    /// When it cannot be reached.
    pub async fn open(url: &str) -> Self {
        sqlx::any::install_default_drivers();
        let connection = AnyConnection::connect(url).await;
        Self {
            connection: connection.expect("the database can be reached"),
            is_postgres: url.starts_with("postgres"),
        }
    }

    /// How many rows each table has.
    pub async fn row_counts(&mut self) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        for table in self.names().await {
            let rows = self.texts(format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table}")).await;
            let count = rows[0].parse().expect("a count is a number");
            counts.insert(table, count);
        }
        counts
    }

    /// Every value of every column as bytes, with `table.column`.
    pub async fn values(&mut self) -> Vec<(String, Vec<u8>)> {
        let mut values = Vec::new();
        for table in self.names().await {
            for column in self.columns(&table).await {
                let in_hex = if self.is_postgres {
                    format!(
                        "CASE WHEN pg_typeof({column})::text = 'bytea' THEN substr({column}::text, 3) ELSE encode(convert_to({column}::text, 'UTF8'), 'hex') END"
                    )
                } else {
                    format!("hex({column})")
                };
                let query = format!("SELECT {in_hex} FROM {table} WHERE {column} IS NOT NULL");
                for value in self.texts(query).await {
                    values.push((format!("{table}.{column}"), of_hex(&value)));
                }
            }
        }
        values
    }

    async fn names(&mut self) -> Vec<String> {
        let query = if self.is_postgres {
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'"
        } else {
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        };
        self.texts(query.to_owned()).await
    }

    async fn columns(&mut self, table: &str) -> Vec<String> {
        let query = if self.is_postgres {
            format!("SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'")
        } else {
            format!("SELECT name FROM pragma_table_info('{table}')")
        };
        self.texts(query).await
    }

    async fn texts(&mut self, query: String) -> Vec<String> {
        // Names come from the database's own catalogue.
        let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(&mut self.connection).await;
        let rows = rows.expect("the database answers");
        rows.iter().map(|row| row.get(0)).collect()
    }
}

fn of_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).expect("the database writes hex") as u8;
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}
