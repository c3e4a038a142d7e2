//! Every move of a child: load, decide, compare and set, receipt, first answer, ledger, in one transaction; moves that
//! come together share its statements.

use std::{collections::HashSet, sync::Arc};

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx, sealing::MasterKeys},
    domain::{
        digest::Digest,
        ids::{ChildId, TransmissionId},
        lifecycle::{AssessmentOutcome, ChildState, RejectionReason},
        organisation::OrganisationNumber,
        receipt::{StatedBy, Statement},
        staff_id::StaffId,
        staff_role::StaffReference,
    },
    wire::{pb::receiver::ChildChanged, status::Failure},
};

use super::view::child_state;
use crate::{
    authority::{Actor, Caller, Holder, Rpc},
    content::{self, ReadBack},
    core::Core,
    error::Refusal,
    receipts::{About, Book, Books, Notary},
    requests::Request,
    staff::Access,
    store::{
        child::{self, ForChange, Moved, Wanted},
        receipt,
        request::{self, Answered, FirstAnswer},
    },
};

/// What is to happen to the child.
#[derive(Debug, Clone)]
pub enum Move {
    /// Give it to this caseworker.
    Assign(StaffId),
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
}

impl Move {
    const fn rpc(&self) -> Rpc {
        match self {
            Self::Assign(_) => Rpc::AssignChild,
            Self::Revoke => Rpc::RevokeAssignment,
            Self::Register(_) => Rpc::RegisterChild,
            Self::Reject(_) => Rpc::RejectChild,
            Self::Redirect(_) => Rpc::RedirectChild,
            Self::Assess(_) => Rpc::RecordAssessment,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Assign(_) => "assign_child",
            Self::Revoke => "revoke_assignment",
            Self::Register(_) => "register_child",
            Self::Reject(_) => "reject_child",
            Self::Redirect(_) => "redirect_child",
            Self::Assess(_) => "record_assessment",
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

/// A refusal changes nothing, so it is an outcome. The sender is whom to wake.
type Outcome = Result<(OrganisationNumber, ChildChanged), Refusal>;

impl Change for ChangeChild {
    type Outcome = Outcome;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Outcome, Refusal> {
        let mut outcomes = Self::apply_all(&[self], tx).await?;
        outcomes.pop().ok_or_else(|| StoreError::Missing.into())
    }

    async fn apply_all(changes: &[&Self], tx: &mut Tx) -> Result<Vec<Outcome>, Refusal> {
        let mut outcomes: Vec<Option<Outcome>> = std::iter::repeat_with(|| None).take(changes.len()).collect();
        let mut left: Vec<(usize, &Self)> = changes.iter().copied().enumerate().collect();
        while !left.is_empty() {
            let (together, later) = apart(left);
            let changes: Vec<&Self> = together.iter().map(|(_, change)| *change).collect();
            for ((place, _), outcome) in together.iter().zip(make(&changes, tx).await?) {
                outcomes[*place] = Some(outcome);
            }
            left = later;
        }
        outcomes
            .into_iter()
            .map(|outcome| outcome.ok_or_else(|| StoreError::Missing.into()))
            .collect()
    }
}

/// Changes with their places among those that came together.
type Placed<'c> = Vec<(usize, &'c ChangeChild)>;

/// Parts those that have nothing to do with each other from those that must see what one of them did: a second change of
/// one child, or a repetition of one request.
fn apart(changes: Placed<'_>) -> (Placed<'_>, Placed<'_>) {
    let (mut children, mut requests) = (HashSet::new(), HashSet::new());
    changes.into_iter().partition(|(_, change)| {
        let is_first = children.insert((change.transmission, change.child));
        requests.insert((change.request.caller.as_str(), change.request.id)) && is_first
    })
}

/// Makes changes that have nothing to do with each other.
async fn make(changes: &[&ChangeChild], tx: &mut Tx) -> Result<Vec<Outcome>, Refusal> {
    let wanted: Vec<Wanted<'_>> = changes.iter().map(|change| change.wanted()).collect();
    let found = child::for_change(tx.conn(), &wanted).await?;
    let mut books = Books::default();
    let mut outcomes = Vec::with_capacity(changes.len());
    let mut made = Vec::with_capacity(changes.len());
    for (change, loaded) in changes.iter().zip(&found) {
        let Some(loaded) = loaded else {
            outcomes.push(Err(Failure::NotFound.into()));
            continue;
        };
        if let Some(answered) = &loaded.answered {
            outcomes.push(match change.first_answer(answered, tx).await {
                Ok(first) => Ok((loaded.sender, first)),
                Err(refusal) => refusal.settled()?,
            });
            continue;
        }
        match change.decide(loaded, tx) {
            Ok(decision) => {
                let book = books.of(tx, &change.notary, loaded.sender, Some(loaded.head)).await?;
                let one = change.enter(loaded, decision, book, tx)?;
                outcomes.push(Ok((loaded.sender, one.answer.clone())));
                made.push(one);
            }
            Err(refusal) => outcomes.push(refusal.settled()?),
        }
    }
    write(&made, tx).await?;
    books.close(tx, "change_child").await?;
    Ok(outcomes)
}

/// A change that was found to be right, and has its receipt.
struct Made<'c> {
    change: &'c ChangeChild,
    loaded: &'c ForChange,
    state: ChildState,
    answer: ChildChanged,
    /// The number of the receipt in the answer.
    sequence: u64,
}

async fn write(made: &[Made<'_>], tx: &mut Tx) -> Result<(), Refusal> {
    let at = tx.at();
    let moved: Vec<Moved<'_>> = made.iter().map(Made::moved).collect();
    child::set_states(tx.conn(), &moved, at).await?;
    for Made { change, .. } in made {
        if let Move::Register(sealed) = &change.the_move {
            child::set_case_number(tx.conn(), &change.transmission, &change.child, sealed).await?;
        }
    }
    let answers: Vec<FirstAnswer<'_>> = made.iter().map(Made::first_answer).collect();
    request::insert(tx.conn(), &answers, at).await?;
    Ok(())
}

impl Made<'_> {
    /// The answer as it is kept: its receipt lies among the receipts already.
    fn first_answer(&self) -> FirstAnswer<'_> {
        let without_receipt = ChildChanged {
            child: self.answer.child.clone(),
            receipt: String::new(),
        };
        let mut first = self.change.request.first_answer(&self.change.keys, &without_receipt);
        first.answered.receipt = Some((self.loaded.sender, self.sequence));
        first
    }

    fn moved(&self) -> Moved<'_> {
        Moved {
            transmission: &self.change.transmission,
            child: &self.loaded.child,
            state: &self.state,
            by: self.change.the_move.name(),
        }
    }
}

/// What was found to be allowed and possible.
struct Decision {
    actor: Actor,
    statement: Statement,
    state: ChildState,
}

impl ChangeChild {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            transmission: &self.transmission,
            child: &self.child,
            caller: &self.request.caller,
            request: &self.request.id,
            actor: self.on_behalf.person(),
            caseworker: match &self.the_move {
                Move::Assign(caseworker) => Some(caseworker),
                _ => None,
            },
        }
    }

    fn decide(&self, loaded: &ForChange, tx: &Tx) -> Result<Decision, Refusal> {
        let actor = self.actor(loaded)?;
        if loaded.content_sha256 != self.digest {
            return Err(Refusal::digest_differs("transmission", &self.transmission.to_string()));
        }
        let statement = self.statement(loaded)?;
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

    fn statement(&self, loaded: &ForChange) -> Result<Statement, Refusal> {
        Ok(match &self.the_move {
            Move::Assign(staff) => {
                Statement::Assigned(assignable(loaded.caseworker.as_ref(), staff, &loaded.child.area)?)
            }
            Move::Revoke => Statement::Revoked,
            Move::Register(_) => Statement::Registered,
            Move::Reject(reason) => Statement::Rejected(*reason),
            Move::Redirect(to) => Statement::Redirected(*to),
            Move::Assess(outcome) => Statement::Assessed(*outcome),
        })
    }

    /// What was answered the first time, with the receipt that belongs to it.
    async fn first_answer(&self, answered: &Answered, tx: &mut Tx) -> Result<ChildChanged, Refusal> {
        let mut first: ChildChanged = self.request.answer_of(answered.clone(), &self.keys)?;
        if let Some((sender, sequence)) = &answered.receipt {
            let receipt = receipt::find(&mut *tx.conn(), sender, *sequence).await?;
            let missing = || Refusal::digest_differs("receipt", &format!("{sender}/{sequence}"));
            first.receipt = receipt.ok_or_else(missing)?.jws;
        }
        Ok(first)
    }

    /// Makes the receipt, and the entry of the ledger.
    fn enter<'c>(
        &'c self,
        loaded: &'c ForChange,
        decision: Decision,
        book: &mut Book<'_>,
        tx: &mut Tx,
    ) -> Result<Made<'c>, Refusal> {
        let Decision {
            actor,
            statement,
            state,
        } = decision;
        let about = About {
            transmission: &self.transmission,
            sent_id: &loaded.sent_id,
            report: &loaded.report,
            digest: &self.digest,
        };
        let key = actor.key();
        let sequence = book.next_sequence();
        let receipt = book.enter(tx, about, Some(self.child), stated_by(actor), statement)?;
        tx.record(LedgerEntry {
            kind: self.the_move.name(),
            subject: format!("{}/{}", self.transmission, self.child),
            actor: key,
            data: format!("{} to {}", loaded.child.state.stage(), state.stage()),
        });
        let answer = ChildChanged {
            child: Some(child_state(&loaded.child, &state)),
            receipt,
        };
        Ok(Made {
            change: self,
            loaded,
            state,
            answer,
            sequence,
        })
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
