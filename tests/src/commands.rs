//! The real programs, run as somebody at a terminal runs them.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use framme_demo::world::Process;
use serde_json::Value;
use tokio::process::{Child, Command};

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Standard output as JSON.
    ///
    /// # Panics
    /// When the command failed, or it is none.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Succeeds silently, or panics with everything.
    ///
    /// # Panics
    /// When the exit code is another.
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// One program with the flags and the token that a person uses.
#[derive(Debug, Clone)]
pub struct Tool {
    program: PathBuf,
    flags: Vec<String>,
    token: Option<String>,
}

impl Tool {
    /// The program of this process, with its configuration and this token.
    pub fn of(process: &Process, token: &str) -> Self {
        Self {
            program: process.program().to_owned(),
            flags: vec!["--config".to_owned(), process.config_file().display().to_string()],
            token: Some(token.to_owned()),
        }
    }

    /// The same with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same with these flags before the command instead of the configuration.
    pub fn with_flags(&self, flags: &[&str]) -> Self {
        Self {
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            ..self.clone()
        }
    }

    /// The same with another configuration.
    pub fn with_config(&self, file: &Path) -> Self {
        self.with_flags(&["--config", &file.display().to_string()])
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.flags)
            .args(arguments)
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(token) = &self.token {
            command.env("FRAMME_TOKEN", token);
        }
        command
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it cannot be started, or is killed by a signal.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        let output = self
            .command(arguments)
            .output()
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        Ran {
            code: output.status.code().expect("it ends by itself"),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts it and leaves it running.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.program.display()))
    }
}
