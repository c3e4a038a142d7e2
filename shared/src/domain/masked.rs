//! Structures made of personal data print their name only.

/// Gives types a `Debug` that prints their name and nothing of their content.
macro_rules! masked_debug {
    ($($type:ident),+ $(,)?) => {
        $(impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(***)"))
            }
        })+
    };
}

pub(crate) use masked_debug;
