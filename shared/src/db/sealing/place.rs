//! Where a sealed value is stored.

/// The place a sealed value belongs to. It opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub table: &'a str,
    pub column: &'a str,
    /// The row's id.
    pub row: &'a str,
    /// Position in a value that is stored in pieces, from 0.
    pub chunk: u32,
    /// Version of the column's content, raised when its meaning changes.
    pub schema: u32,
}

impl<'a> Place<'a> {
    /// A column of a row whose value is whole, in its first version.
    pub const fn new(table: &'a str, column: &'a str, row: &'a str) -> Self {
        Self {
            table,
            column,
            row,
            chunk: 0,
            schema: 1,
        }
    }

    /// One piece of a value, from 0.
    #[must_use]
    pub const fn chunk(self, chunk: u32) -> Self {
        Self { chunk, ..self }
    }

    /// Another version of the column's content.
    #[must_use]
    pub const fn schema(self, schema: u32) -> Self {
        Self { schema, ..self }
    }

    /// The additional data: every part preceded by its length.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        for part in [self.table, self.column, self.row] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes.extend_from_slice(&self.chunk.to_be_bytes());
        bytes.extend_from_slice(&self.schema.to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn no_two_places_have_the_same_bytes() {
        let place = Place::new("report", "content", "1");
        let others = [
            Place::new("reportc", "ontent", "1"),
            Place::new("report", "content", "2"),
            Place::new("report", "content1", ""),
            place.chunk(1),
            place.schema(2),
            place.chunk(1).schema(0),
        ];
        for other in others {
            assert_ne!(place.to_bytes(), other.to_bytes(), "{other:?}");
        }
    }
}
