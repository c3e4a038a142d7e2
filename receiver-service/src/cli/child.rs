//! The moves of a child: `receiver assign`, `revoke`, `register`, `reject`, `redirect`, `assess`.

use clap::{Args, ValueEnum};
use framme_shared::{
    runtime::{
        exit::Exit,
        random::{OsRandom, Random as _},
    },
    wire::pb::{
        receiver::{
            AssignChildRequest, ChildChange, ChildChanged, KnownToService, RecordAssessmentRequest,
            RedirectChildRequest, RegisterChildRequest, RejectChildRequest, RevokeAssignmentRequest,
        },
        report::{AssessmentOutcome, ChildState, RejectionReason},
    },
};

use super::{Common, client, output};

/// Which child.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// The transmission.
    transmission: String,
    /// The child.
    child: String,
    /// With a program's token: the staff id of the person it acts for.
    #[arg(long)]
    on_behalf_of: Option<String>,
    /// To repeat a request whose answer was lost: its id, a UUID.
    #[arg(long)]
    request_id: Option<String>,
}

impl Target {
    pub(super) fn change(self) -> Option<ChildChange> {
        Some(ChildChange {
            request_id: self.request_id.unwrap_or_else(|| OsRandom.new_uuid().to_string()),
            transmission_id: self.transmission,
            child_id: self.child,
            on_behalf_of_staff_id: self.on_behalf_of.unwrap_or_default(),
        })
    }
}

/// Options of `assign`.
#[derive(Debug, Args)]
pub struct Assign {
    #[command(flatten)]
    target: Target,
    /// The caseworker's staff id.
    #[arg(long)]
    to: String,
    /// Whether the service knew the child's case before, by another route than this report. Leaves the service in counts
    /// only.
    #[arg(long)]
    known_to_service: Option<Known>,
}

/// Whether a child's case was known.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Known {
    /// It was.
    Yes,
    /// It was not.
    No,
}

/// Options of `revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    #[command(flatten)]
    target: Target,
}

/// Options of `register`.
#[derive(Debug, Args)]
pub struct Register {
    #[command(flatten)]
    target: Target,
    /// The number in the case system.
    #[arg(long)]
    case_number: String,
}

/// Options of `reject`.
#[derive(Debug, Args)]
pub struct Reject {
    #[command(flatten)]
    target: Target,
    /// Why.
    #[arg(long)]
    reason: Reason,
}

/// Options of `redirect`.
#[derive(Debug, Args)]
pub struct Redirect {
    #[command(flatten)]
    target: Target,
    /// Organisation number of the right service.
    #[arg(long)]
    to: String,
}

/// Options of `assess`.
#[derive(Debug, Args)]
pub struct Assess {
    #[command(flatten)]
    target: Target,
    /// What it came to.
    #[arg(long)]
    outcome: Outcome,
}

/// Why a child is rejected.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Reason {
    /// The child does not live or stay in the area, and the right service is not known.
    NotOurArea,
    /// The child cannot be identified from what is told.
    ChildNotIdentifiable,
    /// The same matter has been reported before, and is with a caseworker.
    Duplicate,
    /// The person is of age and not covered by the Act.
    NotAChild,
    /// Sent by mistake, as agreed with the reporter.
    SentInError,
}

/// What an assessment came to.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Outcome {
    /// Followed up by an investigation or in a running case.
    FollowedUp,
    /// Dismissed, with reasons.
    Dismissed,
    /// Acute measures were taken.
    AcuteMeasures,
}

impl Assign {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let request = AssignChildRequest {
            change: self.target.change(),
            caseworker_staff_id: self.to,
            known_to_service: match self.known_to_service {
                None => KnownToService::Unspecified,
                Some(Known::Yes) => KnownToService::Known,
                Some(Known::No) => KnownToService::NotKnown,
            }
            .into(),
        };
        let answer = client::work_list(common)?.assign_child(request).await?.into_inner();
        Ok(print(common, answer.changed))
    }
}

impl Revoke {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let request = RevokeAssignmentRequest {
            change: self.target.change(),
        };
        let answer = client::work_list(common)?
            .revoke_assignment(request)
            .await?
            .into_inner();
        Ok(print(common, answer.changed))
    }
}

impl Register {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let request = RegisterChildRequest {
            change: self.target.change(),
            case_number: self.case_number,
        };
        let answer = client::work_list(common)?.register_child(request).await?.into_inner();
        Ok(print(common, answer.changed))
    }
}

impl Reject {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let reason = match self.reason {
            Reason::NotOurArea => RejectionReason::NotOurArea,
            Reason::ChildNotIdentifiable => RejectionReason::ChildNotIdentifiable,
            Reason::Duplicate => RejectionReason::Duplicate,
            Reason::NotAChild => RejectionReason::NotAChild,
            Reason::SentInError => RejectionReason::SentInError,
        };
        let request = RejectChildRequest {
            change: self.target.change(),
            reason: reason.into(),
        };
        let answer = client::work_list(common)?.reject_child(request).await?.into_inner();
        Ok(print(common, answer.changed))
    }
}

impl Redirect {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let request = RedirectChildRequest {
            change: self.target.change(),
            to_organisation_number: self.to,
        };
        let answer = client::work_list(common)?.redirect_child(request).await?.into_inner();
        Ok(print(common, answer.changed))
    }
}

impl Assess {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let outcome = match self.outcome {
            Outcome::FollowedUp => AssessmentOutcome::FollowedUp,
            Outcome::Dismissed => AssessmentOutcome::Dismissed,
            Outcome::AcuteMeasures => AssessmentOutcome::AcuteMeasures,
        };
        let request = RecordAssessmentRequest {
            change: self.target.change(),
            outcome: outcome.into(),
        };
        let answer = client::work_list(common)?
            .record_assessment(request)
            .await?
            .into_inner();
        Ok(print(common, answer.changed))
    }
}

pub(super) fn print(common: &Common, changed: Option<ChildChanged>) -> Exit {
    let changed = changed.unwrap_or_default();
    output::message(common.json, "framme.receiver.v1.ChildChanged", &changed, || {
        let line = |child: &ChildState| {
            let since = output::time(child.stage_time.as_ref());
            format!("{}  {}  since {since}", child.child_id, output::stage(child))
        };
        changed.child.iter().map(line).collect()
    });
    Exit::Ok
}
