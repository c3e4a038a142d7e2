//! Where the database is and what guards it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sqlx::any::AnyConnectOptions;

use super::{Dialect, OpenError};

/// The `[database]` section of a service's configuration.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `postgres://USER@HOST/DATABASE`. A PostgreSQL password belongs in `PGPASSFILE` or `PGPASSWORD`.
    pub url: String,
    /// File of master keys (see [`MasterKeys`](super::sealing::MasterKeys)). Without it the file is
    /// `framme-master-key` in `$CREDENTIALS_DIRECTORY`, or the one that `FRAMME_MASTER_KEY_FILE` names.
    #[serde(default)]
    pub master_key_file: Option<PathBuf>,
    /// File that remembers how far the ledger had come. On another disk than the database it finds a database that
    /// lost its newest changes or was replaced by an older copy. Each process needs its own.
    #[serde(default)]
    pub high_water_mark: Option<PathBuf>,
    /// Connections for reading, 1-64.
    #[serde(default = "default_readers")]
    pub readers: u32,
}

fn default_readers() -> u32 {
    8
}

impl DatabaseConfig {
    /// A configuration with everything but the place left at its default.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            master_key_file: None,
            high_water_mark: None,
            readers: default_readers(),
        }
    }

    /// An embedded database in this file.
    pub fn sqlite(path: &Path) -> Self {
        Self::new(format!("sqlite:{}", path.display()))
    }

    /// Which database the URL names.
    ///
    /// # Errors
    /// [`OpenError::Url`] when the scheme is neither `sqlite` nor `postgres`.
    pub fn dialect(&self) -> Result<Dialect, OpenError> {
        match self.url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Dialect::Sqlite),
            Some("postgres" | "postgresql") => Ok(Dialect::Postgres),
            _ => Err(OpenError::Url("it must begin with sqlite: or postgres:")),
        }
    }

    /// The file of an embedded database.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        let path = self.url.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        (!path.is_empty()).then(|| PathBuf::from(path))
    }

    pub(super) fn connect_options(&self) -> Result<AnyConnectOptions, OpenError> {
        let url = match self.dialect()? {
            Dialect::Sqlite => sqlite_url(&self.sqlite_path().ok_or(OpenError::Url("it names no file"))?)?,
            Dialect::Postgres => postgres_url(&self.url),
        };
        let options: AnyConnectOptions = url.parse().map_err(|_| OpenError::Url("it cannot be parsed"))?;
        Ok(sqlx::ConnectOptions::disable_statement_logging(options))
    }
}

/// A path as the driver wants it: absolute, percent-encoded, opened for writing but never created.
fn sqlite_url(path: &Path) -> Result<String, OpenError> {
    let absolute = std::path::absolute(path).map_err(|_| OpenError::Url("its path cannot be made absolute"))?;
    let text = absolute.to_str().ok_or(OpenError::Url("its path is not UTF-8"))?;
    let mut url = String::from("sqlite://");
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => url.push(char::from(byte)),
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url.push_str("?mode=rw");
    Ok(url)
}

/// Room for every statement that a service prepares, each in a few lengths.
fn postgres_url(url: &str) -> String {
    const CAPACITY: &str = "statement-cache-capacity";
    let separator = if url.contains('?') { '&' } else { '?' };
    if url.contains(CAPACITY) {
        url.to_owned()
    } else {
        format!("{url}{separator}{CAPACITY}=500")
    }
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("url", &without_password(&self.url))
            .field("master_key_file", &self.master_key_file)
            .field("high_water_mark", &self.high_water_mark)
            .field("readers", &self.readers)
            .finish()
    }
}

/// The URL for people: scheme, host and database, never what stands before the `@`.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides_the_dialect() {
        assert_eq!(DatabaseConfig::new("sqlite:a.db").dialect().unwrap(), Dialect::Sqlite);
        assert_eq!(
            DatabaseConfig::new("postgres://h/d").dialect().unwrap(),
            Dialect::Postgres
        );
        assert!(DatabaseConfig::new("mysql://h/d").dialect().is_err());
        assert!(DatabaseConfig::new("").dialect().is_err());
    }

    #[test]
    fn a_path_may_be_relative_absolute_and_hold_any_character() {
        assert_eq!(
            DatabaseConfig::new("sqlite://a.db").sqlite_path(),
            Some(PathBuf::from("a.db"))
        );
        assert_eq!(
            DatabaseConfig::new("sqlite:///var/a.db").sqlite_path(),
            Some(PathBuf::from("/var/a.db"))
        );
        assert_eq!(
            sqlite_url(Path::new("/tmp/å ?#.db")).unwrap(),
            "sqlite:///tmp/%C3%A5%20%3F%23.db?mode=rw"
        );
    }

    #[test]
    fn debug_shows_no_password() {
        let shown = format!("{:?}", DatabaseConfig::new("postgres://user:secret@host/db"));
        assert!(!shown.contains("secret"), "{shown}");
        assert!(shown.contains("host/db"), "{shown}");
    }
}
