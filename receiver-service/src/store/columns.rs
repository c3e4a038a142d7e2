//! Columns into values; a value that is not of its form names its table, column and row.

use std::str::FromStr;

use framme_shared::{
    db::{StoreError, sealing::WrappedKey},
    domain::{
        digest::Digest,
        receipt::ChainHead,
        report::{ReportType, Urgency},
    },
};
use jiff::Timestamp;
use sqlx::{Row as _, any::AnyRow};

/// A row of a table, with the key that errors name.
pub(super) struct Columns<'r> {
    row: &'r AnyRow,
    table: &'static str,
    key: String,
}

impl<'r> Columns<'r> {
    /// The row of `table` whose key stands in `key_column`.
    pub(super) fn keyed(row: &'r AnyRow, table: &'static str, key_column: &'static str) -> Result<Self, StoreError> {
        let key = row.try_get(key_column)?;
        Ok(Self { row, table, key })
    }

    /// The row of `table` with this key.
    pub(super) fn of(row: &'r AnyRow, table: &'static str, key: impl Into<String>) -> Self {
        Self {
            row,
            table,
            key: key.into(),
        }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn corrupt(&self, column: &'static str) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column,
            row: self.key.clone(),
        }
    }

    pub(super) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    pub(super) fn opt_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    pub(super) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    pub(super) fn opt_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    pub(super) fn number(&self, column: &'static str) -> Result<i64, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    pub(super) fn opt_number(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        Ok(self.row.try_get(column)?)
    }

    /// A number that is never negative.
    pub(super) fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        u64::try_from(self.number(column)?).map_err(|_| self.corrupt(column))
    }

    pub(super) fn opt_count(&self, column: &'static str) -> Result<Option<u64>, StoreError> {
        self.opt_number(column)?
            .map(|number| u64::try_from(number).map_err(|_| self.corrupt(column)))
            .transpose()
    }

    pub(super) fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        match self.number(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.corrupt(column)),
        }
    }

    pub(super) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(self.number(column)?).map_err(|_| self.corrupt(column))
    }

    pub(super) fn opt_time(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.opt_number(column)?
            .map(|number| Timestamp::from_microsecond(number).map_err(|_| self.corrupt(column)))
            .transpose()
    }

    pub(super) fn digest(&self, column: &'static str) -> Result<Digest, StoreError> {
        Digest::from_slice(&self.bytes(column)?).map_err(|_| self.corrupt(column))
    }

    pub(super) fn key_of(&self, column: &'static str) -> Result<WrappedKey, StoreError> {
        self.bytes(column).map(WrappedKey::from_bytes)
    }

    /// The end of a chain of receipts, from its number and its digest.
    pub(super) fn head(&self, sequence: &'static str, sha256: &'static str) -> Result<ChainHead, StoreError> {
        ChainHead::stored(self.count(sequence)?, self.digest(sha256)?).map_err(|_| self.corrupt(sha256))
    }

    pub(super) fn opt_parsed<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        self.opt_text(column)?
            .map(|text| text.parse().map_err(|_| self.corrupt(column)))
            .transpose()
    }

    pub(super) fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|_| self.corrupt(column))
    }
}

/// The type of a report, in the column of its name.
pub(super) fn report_type(columns: &Columns<'_>) -> Result<ReportType, StoreError> {
    ReportType::parse(&columns.text("report_type")?).map_err(|_| columns.corrupt("report_type"))
}

/// The urgency of a report, from its rank.
pub(super) fn urgency(columns: &Columns<'_>) -> Result<Urgency, StoreError> {
    let rank = columns.number("urgency_rank")?;
    let found = Urgency::ALL.iter().copied().find(|urgency| urgency.rank() == rank);
    found.ok_or_else(|| columns.corrupt("urgency_rank"))
}

/// The name of the master key that wraps `key`: the column that a rotation selects by.
pub(super) fn master_of(key: &WrappedKey) -> &str {
    // A key that is damaged has no name, and is found when it is unwrapped.
    key.master_key().unwrap_or_default()
}

/// A number of ours as the database has it. Sequences, sizes and counts stay far below the limit.
pub(super) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
