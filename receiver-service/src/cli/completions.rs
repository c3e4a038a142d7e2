//! `receiver completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use framme_shared::runtime::exit::Exit;

use super::Cli;

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Exit {
        clap_complete::generate(self.shell, &mut Cli::command(), "receiver", &mut std::io::stdout());
        Exit::Ok
    }
}
