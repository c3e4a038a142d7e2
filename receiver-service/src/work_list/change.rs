//! Every move of a child: load, decide, compare and set, receipt, first answer, ledger, in one transaction.

mod together;

use std::sync::Arc;

use framme_shared::{
    db::{Tx, sealing::MasterKeys},
    domain::{
        digest::Digest,
        figures::KnownToService,
        ids::{ChildId, TransmissionId},
        lifecycle::{AssessmentOutcome, ChildState, Feedback, FeedbackKind, RejectionReason},
        organisation::OrganisationNumber,
        receipt::{StatedBy, Statement},
        report::ReportType,
        staff_id::StaffId,
        staff_role::StaffReference,
    },
    wire::{pb::receiver::ChildChanged, status::Failure},
};
use jiff::Timestamp;

use crate::{
    authority::{Actor, Caller, Holder, Rpc},
    content::{self, ReadBack},
    core::Core,
    error::Refusal,
    receipts::Notary,
    requests::Request,
    staff::Access,
    store::child::ForChange,
};

/// What is to happen to the child.
#[derive(Debug, Clone)]
pub enum Move {
    /// Give it to this caseworker.
    Assign {
        /// Whom.
        caseworker: StaffId,
        /// Whether the service knew the child's case by another route, where that is said.
        known: Option<KnownToService>,
    },
    /// Take it from its caseworker.
    Revoke,
    /// It has a case number, sealed for the child's row.
    Register(Vec<u8>),
    /// This service does not take it.
    Reject(RejectionReason),
    /// It belongs to another service.
    Redirect(OrganisationNumber),
    /// The assessment came to this.
    Assess(AssessmentOutcome),
    /// The reporter or the prosecutor is told this.
    Tell(Feedback),
}

impl Move {
    const fn rpc(&self) -> Rpc {
        match self {
            Self::Assign { .. } => Rpc::AssignChild,
            Self::Revoke => Rpc::RevokeAssignment,
            Self::Register(_) => Rpc::RegisterChild,
            Self::Reject(_) => Rpc::RejectChild,
            Self::Redirect(_) => Rpc::RedirectChild,
            Self::Assess(_) => Rpc::RecordAssessment,
            Self::Tell(feedback) => match feedback.kind() {
                FeedbackKind::Confirmed => Rpc::RecordConfirmation,
                FeedbackKind::InvestigationEnded => Rpc::RecordInvestigationEnd,
                FeedbackKind::Concluded => Rpc::RecordOutcome,
                FeedbackKind::ProsecutionAnswered => Rpc::RecordProsecutionAnswer,
            },
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Assign { .. } => "assign_child",
            Self::Revoke => "revoke_assignment",
            Self::Register(_) => "register_child",
            Self::Reject(_) => "reject_child",
            Self::Redirect(_) => "redirect_child",
            Self::Assess(_) => "record_assessment",
            Self::Tell(feedback) => match feedback.kind() {
                FeedbackKind::Confirmed => "record_confirmation",
                FeedbackKind::InvestigationEnded => "record_investigation_end",
                FeedbackKind::Concluded => "record_outcome",
                FeedbackKind::ProsecutionAnswered => "record_prosecution_answer",
            },
        }
    }
}

/// In whose name a change is asked for.
#[derive(Debug, Clone)]
pub enum OnBehalf {
    /// The person whose own credential was used.
    Self_(StaffId),
    /// A person named by a program.
    Program {
        /// The program.
        program: StaffId,
        /// The person.
        person: StaffId,
    },
}

impl OnBehalf {
    /// Puts caller and `on_behalf_of_staff_id` together: required of programs, and of nobody else.
    #[must_use]
    pub fn of(caller: &Caller, named: Option<StaffId>) -> Option<Self> {
        match (&caller.holder, named) {
            (Holder::Person(access), None) => Some(Self::Self_(access.staff.clone())),
            (Holder::CaseSystem(program), Some(person)) => Some(Self::Program {
                program: program.clone(),
                person,
            }),
            (Holder::Person(_), Some(_)) | (Holder::CaseSystem(_), None) => None,
        }
    }

    const fn person(&self) -> &StaffId {
        match self {
            Self::Self_(person) | Self::Program { person, .. } => person,
        }
    }

    fn acting_as(&self, person: StaffReference) -> Actor {
        match self {
            Self::Self_(_) => Actor::Person(person),
            Self::Program { program, .. } => Actor::ProgramFor {
                program: program.clone(),
                person,
            },
        }
    }
}

/// Reads the content back from storage and then makes the move.
///
/// # Errors
/// `NOT_FOUND`, `PERMISSION_DENIED`, `CONTENT_DIFFERS`, `INVALID_TRANSITION`, `STAFF_INACTIVE`,
/// `STAFF_WITHOUT_ACCESS`, `STORAGE_CORRUPT`, and those of storage.
pub async fn change_child(
    core: &Core,
    transmission: TransmissionId,
    child: ChildId,
    on_behalf: OnBehalf,
    request: Request,
    the_move: impl FnOnce(&ReadBack) -> Move,
) -> Result<ChildChanged, Refusal> {
    let content = content::read_back(core, &transmission).await?;
    let changing = ChangeChild {
        notary: Arc::clone(&core.notary),
        keys: Arc::clone(&core.keys),
        the_move: the_move(&content),
        digest: content.digest,
        transmission,
        child,
        on_behalf,
        request,
    };
    let (sender, changed) = core.db.change(changing).await??;
    core.wakeups.ring(&sender);
    Ok(changed)
}

/// Makes one move of one child.
pub struct ChangeChild {
    /// Signs the receipt.
    pub notary: Arc<Notary>,
    /// Opens first answers.
    pub keys: Arc<MasterKeys>,
    /// The transmission, by the id inside this service.
    pub transmission: TransmissionId,
    /// The child.
    pub child: ChildId,
    /// In whose name.
    pub on_behalf: OnBehalf,
    /// The request, which may be repeated.
    pub request: Request,
    /// What is to happen.
    pub the_move: Move,
    /// SHA-256 of the content as read back from storage for this change.
    pub digest: Digest,
}

/// What was found to be allowed and possible.
struct Decision {
    actor: Actor,
    statement: Statement,
    state: ChildState,
}

impl ChangeChild {
    fn decide(&self, loaded: &ForChange, tx: &Tx) -> Result<Decision, Refusal> {
        let actor = self.actor(loaded)?;
        if loaded.content_sha256 != self.digest {
            return Err(Refusal::digest_differs("transmission", &self.transmission.to_string()));
        }
        let statement = self.statement(loaded, tx.at())?;
        let event = statement.event().expect("every statement that is made has an event");
        let state = loaded.child.state.clone().apply(event, tx.at())?;
        Ok(Decision {
            actor,
            statement,
            state,
        })
    }

    /// The person must be active and have a role that reaches the child, now, in this transaction.
    fn actor(&self, loaded: &ForChange) -> Result<Actor, Refusal> {
        let access = loaded.actor.as_ref().ok_or(Failure::PermissionDenied)?;
        let area = loaded.child.area.as_str();
        let caseworker = loaded
            .child
            .state
            .assignment()
            .map(|assignment| &assignment.caseworker.staff);
        let acts_as = |rpc| access.acts_as(rpc, area, caseworker);
        match acts_as(self.the_move.rpc()) {
            Some(person) => Ok(self.on_behalf.acting_as(person)),
            // Whoever may see it learns that the move is not theirs; to others it does not exist.
            None if acts_as(Rpc::ListTransmissions).is_some() => Err(Failure::PermissionDenied.into()),
            None => match self.on_behalf {
                OnBehalf::Self_(_) => Err(Failure::NotFound.into()),
                OnBehalf::Program { .. } => Err(Failure::PermissionDenied.into()),
            },
        }
    }

    fn statement(&self, loaded: &ForChange, at: Timestamp) -> Result<Statement, Refusal> {
        Ok(match &self.the_move {
            Move::Assign { caseworker, .. } => {
                Statement::Assigned(assignable(loaded.caseworker.as_ref(), caseworker, &loaded.child.area)?)
            }
            Move::Revoke => Statement::Revoked,
            Move::Register(_) => Statement::Registered,
            Move::Reject(reason) => Statement::Rejected(*reason),
            Move::Redirect(to) => Statement::Redirected(*to),
            Move::Assess(outcome) => Statement::Assessed(*outcome),
            Move::Tell(feedback) => told(*feedback, loaded, at)?,
        })
    }
}

/// What is told, as far as the machine cannot tell: that it is of the report's type, and no time to come.
fn told(feedback: Feedback, loaded: &ForChange, at: Timestamp) -> Result<Statement, Failure> {
    let stage = loaded.child.state.stage();
    let is_answer = feedback.kind() == FeedbackKind::ProsecutionAnswered;
    if is_answer && loaded.report_type != ReportType::ProsecutionTransfer {
        return Err(Failure::InvalidTransition(stage.into()));
    }
    if feedback.ended().is_some_and(|ended| ended > at) {
        let field = match feedback.kind() {
            FeedbackKind::InvestigationEnded => "ended_time",
            _ => "investigation_ended_time",
        };
        return Err(Failure::invalid_field(field, "must not be in the future"));
    }
    match loaded.child.state {
        ChildState::Assessed { outcome, .. } => Ok(Statement::Told {
            assessed: outcome,
            feedback,
        }),
        _ => Err(Failure::InvalidTransition(stage.into())),
    }
}

/// The caseworker as the receipt names one, if a child of this area can be given to that person now.
fn assignable(access: Option<&Access>, staff: &StaffId, area: &str) -> Result<StaffReference, Failure> {
    let access = access.ok_or_else(|| {
        Failure::invalid_field(
            "caseworker_staff_id",
            "must be the id of somebody in the staff register",
        )
    })?;
    match access.can_be_given(area) {
        Some(role) => Ok(StaffReference {
            role,
            staff: staff.clone(),
        }),
        None if !access.active => Err(Failure::StaffInactive(staff.clone())),
        None => Err(Failure::StaffWithoutAccess(staff.clone())),
    }
}

/// The actor as a receipt states it.
pub(crate) fn stated_by(actor: Actor) -> StatedBy {
    match actor {
        Actor::Person(person) => StatedBy::Person(person),
        Actor::ProgramFor { program, person } => StatedBy::Program {
            program,
            on_behalf_of: Some(person),
        },
    }
}
