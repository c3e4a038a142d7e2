//! The contract's messages on standard output, and from files.

use framme_shared::wire::json;
use prost::Message;

use super::outcome::CommandError;

/// Prints a message on one line. `name` is its full name in the contract.
pub(super) fn print(name: &str, message: &impl Message) {
    println!("{}", json::write(name, message));
}

/// Reads a message.
///
/// # Errors
/// Says where the text is wrong, and never what stands there.
pub(super) fn parse<M: Message + Default>(name: &str, text: &str) -> Result<M, CommandError> {
    json::read(name, text).map_err(|error| CommandError::Usage(error.to_string()))
}
