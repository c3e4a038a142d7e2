//! `receiver completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use framme_shared::runtime::exit::Exit;

use super::{Cli, output};

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Exit {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "receiver", &mut script);
        output::write(&script);
        Exit::Ok
    }
}
