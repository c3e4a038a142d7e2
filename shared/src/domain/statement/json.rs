//! The claims as JSON: the payload of a statement.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    claims::{InvalidStatement, Numbers, Receipts, Side, StatementClaims, Transmissions, View},
    entry::Tally,
};
use crate::domain::{
    calendar,
    digest::Digest,
    jws::present,
    organisation::OrganisationNumber,
    receipt::{Pair, Software, read_time, written_time},
};

const VERSION: u32 = 1;

/// The members in the order in which they are written. A reader takes them in any order, each at most once, and passes
/// over members that it does not know.
#[derive(Serialize, Deserialize)]
struct Members<'a> {
    ver: u32,
    sender: OrganisationNumber,
    receiver: OrganisationNumber,
    side: Side,
    #[serde(borrow)]
    day: Cow<'a, str>,
    #[serde(borrow)]
    from: Cow<'a, str>,
    #[serde(borrow)]
    until: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    transmissions: Held,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    lacks: Option<Vec<[u64; 2]>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    receipted: Option<Counted>,
    receipts: Chained,
    #[serde(borrow)]
    software: Product<'a>,
}

#[derive(Serialize, Deserialize)]
struct Held {
    count: u64,
    last: u64,
    digest: Digest,
}

#[derive(Serialize, Deserialize)]
struct Counted {
    count: u64,
    digest: Digest,
}

#[derive(Serialize, Deserialize)]
struct Chained {
    last: u64,
    head: Digest,
}

#[derive(Serialize, Deserialize)]
struct Product<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
}

/// The payload of a statement with these claims, after their rules were checked.
pub(super) fn write(claims: &StatementClaims) -> Result<Vec<u8>, InvalidStatement> {
    claims.check()?;
    let bounds = calendar::bounds(claims.day).ok_or(InvalidStatement::Day)?;
    let (lacks, receipted) = match &claims.view {
        View::Sender { receipted } => (None, Some(receipted)),
        View::Receiver { lacks } => (Some(lacks), None),
    };
    let members = Members {
        ver: VERSION,
        sender: claims.pair.sender,
        receiver: claims.pair.receiver,
        side: claims.side(),
        day: claims.day.to_string().into(),
        from: written_time(bounds.from).into(),
        until: written_time(bounds.until).into(),
        time: written_time(claims.time).into(),
        transmissions: Held {
            count: claims.transmissions.tally.count,
            last: claims.transmissions.last,
            digest: claims.transmissions.tally.digest,
        },
        lacks: lacks.map(|lacks| lacks.iter().map(|range| [range.first, range.last]).collect()),
        receipted: receipted.map(|tally| Counted {
            count: tally.count,
            digest: tally.digest,
        }),
        receipts: Chained {
            last: claims.receipts.last,
            head: claims.receipts.head,
        },
        software: Product {
            name: claims.software.name.as_str().into(),
            version: claims.software.version.as_str().into(),
        },
    };
    serde_json::to_vec(&members).map_err(|_| InvalidStatement::Malformed)
}

/// The claims in the payload of a statement, after their rules were checked.
pub(super) fn read(payload: &[u8]) -> Result<StatementClaims, InvalidStatement> {
    let members: Members<'_> = serde_json::from_slice(payload).map_err(|_| InvalidStatement::Malformed)?;
    if members.ver != VERSION {
        return Err(InvalidStatement::Version);
    }
    let view = view(&members)?;
    let claims = StatementClaims {
        pair: Pair {
            sender: members.sender,
            receiver: members.receiver,
        },
        day: day(&members)?,
        time: time(&members.time)?,
        transmissions: Transmissions {
            tally: Tally {
                count: members.transmissions.count,
                digest: members.transmissions.digest,
            },
            last: members.transmissions.last,
        },
        view,
        receipts: Receipts {
            last: members.receipts.last,
            head: members.receipts.head,
        },
        software: Software {
            name: members.software.name.into_owned(),
            version: members.software.version.into_owned(),
        },
    };
    claims.check()?;
    Ok(claims)
}

/// The day, which must be written in the one usual way and have the ends that stand beside it.
fn day(members: &Members<'_>) -> Result<Date, InvalidStatement> {
    let day: Date = members.day.parse().map_err(|_| InvalidStatement::Day)?;
    let bounds = calendar::bounds(day).ok_or(InvalidStatement::Day)?;
    let stands =
        day.to_string() == members.day && time(&members.from)? == bounds.from && time(&members.until)? == bounds.until;
    if stands { Ok(day) } else { Err(InvalidStatement::Day) }
}

fn time(text: &str) -> Result<jiff::Timestamp, InvalidStatement> {
    read_time(text).map_err(|_| InvalidStatement::Time)
}

fn view(members: &Members<'_>) -> Result<View, InvalidStatement> {
    match (members.side, &members.receipted, &members.lacks) {
        (Side::Sender, Some(receipted), None) => Ok(View::Sender {
            receipted: Tally {
                count: receipted.count,
                digest: receipted.digest,
            },
        }),
        (Side::Receiver, None, Some(lacks)) => Ok(View::Receiver {
            lacks: lacks
                .iter()
                .map(|[first, last]| Numbers {
                    first: *first,
                    last: *last,
                })
                .collect(),
        }),
        _ => Err(InvalidStatement::Side),
    }
}
