//! The sender's program: parse, run the command, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(framme_sender::cli::main().code())
}
