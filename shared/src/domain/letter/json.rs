//! A confirmation as JSON: the payload of the signed text.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::confirmation::{Announced, Confirmation, InvalidConfirmation};
use crate::domain::{
    digest::Digest,
    ids::{LetterId, TransmissionId},
    organisation::OrganisationNumber,
    receipt::{Pair, Software, read_time, written_time},
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
    #[serde(borrow)]
    time: Cow<'a, str>,
    letter: LetterId,
    transmission: TransmissionId,
    code_sha256: Digest,
    #[serde(borrow)]
    confirmed: Cow<'a, str>,
    #[serde(borrow)]
    by: Person<'a>,
    held: bool,
    #[serde(borrow)]
    software: Product<'a>,
}

#[derive(Serialize, Deserialize)]
struct Person<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    staff: StaffId,
}

#[derive(Serialize, Deserialize)]
struct Product<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
}

/// The payload of a confirmation, after its rules were checked.
pub(super) fn write(confirmation: &Confirmation) -> Result<Vec<u8>, InvalidConfirmation> {
    confirmation.check()?;
    let members = Members {
        ver: VERSION,
        sender: confirmation.pair.sender,
        receiver: confirmation.pair.receiver,
        time: written_time(confirmation.time).into(),
        letter: confirmation.letter.letter,
        transmission: confirmation.letter.transmission,
        code_sha256: confirmation.letter.code_sha256,
        confirmed: written_time(confirmation.confirmed_at).into(),
        by: Person {
            role: confirmation.confirmed_by.role.as_str().into(),
            staff: confirmation.confirmed_by.staff.clone(),
        },
        held: confirmation.held,
        software: Product {
            name: confirmation.software.name.as_str().into(),
            version: confirmation.software.version.as_str().into(),
        },
    };
    serde_json::to_vec(&members).map_err(|_| InvalidConfirmation::Malformed)
}

/// The confirmation in a payload, after its rules were checked.
pub(super) fn read(payload: &[u8]) -> Result<Confirmation, InvalidConfirmation> {
    let members: Members<'_> = serde_json::from_slice(payload).map_err(|_| InvalidConfirmation::Malformed)?;
    if members.ver != VERSION {
        return Err(InvalidConfirmation::Version);
    }
    let time = |text: &str| read_time(text).map_err(|_| InvalidConfirmation::Time);
    let confirmation = Confirmation {
        pair: Pair {
            sender: members.sender,
            receiver: members.receiver,
        },
        letter: Announced {
            letter: members.letter,
            transmission: members.transmission,
            code_sha256: members.code_sha256,
        },
        confirmed_at: time(&members.confirmed)?,
        confirmed_by: StaffReference {
            role: StaffRole::parse(&members.by.role).map_err(|_| InvalidConfirmation::Role)?,
            staff: members.by.staff,
        },
        held: members.held,
        time: time(&members.time)?,
        software: Software {
            name: members.software.name.into_owned(),
            version: members.software.version.into_owned(),
        },
    };
    confirmation.check()?;
    Ok(confirmation)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn confirmation() -> Confirmation {
        Confirmation {
            pair: Pair {
                sender: OrganisationNumber::parse("974761076").unwrap(),
                receiver: OrganisationNumber::parse("123456785").unwrap(),
            },
            letter: Announced {
                letter: LetterId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap(),
                transmission: TransmissionId::parse("76b7cf28-8bc9-59f4-9134-0894e0d7d8b7").unwrap(),
                code_sha256: Digest::of(b"code"),
            },
            confirmed_at: "2026-03-01T10:15:30.123456Z".parse().unwrap(),
            confirmed_by: StaffReference {
                role: StaffRole::Duty,
                staff: StaffId::parse("duty-1").unwrap(),
            },
            held: false,
            time: "2026-03-02T08:00:00.000000Z".parse().unwrap(),
            software: Software {
                name: "framme-receiver".to_owned(),
                version: "0.1.0".to_owned(),
            },
        }
    }

    fn altered(member: &str, value: Value) -> Result<Confirmation, InvalidConfirmation> {
        let mut members: Value = serde_json::from_slice(&write(&confirmation()).unwrap()).unwrap();
        members[member] = value;
        read(members.to_string().as_bytes())
    }

    #[test]
    fn a_confirmation_reads_as_it_was_written() {
        assert_eq!(read(&write(&confirmation()).unwrap()), Ok(confirmation()));
        assert_eq!(altered("later", json!(1)), Ok(confirmation()));
    }

    #[test]
    fn claims_that_break_a_rule_are_refused() {
        assert_eq!(altered("ver", json!(2)), Err(InvalidConfirmation::Version));
        assert_eq!(
            altered("confirmed", json!("2026-03-01T10:15:30Z")),
            Err(InvalidConfirmation::Time)
        );
        assert_eq!(
            altered("confirmed", json!("2026-03-03T10:15:30.000000Z")),
            Err(InvalidConfirmation::Time)
        );
        let caseworker = json!({ "role": "caseworker", "staff": "a-1" });
        assert_eq!(altered("by", caseworker), Err(InvalidConfirmation::Role));
        assert_eq!(altered("code_sha256", json!("x")), Err(InvalidConfirmation::Malformed));
        let nameless = json!({ "name": "", "version": "1" });
        assert_eq!(altered("software", nameless), Err(InvalidConfirmation::Software));
    }
}
