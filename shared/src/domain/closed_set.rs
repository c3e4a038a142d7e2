//! Enums that are written as words: in database columns, in receipts, in figures.

/// A word that is not in the closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the words for {set}")]
pub struct UnknownWord {
    /// Which set, for example `stage`.
    pub set: &'static str,
}

/// Declares an enum whose values each have one word, with `ALL`, `as_str`, `parse`, `Display` and serde.
///
/// The words travel in signed receipts and lie in databases: a word once released is never changed or used again.
macro_rules! closed_set {
    ($(#[$doc:meta])* $name:ident in $set:literal { $($(#[$value_doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$value_doc])* $value,)+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The word for this value.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word,)+ }
            }

            /// The value of a word; the match is exact.
            ///
            /// # Errors
            /// When the word is not in the set.
            pub fn parse(word: &str) -> Result<Self, $crate::domain::closed_set::UnknownWord> {
                match word {
                    $($word => Ok(Self::$value),)+
                    _ => Err($crate::domain::closed_set::UnknownWord { set: $set }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        $crate::domain::text_form::text_form!($name, $crate::domain::closed_set::UnknownWord);
    };
}

pub(crate) use closed_set;
