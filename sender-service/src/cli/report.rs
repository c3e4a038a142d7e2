//! Reports: submit, show, list, follow, withdraw, close, route, receipts.

use clap::{Subcommand, ValueEnum};
use framme_shared::{
    domain::{
        ids::{ChildId, ReportId, RequestId, TransmissionId},
        organisation::OrganisationNumber,
    },
    runtime::{
        clock::{Clock as _, SystemClock},
        exit::Exit,
        random::{OsRandom, Random as _},
    },
    wire::{
        pb::{
            report::{ChildState, PhoneCall, PhoneCallResult, ReadBeforeWithdrawal, Stage},
            sender::{
                CloseReportRequest, ClosingKind, FollowReportRequest, GetReportRequest, ListReceiptsRequest,
                ListReportsRequest, RecordPhoneCallRequest, ReportState, RouteChildRequest, RouteTransmissionRequest,
                Standing, WithdrawReportRequest,
            },
        },
        time::to_pb,
    },
};
use jiff::Timestamp;

use super::{Session, json, outcome::CommandError, submit};

const STATE: &str = "framme.sender.v1.ReportState";

#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// Submit a report from a JSON file: the contract's message framme.report.v1.Report with its field names, enums by
    /// name, times in RFC 3339 and digests in base64. Submitting the same file again gives the same answer.
    ///
    /// Example: {"report_id": "6f1d…", "type": "REPORT_TYPE_CONCERN_REPORT", "urgency": "URGENCY_NORMAL", "children":
    /// [{"birth_date": "2015-05-17", "name": "…", "municipality_number": "5501", "informed": {"informed": true}}], …}
    Submit(submit::Submit),
    /// Show where a report is.
    Show {
        /// Which.
        report_id: ReportId,
        /// Show what it says, too. Recorded as a reading.
        #[arg(long)]
        content: bool,
    },
    /// List reports, newest first.
    List {
        /// Only reports that stand so.
        #[arg(long)]
        standing: Option<StandingArgument>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Show where a report is, now and after each change, until it is delivered or closed.
    Follow {
        /// Which.
        report_id: ReportId,
        /// Go on after that.
        #[arg(long)]
        forever: bool,
    },
    /// Take a report back at every receiver.
    Withdraw {
        /// Which.
        report_id: ReportId,
        /// Why. Kept sealed, and not sent.
        #[arg(long)]
        reason: String,
        /// The same in every repetition of the same request; made anew if left out.
        #[arg(long)]
        request_id: Option<RequestId>,
    },
    /// End a report that is not delivered, as a named person with a reason.
    Close {
        /// Which.
        report_id: ReportId,
        /// Why. Kept sealed.
        #[arg(long)]
        reason: String,
        /// How the matter was taken instead, for the figures.
        #[arg(long, default_value = "other")]
        how: ClosingArgument,
        /// Only this child; may be given several times.
        #[arg(long = "child", value_name = "CHILD_ID")]
        children: Vec<ChildId>,
        /// The same in every repetition of the same request; made anew if left out.
        #[arg(long)]
        request_id: Option<RequestId>,
    },
    /// Say which service gets a transmission that waits for a person: see the tasks route_needed.
    RouteTransmission {
        /// Of which report.
        report_id: ReportId,
        /// Which transmission.
        transmission_id: TransmissionId,
        /// The service's organisation number.
        #[arg(long, value_name = "ORGANISATION")]
        to: OrganisationNumber,
        /// Why this one is right. Kept sealed, and not sent.
        #[arg(long)]
        reason: String,
        /// The same in every repetition of the same request; made anew if left out.
        #[arg(long)]
        request_id: Option<RequestId>,
    },
    /// Send a child on to another receiver: one that was rejected, or redirected in a way that is not followed by itself.
    Route {
        /// Which report.
        report_id: ReportId,
        /// Which child of it.
        child_id: ChildId,
        /// Organisation number of the receiver.
        #[arg(long)]
        to: OrganisationNumber,
        /// Why there. Kept sealed, and not sent.
        #[arg(long)]
        reason: String,
        /// The same in every repetition of the same request; made anew if left out.
        #[arg(long)]
        request_id: Option<RequestId>,
    },
    /// Record a call that was made beside a report. Without --answered-by nobody was reached.
    Call {
        /// Which.
        report_id: ReportId,
        /// When: 2026-03-02T08:00:00Z; now if left out.
        #[arg(long)]
        at: Option<Timestamp>,
        /// Who answered and took the message. Kept sealed.
        #[arg(long)]
        answered_by: Option<String>,
        /// The number called. Kept sealed.
        #[arg(long)]
        number: Option<String>,
        /// The same in every repetition of the same request; made anew if left out.
        #[arg(long)]
        request_id: Option<RequestId>,
    },
    /// The receipts behind a report, verbatim, one per line.
    Receipts {
        /// Which.
        report_id: ReportId,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum StandingArgument {
    Open,
    Delivered,
    Closed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ClosingArgument {
    Letter,
    Phone,
    Other,
}

impl From<ClosingArgument> for ClosingKind {
    fn from(how: ClosingArgument) -> Self {
        match how {
            ClosingArgument::Letter => Self::Letter,
            ClosingArgument::Phone => Self::Phone,
            ClosingArgument::Other => Self::Other,
        }
    }
}

pub(super) async fn run(session: &Session, command: ReportCommand) -> Result<Exit, CommandError> {
    match command {
        ReportCommand::Submit(arguments) => submit::submit(session, arguments).await,
        ReportCommand::Show { report_id, content } => show(session, &report_id, content).await,
        ReportCommand::List { standing, limit } => list(session, standing, limit).await,
        ReportCommand::Follow { report_id, forever } => follow(session, &report_id, forever).await,
        ReportCommand::Withdraw {
            report_id,
            reason,
            request_id,
        } => {
            let request = WithdrawReportRequest {
                report_id: report_id.to_string(),
                request_id: request_id_or_new(request_id),
                reason,
            };
            let answer = session.client()?.withdraw_report(request).await?.into_inner();
            print_state(session, answer.report.as_ref());
            Ok(Exit::Ok)
        }
        ReportCommand::Close {
            report_id,
            reason,
            how,
            children,
            request_id,
        } => {
            let request = CloseReportRequest {
                report_id: report_id.to_string(),
                request_id: request_id_or_new(request_id),
                reason,
                child_ids: children.iter().map(ChildId::to_string).collect(),
                kind: ClosingKind::from(how).into(),
            };
            let answer = session.client()?.close_report(request).await?.into_inner();
            print_state(session, answer.report.as_ref());
            Ok(Exit::Ok)
        }
        ReportCommand::RouteTransmission {
            report_id,
            transmission_id,
            to,
            reason,
            request_id,
        } => {
            let request = RouteTransmissionRequest {
                report_id: report_id.to_string(),
                transmission_id: transmission_id.to_string(),
                request_id: request_id_or_new(request_id),
                receiver_organisation_number: to.to_string(),
                reason,
            };
            let answer = session.client()?.route_transmission(request).await?.into_inner();
            print_state(session, answer.report.as_ref());
            Ok(Exit::Ok)
        }
        ReportCommand::Route {
            report_id,
            child_id,
            to,
            reason,
            request_id,
        } => {
            let request = RouteChildRequest {
                report_id: report_id.to_string(),
                child_id: child_id.to_string(),
                to_organisation_number: to.to_string(),
                request_id: request_id_or_new(request_id),
                reason,
            };
            let answer = session.client()?.route_child(request).await?.into_inner();
            print_state(session, answer.report.as_ref());
            Ok(Exit::Ok)
        }
        ReportCommand::Call {
            report_id,
            at,
            answered_by,
            number,
            request_id,
        } => {
            let result = match &answered_by {
                Some(_) => PhoneCallResult::Reached,
                None => PhoneCallResult::NotReached,
            };
            let call = PhoneCall {
                call_time: Some(to_pb(at.unwrap_or_else(|| SystemClock.now()))),
                result: result.into(),
                answered_by: answered_by.unwrap_or_default(),
                number: number.unwrap_or_default(),
            };
            let request = RecordPhoneCallRequest {
                report_id: report_id.to_string(),
                request_id: request_id_or_new(request_id),
                call: Some(call),
            };
            let answer = session.client()?.record_phone_call(request).await?.into_inner();
            print_state(session, answer.report.as_ref());
            Ok(Exit::Ok)
        }
        ReportCommand::Receipts { report_id } => receipts(session, &report_id).await,
    }
}

fn request_id_or_new(request: Option<RequestId>) -> String {
    request.map_or_else(|| OsRandom.new_uuid().to_string(), |request| request.to_string())
}

async fn show(session: &Session, report: &ReportId, content: bool) -> Result<Exit, CommandError> {
    let request = GetReportRequest {
        report_id: report.to_string(),
        include_content: content,
    };
    let answer = session.client()?.get_report(request).await?.into_inner();
    if session.json {
        json::print("framme.sender.v1.GetReportResponse", &answer);
        return Ok(Exit::Ok);
    }
    print_state(session, answer.report.as_ref());
    if let Some(content) = &answer.content {
        json::print("framme.report.v1.Report", content);
    }
    Ok(Exit::Ok)
}

async fn list(session: &Session, standing: Option<StandingArgument>, limit: u32) -> Result<Exit, CommandError> {
    let standing = match standing {
        None => Standing::Unspecified,
        Some(StandingArgument::Open) => Standing::Open,
        Some(StandingArgument::Delivered) => Standing::Delivered,
        Some(StandingArgument::Closed) => Standing::Closed,
    };
    let mut client = session.client()?;
    let (mut left, mut page_token) = (limit, String::new());
    while left > 0 {
        let request = ListReportsRequest {
            page_size: left.min(500),
            page_token,
            standing: standing.into(),
        };
        let page = client.list_reports(request).await?.into_inner();
        left = left.saturating_sub(u32::try_from(page.reports.len()).unwrap_or(u32::MAX));
        for report in &page.reports {
            if session.json {
                json::print(STATE, report);
            } else {
                print_line(report);
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(Exit::Ok)
}

async fn follow(session: &Session, report: &ReportId, forever: bool) -> Result<Exit, CommandError> {
    let request = FollowReportRequest {
        report_id: report.to_string(),
    };
    let mut client = session.client()?;
    let mut states = client.follow_report(request).await?.into_inner();
    while let Some(message) = states.message().await? {
        print_state(session, message.report.as_ref());
        let standing = message.report.as_ref().map(ReportState::standing);
        if !forever && matches!(standing, Some(Standing::Delivered | Standing::Closed)) {
            break;
        }
    }
    Ok(Exit::Ok)
}

async fn receipts(session: &Session, report: &ReportId) -> Result<Exit, CommandError> {
    let request = ListReceiptsRequest {
        report_id: report.to_string(),
    };
    let answer = session.client()?.list_receipts(request).await?.into_inner();
    if session.json {
        json::print("framme.sender.v1.ListReceiptsResponse", &answer);
    } else {
        answer.receipts.iter().for_each(|receipt| println!("{receipt}"));
    }
    Ok(Exit::Ok)
}

/// One report with its transmissions and children.
pub(super) fn print_state(session: &Session, state: Option<&ReportState>) {
    let Some(state) = state else { return };
    if session.json {
        json::print(STATE, state);
        return;
    }
    print_line(state);
    if !state.follows_up_report_id.is_empty() {
        println!("  follows up {}", state.follows_up_report_id);
    }
    for later in &state.followed_up_by_report_ids {
        println!("  followed up by {later}");
    }
    if let Some(calls) = state.phone_calls.as_ref().filter(|calls| calls.made > 0) {
        println!("  calls {}, {} of them reached somebody", calls.made, calls.reached);
    }
    for transmission in &state.transmissions {
        let failure = match transmission.last_failure.as_str() {
            "" => String::new(),
            failure => format!(", last failure {failure}"),
        };
        if transmission.receiver_organisation_number.is_empty() {
            println!(
                "  transmission {} waits for a person to route it",
                transmission.transmission_id
            );
        } else {
            println!(
                "  to {}  number {}, {} attempts{failure}",
                transmission.receiver_organisation_number, transmission.sequence, transmission.attempts
            );
        }
        if !transmission.redirected_from_transmission_id.is_empty() {
            println!("    sent on from {}", transmission.redirected_from_transmission_id);
        }
        transmission.children.iter().for_each(print_child);
    }
}

fn print_line(state: &ReportState) {
    let children: usize = state
        .transmissions
        .iter()
        .map(|transmission| transmission.children.iter().filter(|child| is_here(child)).count())
        .sum();
    println!(
        "{}  {:<10} {:<8} {children:>3} children  {}{}",
        state.report_id,
        word(state.standing().as_str_name(), "STANDING_"),
        word(state.urgency().as_str_name(), "URGENCY_"),
        state.police_district,
        if state.drill { "  DRILL" } else { "" }
    );
}

/// Whether a child counts in this transmission.
fn is_here(child: &ChildState) -> bool {
    child.moved_to_transmission_id.is_empty()
}

fn print_child(child: &ChildState) {
    let caseworker = match child.assigned_staff_id.as_str() {
        "" => String::new(),
        staff => format!(" to {staff}"),
    };
    let stage = Stage::try_from(child.stage).unwrap_or(Stage::Unspecified);
    let onward = match child.moved_to_transmission_id.as_str() {
        "" => String::new(),
        to => format!(", sent on with {to}"),
    };
    println!(
        "    child {}  {}{caseworker}{onward}{}",
        child.child_id,
        word(stage.as_str_name(), "STAGE_"),
        told(child)
    );
    if let Some(read) = &child.read_before_withdrawal {
        println!("      {}", read_before(read));
    }
}

fn read_before(read: &ReadBeforeWithdrawal) -> String {
    if !read.opened {
        return "nobody had opened it".to_owned();
    }
    let readers = read.readers.iter().map(|one| format!("{} {}", one.people, one.role));
    let readers = readers.collect::<Vec<_>>().join(", ");
    format!("opened before it was withdrawn, by {readers}")
}

/// What the service has told, in words.
fn told(child: &ChildState) -> String {
    let Some(told) = &child.feedback else {
        return String::new();
    };
    let mut words = Vec::new();
    if told.confirmed_time.is_some() {
        let opened = if told.investigation_opened {
            "opened"
        } else {
            "not opened"
        };
        words.push(format!("confirmed, investigation {opened}"));
    }
    if told.investigation_ended_time.is_some() {
        words.push("investigation ended".to_owned());
    }
    if told.concluded_time.is_some() {
        words.push(word(told.conclusion().as_str_name(), "INVESTIGATION_CONCLUSION_"));
    }
    if told.prosecution_answered_time.is_some() {
        let answer = word(told.prosecution_answer().as_str_name(), "PROSECUTION_ANSWER_");
        words.push(format!("prosecutor answered: {answer}"));
    }
    format!("; {}", words.join(", "))
}

fn word(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_lowercase()
}
