//! What a comparison came to: the payload that both sides sign.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    difference::{Class, Counts, Difference},
    period::Period,
};
use crate::domain::{digest::Digest, ids::RequestId, jws::present, receipt::Pair};

const VERSION: u32 = 1;
/// Differences that a signed text lists one by one; of more, it has the number of each class and the digest over all.
pub const MOST_LISTED: usize = 200;

/// What one side held when its tree was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// How many transmissions.
    pub entries: u64,
    /// The highest number among them; 0 for none.
    pub highest: u64,
    /// The digest over all of them.
    pub root: Digest,
}

/// What a comparison of the two sides of a pair came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Which comparison.
    pub id: RequestId,
    /// Of whom.
    pub pair: Pair,
    /// When this text was made, by its signer's clock.
    pub time: Timestamp,
    /// About which transmissions.
    pub period: Period,
    /// What the sender held.
    pub sender: Side,
    /// What the receiver held.
    pub receiver: Side,
    /// Transmissions that both hold alike, as far as was compared.
    pub matched: u64,
    /// Whether every range that differed was looked into.
    pub complete: bool,
    /// How many of each class.
    pub counts: Counts,
    /// The first differences, in the order of numbers.
    pub listed: Vec<Listed>,
    /// SHA-256 over all differences, listed or not: see [`Findings::digest_of`].
    pub all: Digest,
    /// In the receiver's text: SHA-256 of the sender's, which it agrees with.
    pub over: Option<Digest>,
}

/// A difference as it stands in the signed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its number in the pair.
    pub seq: u64,
    /// What is wrong.
    pub class: Class,
    /// The digest of the sender's entry.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub sender: Option<Digest>,
    /// The digest of the receiver's entry.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub receiver: Option<Digest>,
}

/// A payload that is not what a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFindings {
    /// Not a JSON object with these members, once each and of their types.
    #[error("the payload is not in the form of a reconciliation")]
    Malformed,
    /// Another version of the format.
    #[error("the payload is of another version")]
    Version,
    /// A time is not UTC in RFC 3339 with six decimals, or the period ends before it begins.
    #[error("a time is not in RFC 3339 with six decimals and Z, or the period ends before it begins")]
    Time,
    /// Numbers, counts and list do not fit each other.
    #[error("the list of differences does not fit their number and digest")]
    List,
}

/// The members in the order in which they are written.
#[derive(Serialize, Deserialize)]
struct Members {
    ver: u32,
    sender: crate::domain::organisation::OrganisationNumber,
    receiver: crate::domain::organisation::OrganisationNumber,
    id: RequestId,
    time: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    until: Option<String>,
    at_sender: Side,
    at_receiver: Side,
    matched: u64,
    complete: bool,
    counts: BTreeMap<Class, u64>,
    differences: Vec<Listed>,
    all: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    over: Option<Digest>,
}

impl From<&Difference> for Listed {
    fn from(difference: &Difference) -> Self {
        Self {
            seq: difference.sequence,
            class: difference.class,
            sender: difference.at_sender,
            receiver: difference.at_receiver,
        }
    }
}

impl Findings {
    /// SHA-256 over one line for each difference, in the order of numbers and then of classes: number, word, and the two
    /// digests in base64url or `-`, separated by spaces and ended by a line feed.
    #[must_use]
    pub fn digest_of(differences: &[Difference]) -> Digest {
        let written = |digest: Option<Digest>| digest.map_or_else(|| "-".to_owned(), |digest| digest.to_string());
        let lines = differences.iter().map(|difference| {
            format!(
                "{} {} {} {}\n",
                difference.sequence,
                difference.class,
                written(difference.at_sender),
                written(difference.at_receiver)
            )
        });
        Digest::of(lines.collect::<String>().as_bytes())
    }

    /// Counts of each class, the first differences and the digest over all, of differences in order.
    #[must_use]
    pub fn list(differences: &[Difference]) -> (Counts, Vec<Listed>, Digest) {
        let mut counts = Counts::new();
        for difference in differences {
            *counts.entry(difference.class).or_default() += 1;
        }
        let listed = differences.iter().take(MOST_LISTED).map(Listed::from).collect();
        (counts, listed, Self::digest_of(differences))
    }

    /// How many differences there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The payload.
    ///
    /// # Errors
    /// Never for findings that [`Findings::read`] would take.
    pub fn write(&self) -> Result<Vec<u8>, InvalidFindings> {
        self.check()?;
        let written = |at: Timestamp| format!("{at:.6}");
        let members = Members {
            ver: VERSION,
            sender: self.pair.sender,
            receiver: self.pair.receiver,
            id: self.id,
            time: written(self.time),
            from: self.period.from.map(written),
            until: self.period.until.map(written),
            at_sender: self.sender,
            at_receiver: self.receiver,
            matched: self.matched,
            complete: self.complete,
            counts: self.counts.clone(),
            differences: self.listed.clone(),
            all: self.all,
            over: self.over,
        };
        serde_json::to_vec(&members).map_err(|_| InvalidFindings::Malformed)
    }

    /// Reads a payload, whose signature was verified.
    ///
    /// # Errors
    /// See [`InvalidFindings`].
    pub fn read(payload: &[u8]) -> Result<Self, InvalidFindings> {
        let members: Members = serde_json::from_slice(payload).map_err(|_| InvalidFindings::Malformed)?;
        if members.ver != VERSION {
            return Err(InvalidFindings::Version);
        }
        let read = |text: String| {
            let time: Timestamp = text.parse().map_err(|_| InvalidFindings::Time)?;
            if format!("{time:.6}") == text {
                Ok(time)
            } else {
                Err(InvalidFindings::Time)
            }
        };
        let (from, until) = (
            members.from.map(read).transpose()?,
            members.until.map(read).transpose()?,
        );
        let findings = Self {
            id: members.id,
            pair: Pair {
                sender: members.sender,
                receiver: members.receiver,
            },
            time: read(members.time)?,
            period: Period::new(from, until).map_err(|_| InvalidFindings::Time)?,
            sender: members.at_sender,
            receiver: members.at_receiver,
            matched: members.matched,
            complete: members.complete,
            counts: members.counts,
            listed: members.differences,
            all: members.all,
            over: members.over,
        };
        findings.check()?;
        Ok(findings)
    }

    /// Whether both texts state the same, whoever signed them when.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let facts = |findings: &Self| Self {
            time: Timestamp::UNIX_EPOCH,
            over: None,
            ..findings.clone()
        };
        facts(self) == facts(other)
    }

    fn check(&self) -> Result<(), InvalidFindings> {
        let total = self.total();
        let in_order = self.listed.is_sorted_by_key(|listed| (listed.seq, listed.class));
        let length = self.listed.len() as u64;
        if !in_order || length != total.min(MOST_LISTED as u64) {
            return Err(InvalidFindings::List);
        }
        if length < total {
            return Ok(());
        }
        let all: Vec<Difference> = self.listed.iter().map(Difference::from).collect();
        let (counts, _, digest) = Self::list(&all);
        if counts == self.counts && digest == self.all {
            Ok(())
        } else {
            Err(InvalidFindings::List)
        }
    }
}

impl From<&Listed> for Difference {
    fn from(listed: &Listed) -> Self {
        Self {
            sequence: listed.seq,
            class: listed.class,
            at_sender: listed.sender,
            at_receiver: listed.receiver,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::jws::Kind;

    fn differences(many: u64) -> Vec<Difference> {
        (1..=many)
            .map(|sequence| Difference {
                sequence,
                class: Class::DifferentContent,
                at_sender: Some(Digest::of(b"ours")),
                at_receiver: Some(Digest::of(b"theirs")),
            })
            .collect()
    }

    fn findings(differences: &[Difference]) -> Findings {
        let (counts, listed, all) = Findings::list(differences);
        let side = Side {
            entries: 100_000,
            highest: 100_000,
            root: Digest::of(b"root"),
        };
        Findings {
            id: RequestId::parse("f81d4fae-7dec-41d0-a765-00a0c91e6bf6").unwrap(),
            pair: Pair {
                sender: "310000000".parse().unwrap(),
                receiver: "310000019".parse().unwrap(),
            },
            time: "2026-03-02T09:02:11.5Z".parse().unwrap(),
            period: Period {
                from: Some("2026-02-01T00:00:00Z".parse().unwrap()),
                until: None,
            },
            sender: side,
            receiver: side,
            matched: 99_990,
            complete: true,
            counts,
            listed,
            all,
            over: Some(Digest::of(b"the sender's")),
        }
    }

    #[test]
    fn findings_read_back_as_they_were_written() {
        for many in [0, 3, MOST_LISTED as u64, 5_000] {
            let written = findings(&differences(many));
            assert_eq!(Findings::read(&written.write().unwrap()), Ok(written), "{many}");
        }
    }

    #[test]
    fn the_longest_list_fits_into_a_signed_text() {
        let payload = findings(&differences(10_000)).write().unwrap();
        // In base64, with a certificate chain of four RSA certificates before it.
        assert!(
            payload.len() * 4 / 3 + 16 * 1024 < Kind::Reconciliation.most_bytes(),
            "{}",
            payload.len()
        );
    }

    #[test]
    fn a_list_that_does_not_fit_its_counts_or_its_digest_is_refused() {
        let good = findings(&differences(3));
        let breaks: [fn(&mut Findings); 4] = [
            |findings| findings.listed.truncate(2),
            |findings| findings.listed[0].class = Class::MissingAtReceiver,
            |findings| findings.listed.swap(0, 1),
            |findings| findings.all = Digest::of(b"another"),
        ];
        for change in breaks {
            let mut broken = good.clone();
            change(&mut broken);
            assert_eq!(broken.write(), Err(InvalidFindings::List));
        }
    }

    #[test]
    fn a_payload_of_another_form_is_refused() {
        let text = String::from_utf8(findings(&[]).write().unwrap()).unwrap();
        let read = |text: &str| Findings::read(text.as_bytes());
        assert_eq!(
            read(&text.replace("\"ver\":1", "\"ver\":2")),
            Err(InvalidFindings::Version)
        );
        assert_eq!(read(&text.replace(".500000Z", ".5Z")), Err(InvalidFindings::Time));
        assert_eq!(
            read(&text.replacen('{', "{\"ver\":1,", 1)),
            Err(InvalidFindings::Malformed)
        );
        assert_eq!(
            read(&text.replace("\"matched\":99990,", "")),
            Err(InvalidFindings::Malformed)
        );
        assert!(read(&text.replacen('{', "{\"later\":true,", 1)).is_ok());
    }

    #[test]
    fn texts_agree_when_they_state_the_same_whoever_signed_them_when() {
        let one = findings(&differences(3));
        let mut other = one.clone();
        (other.time, other.over) = (Timestamp::UNIX_EPOCH, None);
        assert!(one.agrees_with(&other));
        other.matched += 1;
        assert!(!one.agrees_with(&other));
    }
}
