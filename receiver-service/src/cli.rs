//! The commands of `receiver`.

mod check;
mod child;
mod client;
mod completions;
mod credential;
mod deadline;
mod doctor;
mod evidence;
mod failure;
mod feedback;
mod keys;
mod letter;
mod migrate;
mod notification;
mod output;
mod owed;
mod report_lines;
mod serve;
mod setup;
mod staff;
mod statement;
mod task;
mod waiting;
mod worklist;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use framme_shared::runtime::{access::Access, exit::Exit};

pub use failure::report;

/// Takes reports from the police, keeps them sealed, and states by signed receipts how far each child has come.
#[derive(Debug, Parser)]
#[command(name = "receiver", version, after_help = Exit::HELP)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// The configuration file. Without it ./receiver.toml is read, if there is one.
    #[arg(long, global = true, env = "FRAMME_RECEIVER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the service is, and who calls.
    #[command(flatten)]
    pub access: Access,
    /// Print JSON: the contract's messages with the contract's field names (ProtoJSON).
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves senders, and the service's own people and case systems, until a signal.
    Serve(serve::Serve),
    /// Makes the tables, or brings them up to this version. Safe to repeat.
    Migrate,
    /// Writes a consistent copy of an embedded database to a new file. The service may run. PostgreSQL: use pg_dump.
    Backup {
        /// Where to; must not exist yet.
        file: PathBuf,
    },
    /// Reads the configuration and everything it names, and says what is wrong.
    CheckConfig,
    /// Looks for faults: schema, ledger, chains of receipts, sealed content, certificates, waiting children.
    Doctor(doctor::Doctor),
    /// The work list.
    #[command(subcommand)]
    Worklist(worklist::Worklist),
    /// How much waits, and whom to ask: told to everybody, also to those who may not open it.
    Waiting,
    /// Gives a child to a caseworker.
    Assign(child::Assign),
    /// Takes a child from its caseworker: it is undelivered again.
    Revoke(child::Revoke),
    /// Records the case number that the case system gave a child.
    Register(child::Register),
    /// Refuses a child, with a reason.
    Reject(child::Reject),
    /// Says that a child belongs to another service.
    Redirect(child::Redirect),
    /// Records what the assessment of a child came to.
    Assess(child::Assess),
    /// Tells the reporter that the report was received, and whether an investigation is opened.
    Confirm(feedback::Confirm),
    /// Records that an investigation has ended: its outcome is owed from then on.
    EndInvestigation(feedback::EndInvestigation),
    /// Tells the reporter that the investigation has ended, and what it came to.
    Conclude(feedback::Conclude),
    /// Tells the prosecutor what was decided about a case that was transferred.
    AnswerProsecution(feedback::AnswerProsecution),
    /// What is owed about children, soonest or longest overdue first, and what was told that the police have not confirmed.
    Owed(owed::Owed),
    /// The staff register.
    #[command(subcommand)]
    Staff(staff::Staff),
    /// Daily statements, exchanged with each sender.
    #[command(subcommand)]
    Statement(statement::Statement),
    /// Letters from the police that came by post.
    #[command(subcommand)]
    Letter(letter::Letter),
    /// What people must look at.
    #[command(subcommand)]
    Task(task::Task),
    /// Who is told of what waits, and whether it arrives.
    #[command(subcommand)]
    Notification(notification::NotificationCommand),
    /// What somebody must do, until when, and who has been told.
    #[command(subcommand)]
    Deadline(deadline::Deadline),
    /// Tokens of people and programs.
    #[command(subcommand)]
    Credential(credential::Credential),
    /// Evidence of reports, for whoever checks afterwards.
    #[command(subcommand)]
    Evidence(evidence::Evidence),
    /// Master keys.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Prints completions for a shell.
    Completions(completions::Completions),
}

/// Runs a command.
///
/// # Errors
/// Whatever it could not do; see [`report`].
pub async fn run(cli: Cli) -> anyhow::Result<Exit> {
    let Cli { common, command } = cli;
    match command {
        Command::Serve(command) => command.run(&common).await,
        Command::Migrate => migrate::run(&common).await,
        Command::Backup { file } => migrate::backup(&common, &file).await,
        Command::CheckConfig => check::run(&common).await,
        Command::Doctor(command) => command.run(&common).await,
        Command::Worklist(command) => command.run(&common).await,
        Command::Waiting => waiting::run(&common).await,
        Command::Assign(command) => command.run(&common).await,
        Command::Revoke(command) => command.run(&common).await,
        Command::Register(command) => command.run(&common).await,
        Command::Reject(command) => command.run(&common).await,
        Command::Redirect(command) => command.run(&common).await,
        Command::Assess(command) => command.run(&common).await,
        Command::Confirm(command) => command.run(&common).await,
        Command::EndInvestigation(command) => command.run(&common).await,
        Command::Conclude(command) => command.run(&common).await,
        Command::AnswerProsecution(command) => command.run(&common).await,
        Command::Owed(command) => command.run(&common).await,
        Command::Staff(command) => command.run(&common).await,
        Command::Statement(command) => command.run(&common).await,
        Command::Letter(command) => command.run(&common).await,
        Command::Task(command) => command.run(&common).await,
        Command::Notification(command) => command.run(&common).await,
        Command::Deadline(command) => command.run(&common).await,
        Command::Credential(command) => command.run(&common).await,
        Command::Evidence(command) => command.run(&common),
        Command::Keys(command) => command.run(&common).await,
        Command::Completions(command) => Ok(command.run()),
    }
}
