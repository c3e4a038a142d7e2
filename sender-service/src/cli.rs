//! The `sender` command: running the service, looking after it, and using its local interface.

mod attachment;
mod check;
mod client;
mod credential;
mod deadline;
mod directory;
mod doctor;
mod evidence;
mod figures;
mod held;
mod json;
mod keys;
mod letter;
mod notification;
mod outcome;
mod owed;
mod readiness;
mod receiver;
mod reconciliation;
mod report;
mod service;
mod statement;
mod submit;
mod task;
mod upload;

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand};
use framme_shared::runtime::{access::Access, config, exit::Exit, tls};

use self::outcome::CommandError;
use crate::config::{Config, ENV_PREFIX};

/// Sends a police district's reports to child welfare services, and sees each of them through.
#[derive(Debug, Parser)]
#[command(name = "sender", version, after_help = Exit::HELP)]
struct Arguments {
    /// The configuration file. Without it ./sender.toml is read, if there is one.
    #[arg(long, global = true, env = "FRAMME_SENDER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    access: Access,
    /// Print JSON: the contract's messages with the contract's field names (ProtoJSON).
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service until it is asked to stop.
    Serve(service::Serve),
    /// Make the database, or bring it up to this program's schema. Safe to repeat.
    Migrate,
    /// Write a consistent copy of an embedded database to a new file. The service may run. PostgreSQL: use pg_dump.
    Backup {
        /// Where to; must not exist yet.
        file: PathBuf,
    },
    /// Check the configuration, the keys and the certificates, without running anything.
    CheckConfig,
    /// Look for faults: schema, ledger, chains of receipts, sealed content, certificate, receivers, failing deliveries.
    Doctor(doctor::Doctor),
    /// Submit reports and see where they are.
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// What receivers owe about children that they have, soonest or longest overdue first.
    Owed(owed::Owed),
    /// Reports and children per police district; signed figures of a period; the table of the whole country.
    Figures(figures::Figures),
    /// The receivers and the state of the exchange with each.
    #[command(subcommand)]
    Receiver(receiver::ReceiverCommand),
    /// Who answers for whom: the register of child welfare services. Works on the files alone.
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// Comparisons with receivers: whether both sides hold the same.
    #[command(subcommand)]
    Reconciliation(reconciliation::ReconciliationCommand),
    /// Daily statements, exchanged with each receiver.
    #[command(subcommand)]
    Statement(statement::StatementCommand),
    /// What people must look at.
    #[command(subcommand)]
    Task(task::TaskCommand),
    /// Who is told of what waits, and whether it arrives.
    #[command(subcommand)]
    Notification(notification::NotificationCommand),
    /// What somebody must do, until when, and who has been told.
    #[command(subcommand)]
    Deadline(deadline::DeadlineCommand),
    /// Letters: reports that also go by post.
    #[command(subcommand)]
    Letter(letter::LetterCommand),
    /// Evidence of reports, for whoever checks afterwards.
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// Files that were uploaded and whose reports never came.
    #[command(subcommand)]
    Attachment(attachment::AttachmentCommand),
    /// Who may call the local interface. Works on the database directly.
    #[command(subcommand)]
    Credential(credential::CredentialCommand),
    /// The master keys that wrap the reports' data keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// What commands share.
struct Session {
    file: Option<PathBuf>,
    access: Access,
    json: bool,
}

/// Parses the command line and runs the command.
pub fn main() -> Exit {
    tls::install_provider();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            // A closed terminal is no reason to fail.
            let _ = error.print();
            return exit;
        }
    };
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => {
            eprintln!("sender: the runtime cannot start: {error}");
            Exit::Failure
        }
    }
}

async fn run(arguments: Arguments) -> Exit {
    let session = Session {
        file: arguments
            .config
            .or_else(|| Some(Config::default_file()).filter(|file| file.exists())),
        access: arguments.access,
        json: arguments.json,
    };
    match dispatch(&session, arguments.command).await {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("sender: {}", error.text());
            error.exit()
        }
    }
}

async fn dispatch(session: &Session, command: Command) -> Result<Exit, CommandError> {
    match command {
        Command::Serve(serve) => service::serve(session, serve).await,
        Command::Migrate => service::migrate(session).await,
        Command::Backup { file } => service::backup(session, &file).await,
        Command::CheckConfig => check::check_config(session),
        Command::Doctor(arguments) => doctor::doctor(session, arguments).await,
        Command::Report(command) => report::run(session, command).await,
        Command::Owed(arguments) => owed::run(session, arguments).await,
        Command::Figures(arguments) => figures::run(session, arguments).await,
        Command::Receiver(command) => receiver::run(session, command).await,
        Command::Directory(command) => directory::run(session, command).await,
        Command::Reconciliation(command) => reconciliation::run(session, command).await,
        Command::Statement(command) => statement::run(session, command).await,
        Command::Task(command) => task::run(session, command).await,
        Command::Notification(command) => notification::run(session, command).await,
        Command::Deadline(command) => deadline::run(session, command).await,
        Command::Letter(command) => letter::run(session, command).await,
        Command::Evidence(command) => evidence::run(session, command).await,
        Command::Attachment(command) => attachment::run(session, command).await,
        Command::Credential(command) => credential::run(session, command).await,
        Command::Keys(command) => keys::run(session, command).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "sender", &mut std::io::stdout());
            Ok(Exit::Ok)
        }
    }
}

impl Session {
    fn config(&self) -> Result<Config, CommandError> {
        Ok(config::load(self.file.as_deref(), ENV_PREFIX, &[])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
