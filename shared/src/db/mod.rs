//! Storage that both services use in the same way.
