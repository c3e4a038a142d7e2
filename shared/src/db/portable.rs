//! Migration text for the database at hand.

use super::Dialect;

/// The same statements with the dialect's name for bytes. Only whole words in capitals are replaced.
pub(super) fn for_dialect(sql: &str, dialect: Dialect) -> String {
    if dialect == Dialect::Sqlite {
        return sql.to_owned();
    }
    let mut text = String::with_capacity(sql.len() + 64);
    let mut word = String::new();
    for character in sql.chars() {
        if character.is_alphanumeric() || character == '_' {
            word.push(character);
        } else {
            push_word(&mut text, &mut word);
            text.push(character);
        }
    }
    push_word(&mut text, &mut word);
    text
}

fn push_word(text: &mut String, word: &mut String) {
    text.push_str(if word == "BLOB" { "BYTEA" } else { word });
    word.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_another_name_on_postgresql() {
        let sql = "CREATE TABLE a (sealed BLOB NOT NULL, blob_count BIGINT, BLOBS TEXT, last BLOB";
        assert_eq!(
            for_dialect(sql, Dialect::Postgres),
            "CREATE TABLE a (sealed BYTEA NOT NULL, blob_count BIGINT, BLOBS TEXT, last BYTEA"
        );
        assert_eq!(for_dialect(sql, Dialect::Sqlite), sql);
    }
}
