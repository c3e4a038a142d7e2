//! The claims as JSON: the payload of a receipt.

mod feedback;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::feedback::Told;
use super::{
    claims::{InvalidClaims, Level, Pair, ReceiptClaims, Software, StatedBy, Statement},
    read_before::{ReadBefore, ReadersInRole},
};
use crate::domain::{
    digest::Digest,
    ids::{ChildId, ReportId, TransmissionId},
    jws::present,
    lifecycle::{AssessmentOutcome, Feedback, RejectionReason},
    organisation::OrganisationNumber,
    staff_id::StaffId,
    staff_role::{StaffReference, StaffRole},
};

const VERSION: u32 = 1;

/// The members in the order in which they are written. A reader takes them in any order, each at most once, and passes
/// over members that it does not know.
#[derive(Serialize, Deserialize)]
struct Members<'a> {
    ver: u32,
    sender: OrganisationNumber,
    receiver: OrganisationNumber,
    seq: u64,
    prev: Digest,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    level: Cow<'a, str>,
    transmission: TransmissionId,
    report: ReportId,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    child: Option<ChildId>,
    digest: Digest,
    #[serde(borrow)]
    stated_by: Speaker<'a>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    assigned_to: Option<Staff<'a>>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    reason: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    redirected_to: Option<OrganisationNumber>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    outcome: Option<Cow<'a, str>>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    feedback: Option<Told<'a>>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    read: Option<Read<'a>>,
    #[serde(borrow)]
    software: Product<'a>,
}

#[derive(Serialize, Deserialize)]
struct Staff<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    staff: StaffId,
}

#[derive(Serialize, Deserialize)]
struct Read<'a> {
    opened: bool,
    #[serde(borrow)]
    readers: Vec<Readers<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Readers<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    people: u32,
}

#[derive(Default, Serialize, Deserialize)]
struct Speaker<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    role: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    staff: Option<StaffId>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    program: Option<StaffId>,
    #[serde(
        default,
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    on_behalf_of: Option<Staff<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Product<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
}

/// The payload of a receipt with these claims, after their rules were checked.
pub(super) fn write(claims: &ReceiptClaims) -> Result<Vec<u8>, InvalidClaims> {
    claims.check()?;
    let level = claims.statement.level().ok_or(InvalidClaims::Unknown)?;
    let mut members = Members {
        ver: VERSION,
        sender: claims.pair.sender,
        receiver: claims.pair.receiver,
        seq: claims.sequence,
        prev: claims.previous,
        time: written_time(claims.time).into(),
        level: level.as_str().into(),
        transmission: claims.transmission,
        report: claims.report,
        child: claims.child,
        digest: claims.digest,
        stated_by: speaker(&claims.stated_by).ok_or(InvalidClaims::Unknown)?,
        assigned_to: None,
        reason: None,
        redirected_to: None,
        outcome: None,
        feedback: None,
        read: None,
        software: Product {
            name: claims.software.name.as_str().into(),
            version: claims.software.version.as_str().into(),
        },
    };
    match &claims.statement {
        Statement::Assigned(caseworker) => members.assigned_to = Some(staff(caseworker)),
        Statement::Rejected(reason) => members.reason = Some(reason.as_str().into()),
        Statement::Redirected(to) => members.redirected_to = Some(*to),
        Statement::Assessed(outcome) => members.outcome = Some(outcome.as_str().into()),
        Statement::Told { assessed, feedback } => {
            members.outcome = Some(assessed.as_str().into());
            members.feedback = Some(feedback::members(feedback));
        }
        Statement::Withdrawn(read) => members.read = read.as_ref().map(written_read),
        _ => {}
    }
    serde_json::to_vec(&members).map_err(|_| InvalidClaims::Malformed)
}

/// The claims in the payload of a receipt, after their rules were checked.
pub(super) fn read(payload: &[u8]) -> Result<ReceiptClaims, InvalidClaims> {
    let members: Members<'_> = serde_json::from_slice(payload).map_err(|_| InvalidClaims::Malformed)?;
    if members.ver != VERSION {
        return Err(InvalidClaims::Version);
    }
    let stated_by = read_speaker(&members.stated_by)?;
    let statement = match stated_by {
        StatedBy::Unknown => Statement::Unknown,
        _ => read_statement(&members)?,
    };
    let claims = ReceiptClaims {
        pair: Pair {
            sender: members.sender,
            receiver: members.receiver,
        },
        sequence: members.seq,
        previous: members.prev,
        time: read_time(&members.time)?,
        transmission: members.transmission,
        report: members.report,
        child: members.child,
        digest: members.digest,
        stated_by,
        statement,
        software: Software {
            name: members.software.name.into_owned(),
            version: members.software.version.into_owned(),
        },
    };
    claims.check()?;
    Ok(claims)
}

/// A word that is not known makes the statement unknown; a member that is missing or out of place makes it invalid.
fn read_statement(members: &Members<'_>) -> Result<Statement, InvalidClaims> {
    let Ok(level) = Level::parse(&members.level) else {
        return Ok(Statement::Unknown);
    };
    let carried = [
        ("assigned_to", members.assigned_to.is_some(), level == Level::Assigned),
        ("reason", members.reason.is_some(), level == Level::Rejected),
        (
            "redirected_to",
            members.redirected_to.is_some(),
            level == Level::Redirected,
        ),
        ("outcome", members.outcome.is_some(), level == Level::Assessed),
    ];
    if members.feedback.is_some() && level != Level::Assessed {
        return Err(InvalidClaims::Unexpected("feedback"));
    }
    for (member, is_there, belongs) in carried {
        match (is_there, belongs) {
            (true, false) => return Err(InvalidClaims::Unexpected(member)),
            (false, true) => return Err(InvalidClaims::Missing(member)),
            _ => {}
        }
    }
    // Receivers told it from a later version on: it need not be there.
    if members.read.is_some() && level != Level::Withdrawn {
        return Err(InvalidClaims::Unexpected("read"));
    }
    let statement = match level {
        Level::Stored => Some(Statement::Stored),
        Level::Opened => Some(Statement::Opened),
        Level::Registered => Some(Statement::Registered),
        Level::Assigned => members
            .assigned_to
            .as_ref()
            .and_then(read_staff)
            .map(Statement::Assigned),
        Level::Revoked => Some(Statement::Revoked),
        Level::Assessed => match word(&members.outcome, AssessmentOutcome::parse) {
            None => None,
            Some(outcome) => Some(assessed(outcome, members.feedback.as_ref())?),
        },
        Level::Rejected => word(&members.reason, RejectionReason::parse).map(Statement::Rejected),
        Level::Redirected => members.redirected_to.map(Statement::Redirected),
        Level::Withdrawn => Some(Statement::Withdrawn(members.read.as_ref().map(read_read))),
    };
    Ok(statement.unwrap_or(Statement::Unknown))
}

/// Feedback of a kind that is not known is passed over, as by a reader that knows of no feedback: an assessment is there.
fn assessed(outcome: AssessmentOutcome, told: Option<&Told<'_>>) -> Result<Statement, InvalidClaims> {
    let feedback: Option<Feedback> = told.map_or(Ok(None), feedback::read)?;
    Ok(match feedback {
        Some(feedback) => Statement::Told {
            assessed: outcome,
            feedback,
        },
        None => Statement::Assessed(outcome),
    })
}

fn written_read(read: &ReadBefore) -> Read<'_> {
    let one = |one: &ReadersInRole| Readers {
        role: one.role.as_str().into(),
        people: one.people,
    };
    Read {
        opened: read.opened,
        readers: read.readers.iter().map(one).collect(),
    }
}

/// People in a role of a later version are not counted: it is told for people, and nothing follows from it.
fn read_read(read: &Read<'_>) -> ReadBefore {
    let one = |one: &Readers<'_>| {
        Some(ReadersInRole {
            role: StaffRole::parse(&one.role).ok()?,
            people: one.people,
        })
    };
    ReadBefore::new(read.opened, read.readers.iter().filter_map(one))
}

fn word<T, E>(member: &Option<Cow<'_, str>>, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
    member.as_deref().and_then(|word| parse(word).ok())
}

fn speaker(stated_by: &StatedBy) -> Option<Speaker<'_>> {
    match stated_by {
        StatedBy::Person(person) => Some(Speaker {
            kind: "person".into(),
            role: Some(person.role.as_str().into()),
            staff: Some(person.staff.clone()),
            ..Speaker::default()
        }),
        StatedBy::Program { program, on_behalf_of } => Some(Speaker {
            kind: "program".into(),
            program: Some(program.clone()),
            on_behalf_of: on_behalf_of.as_ref().map(staff),
            ..Speaker::default()
        }),
        StatedBy::Unknown => None,
    }
}

fn read_speaker(speaker: &Speaker<'_>) -> Result<StatedBy, InvalidClaims> {
    match (
        &*speaker.kind,
        &speaker.role,
        &speaker.staff,
        &speaker.program,
        &speaker.on_behalf_of,
    ) {
        ("person", Some(role), Some(staff), None, None) => {
            Ok(reference(role, staff).map_or(StatedBy::Unknown, StatedBy::Person))
        }
        ("program", None, None, Some(program), None) => Ok(StatedBy::Program {
            program: program.clone(),
            on_behalf_of: None,
        }),
        ("program", None, None, Some(program), Some(person)) => Ok(read_staff(person).map_or(
            StatedBy::Unknown,
            |person| StatedBy::Program {
                program: program.clone(),
                on_behalf_of: Some(person),
            },
        )),
        ("person" | "program", ..) => Err(InvalidClaims::Malformed),
        _ => Ok(StatedBy::Unknown),
    }
}

fn staff(person: &StaffReference) -> Staff<'_> {
    Staff {
        role: person.role.as_str().into(),
        staff: person.staff.clone(),
    }
}

fn read_staff(person: &Staff<'_>) -> Option<StaffReference> {
    reference(&person.role, &person.staff)
}

fn reference(role: &str, staff: &StaffId) -> Option<StaffReference> {
    Some(StaffReference {
        role: StaffRole::parse(role).ok()?,
        staff: staff.clone(),
    })
}

/// UTC in RFC 3339 with six decimals.
pub(in crate::domain) fn written_time(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// Reads what [`written_time`] writes, and no other form.
pub(in crate::domain) fn read_time(text: &str) -> Result<Timestamp, InvalidClaims> {
    let time: Timestamp = text.parse().map_err(|_| InvalidClaims::Time)?;
    if written_time(time) == text {
        Ok(time)
    } else {
        Err(InvalidClaims::Time)
    }
}
