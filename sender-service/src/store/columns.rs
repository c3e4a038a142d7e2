//! Reading columns strictly: a value that cannot be is reported with table, column and row, and never repaired.

use std::str::FromStr;

use framme_shared::{db::StoreError, domain::digest::Digest};
use jiff::Timestamp;
use sqlx::{Row as _, any::AnyRow};

/// One row of a table, with what names it in errors.
pub struct Reader<'r> {
    row: &'r AnyRow,
    table: &'static str,
    key: &'static str,
}

impl<'r> Reader<'r> {
    /// Reads a row of this table, whose column `key` names it.
    pub fn new(row: &'r AnyRow, table: &'static str, key: &'static str) -> Self {
        Self { row, table, key }
    }

    /// A text.
    pub fn text(&self, column: &'static str) -> Result<String, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    /// A text that may be NULL.
    pub fn text_or_null(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    /// A whole number.
    pub fn number(&self, column: &'static str) -> Result<i64, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    /// A whole number that may be NULL.
    pub fn number_or_null(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    /// A count or sequence number: never negative.
    pub fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        u64::try_from(self.number(column)?).map_err(|_| self.corrupt(column))
    }

    /// Bytes.
    pub fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    /// Bytes that may be NULL.
    pub fn bytes_or_null(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    /// A digest of 32 bytes.
    pub fn digest(&self, column: &'static str) -> Result<Digest, StoreError> {
        Digest::from_slice(&self.bytes(column)?).map_err(|_| self.corrupt(column))
    }

    /// A text with a canonical form: an id, an organisation number, a word of a closed set.
    pub fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|_| self.corrupt(column))
    }

    /// As [`Reader::parsed`], and may be NULL.
    pub fn parsed_or_null<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        let text = self.text_or_null(column)?;
        text.map(|text| text.parse().map_err(|_| self.corrupt(column)))
            .transpose()
    }

    /// A word of a closed set.
    pub fn word<T, E>(&self, column: &'static str, parse: fn(&str) -> Result<T, E>) -> Result<T, StoreError> {
        parse(&self.text(column)?).map_err(|_| self.corrupt(column))
    }

    /// A time.
    pub fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(self.number(column)?).map_err(|_| self.corrupt(column))
    }

    /// A time that may be NULL.
    pub fn time_or_null(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let number = self.number_or_null(column)?;
        number
            .map(|number| Timestamp::from_microsecond(number).map_err(|_| self.corrupt(column)))
            .transpose()
    }

    /// A flag stored as 0 or 1.
    pub fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        match self.number(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.corrupt(column)),
        }
    }

    /// The error for a value that cannot be.
    pub fn corrupt(&self, column: &'static str) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column,
            row: self.row.try_get(self.key).unwrap_or_default(),
        }
    }
}
