//! Letters: reports that also go by post.

use std::{fs::File, io::Write as _, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use framme_shared::{
    domain::ids::{LetterId, ReportId, RequestId, TransmissionId},
    runtime::{
        exit::Exit,
        random::{OsRandom, Random as _},
    },
    wire::{
        pb::sender::{
            Letter, LetterConfirmedBy, LetterLanguage, LetterStage, LetterWarning, ListLettersRequest,
            ListLettersResponse, OrderLetterRequest, PrintLetterRequest, RecordLetterCallRequest,
            RecordLetterPostedRequest,
        },
        time::{from_pb, to_pb},
    },
};
use jiff::Timestamp;

use super::{Session, json, outcome::CommandError};

#[derive(Debug, Subcommand)]
pub(super) enum LetterCommand {
    /// Order a letter of one transmission.
    Order(Order),
    /// Write a letter to a file, as PDF. Recorded as a reading of the report, and as printed.
    Print(Print),
    /// Say that a printed letter was posted. Posted is not delivered.
    Posted(Posted),
    /// Say that somebody at the service confirmed on the phone that a letter has come.
    Call(Call),
    /// Letters and how far each has come, newest first.
    List {
        /// Only those of this report.
        #[arg(long, value_name = "ID")]
        report: Option<ReportId>,
        /// Also those that are confirmed or superseded.
        #[arg(long)]
        all: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Order {
    /// The transmission; see `sender report show`.
    transmission: TransmissionId,
    /// The service that it goes to.
    #[arg(long, value_name = "NAME")]
    to: String,
    /// A line of its address; up to five times.
    #[arg(long = "line", value_name = "LINE", required = true)]
    lines: Vec<String>,
    /// It goes by a delivery that only the addressee opens.
    #[arg(long)]
    sealed_delivery: bool,
    /// Earlier letters of the transmission that are not confirmed count no more.
    #[arg(long)]
    supersede_earlier: bool,
    #[command(flatten)]
    again: Again,
}

#[derive(Debug, Args)]
pub(super) struct Again {
    /// To repeat a request whose answer was lost: its id, a UUID.
    #[arg(long, value_name = "ID")]
    request_id: Option<RequestId>,
}

impl Again {
    fn id(&self) -> String {
        self.request_id
            .map_or_else(|| OsRandom.new_uuid().to_string(), |id| id.to_string())
    }
}

#[derive(Debug, Args)]
pub(super) struct Print {
    /// The letter.
    letter: LetterId,
    /// The language of headings and guidance.
    #[arg(long)]
    language: Language,
    /// Where to; must not exist yet. Anybody who reads the file reads the report: delete it when it is printed.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    /// Bokmål.
    Nb,
    /// Nynorsk.
    Nn,
}

#[derive(Debug, Args)]
pub(super) struct Posted {
    /// The letter.
    letter: LetterId,
    #[command(flatten)]
    again: Again,
}

#[derive(Debug, Args)]
pub(super) struct Call {
    /// The letter.
    letter: LetterId,
    /// Who at the service said so.
    #[arg(long, value_name = "NAME")]
    answered_by: String,
    /// When: 2026-03-02T10:00:00Z.
    #[arg(long, value_name = "TIME")]
    at: Timestamp,
    #[command(flatten)]
    again: Again,
}

pub(super) async fn run(session: &Session, command: LetterCommand) -> Result<Exit, CommandError> {
    match command {
        LetterCommand::Order(order) => order.run(session).await,
        LetterCommand::Print(print) => print.run(session).await,
        LetterCommand::Posted(posted) => posted.run(session).await,
        LetterCommand::Call(call) => call.run(session).await,
        LetterCommand::List { report, all } => list(session, report, all).await,
    }
}

impl Order {
    async fn run(self, session: &Session) -> Result<Exit, CommandError> {
        let request = OrderLetterRequest {
            request_id: self.again.id(),
            transmission_id: self.transmission.to_string(),
            recipient_name: self.to,
            recipient_address_lines: self.lines,
            sealed_delivery: self.sealed_delivery,
            supersede_earlier: self.supersede_earlier,
        };
        let answer = session.letters()?.order_letter(request).await?.into_inner();
        warn(&answer.warnings);
        if session.json {
            json::print("framme.sender.v1.OrderLetterResponse", &answer);
        } else {
            answer.letter.iter().for_each(show);
        }
        Ok(Exit::Ok)
    }
}

impl Print {
    async fn run(self, session: &Session) -> Result<Exit, CommandError> {
        let unwritable = |error: std::io::Error| CommandError::Usage(format!("{}: {error}", self.output.display()));
        let mut file = create(&self.output).map_err(unwritable)?;
        let language = match self.language {
            Language::Nb => LetterLanguage::Bokmal,
            Language::Nn => LetterLanguage::Nynorsk,
        };
        let request = PrintLetterRequest {
            letter_id: self.letter.to_string(),
            language: language.into(),
        };
        let printed = async {
            let answer = session.letters()?.print_letter(request).await?.into_inner();
            file.write_all(&answer.pdf)
                .and_then(|()| file.sync_all())
                .map_err(unwritable)?;
            Ok::<_, CommandError>(answer)
        };
        match printed.await {
            Ok(answer) => {
                warn(&answer.warnings);
                Ok(Exit::Ok)
            }
            Err(error) => {
                // Half a letter is none.
                let _ = std::fs::remove_file(&self.output);
                Err(error)
            }
        }
    }
}

/// A file that only its owner reads.
fn create(path: &PathBuf) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Posted {
    async fn run(self, session: &Session) -> Result<Exit, CommandError> {
        let request = RecordLetterPostedRequest {
            request_id: self.again.id(),
            letter_id: self.letter.to_string(),
        };
        let answer = session.letters()?.record_letter_posted(request).await?.into_inner();
        if session.json {
            json::print("framme.sender.v1.RecordLetterPostedResponse", &answer);
        } else {
            answer.letter.iter().for_each(show);
        }
        Ok(Exit::Ok)
    }
}

impl Call {
    async fn run(self, session: &Session) -> Result<Exit, CommandError> {
        let request = RecordLetterCallRequest {
            request_id: self.again.id(),
            letter_id: self.letter.to_string(),
            answered_by: self.answered_by,
            call_time: Some(to_pb(self.at)),
        };
        let answer = session.letters()?.record_letter_call(request).await?.into_inner();
        if session.json {
            json::print("framme.sender.v1.RecordLetterCallResponse", &answer);
        } else {
            answer.letter.iter().for_each(show);
        }
        Ok(Exit::Ok)
    }
}

async fn list(session: &Session, report: Option<ReportId>, all: bool) -> Result<Exit, CommandError> {
    let mut client = session.letters()?;
    let mut listed = ListLettersResponse::default();
    loop {
        let request = ListLettersRequest {
            page_size: 1_000,
            page_token: listed.next_page_token,
            report_id: report.map(|report| report.to_string()).unwrap_or_default(),
            unconfirmed_only: !all,
        };
        let page = client.list_letters(request).await?.into_inner();
        listed.letters.extend(page.letters);
        listed.next_page_token = page.next_page_token;
        if listed.next_page_token.is_empty() {
            break;
        }
    }
    if session.json {
        json::print("framme.sender.v1.ListLettersResponse", &listed);
    } else {
        listed.letters.iter().for_each(show);
    }
    Ok(Exit::Ok)
}

fn show(letter: &Letter) {
    let (stage, since) = match LetterStage::try_from(letter.stage) {
        Ok(LetterStage::Ordered) => ("ordered", letter.ordered_time),
        Ok(LetterStage::Printed) => ("printed", letter.printed_time),
        Ok(LetterStage::Posted) => ("posted", letter.posted_time),
        Ok(LetterStage::Confirmed) => ("confirmed", letter.confirmed_time),
        _ => ("unknown", None),
    };
    let since = since
        .as_ref()
        .and_then(|time| from_pb(time).ok())
        .map(|time: Timestamp| time.to_string());
    let how = match LetterConfirmedBy::try_from(letter.confirmed_by) {
        Ok(LetterConfirmedBy::Code) => format!("  code typed in by {}", letter.confirmed_by_person),
        Ok(LetterConfirmedBy::Call) => format!("  call recorded by {}", letter.confirmed_by_person),
        _ => String::new(),
    };
    let superseded = if letter.superseded_time.is_some() {
        "  superseded"
    } else {
        ""
    };
    println!(
        "{}  {stage} since {}  transmission {} to {}{how}{superseded}",
        letter.letter_id,
        since.unwrap_or_default(),
        letter.transmission_id,
        letter.receiver_organisation_number
    );
}

/// Beside the output, which may be read by a program.
fn warn(warnings: &[i32]) {
    for warning in warnings {
        let text = match LetterWarning::try_from(*warning) {
            Ok(LetterWarning::AddressesLeftOut) => {
                "an address is confidential: no address is printed; look whether the report's own texts name one"
            }
            Ok(LetterWarning::SealedDeliveryOnly) => {
                "it prints addresses that are graded: send it by sealed delivery and by no other"
            }
            _ => continue,
        };
        eprintln!("sender: {text}");
    }
}
