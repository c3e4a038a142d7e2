//! Two receivers and a sender on a bench: what they signed, and packages of it.

use framme_demo::pki::{Issued, Pki, synthetic_organisation};
use framme_shared::domain::{
    digest::Digest,
    evidence::{Chain, Package, PackageWriter, Period, Scope, SentPart, SignedText, Verdict, WholeReport, verify},
    ids::{ChildId, ReportId, TransmissionId},
    jws::{JwsSigner, Kind, TrustedIssuers},
    organisation::OrganisationNumber,
    receipt::{ChainHead, Pair, ReceiptClaims, ReceiptSigner, ReceiptVerifier, Software, StatedBy, Statement},
    staff_role::{StaffReference, StaffRole},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// The first receiver, which most packages are about.
pub(crate) const FIRST: usize = 0;
/// The other one.
pub(crate) const SECOND: usize = 1;

/// Who signs and what was signed.
pub(crate) struct Bench {
    pub(crate) pki: Pki,
    pub(crate) sender: JwsSigner,
    pub(crate) stranger: JwsSigner,
    pub(crate) receivers: [Receiver; 2],
    pub(crate) verifier: ReceiptVerifier,
    pub(crate) sent: Vec<SentPart>,
}

/// A receiver with its chain.
pub(crate) struct Receiver {
    pub(crate) number: OrganisationNumber,
    pub(crate) issued: Issued,
    signer: ReceiptSigner,
    head: ChainHead,
    /// Every receipt with the time that it states.
    pub(crate) receipts: Vec<(Timestamp, TransmissionId, String)>,
}

pub(crate) fn at(time: &str) -> Timestamp {
    format!("2026-03-0{time}:00Z").parse().unwrap()
}

/// When packages are sealed and looked at.
pub(crate) fn now() -> Timestamp {
    at("9T12:00")
}

/// March 2, 3 and 4.
pub(crate) fn period() -> (Timestamp, Timestamp) {
    (at("2T00:00"), at("5T00:00"))
}

pub(crate) fn caseworker() -> StaffReference {
    StaffReference {
        role: StaffRole::Caseworker,
        staff: "caseworker-7".parse().unwrap(),
    }
}

fn leader() -> StatedBy {
    StatedBy::Person(StaffReference {
        role: StaffRole::IntakeLeader,
        staff: "leader-1".parse().unwrap(),
    })
}

fn id(number: u32) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes())
}

impl Bench {
    /// Before anything was sent.
    pub(crate) fn empty() -> Self {
        let pki = Pki::new(at("1T00:00")).unwrap();
        let signer = |index| {
            let issued = pki.enterprise(synthetic_organisation(index)).unwrap();
            JwsSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes()).unwrap()
        };
        let (sender, stranger) = (signer(10), signer(12));
        let receivers = [1, 2].map(|index| {
            let issued = pki.enterprise(synthetic_organisation(index)).unwrap();
            Receiver {
                number: synthetic_organisation(index),
                signer: ReceiptSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes()).unwrap(),
                issued,
                head: ChainHead::START,
                receipts: Vec::new(),
            }
        });
        let trust = TrustedIssuers::from_pem(pki.trust_pem().as_bytes(), b"").unwrap();
        Self {
            sender,
            stranger,
            receivers,
            verifier: ReceiptVerifier::new(trust),
            pki,
            sent: Vec::new(),
        }
    }

    /// Five reports, the third of them to both receivers. The first begins before the period and loses its caseworker in
    /// it, by the last receipt of the chain but one.
    pub(crate) fn set() -> Self {
        let mut bench = Self::empty();
        let one = bench.send(1, FIRST, 2, at("1T08:00"));
        bench.state(one, None, Statement::Stored, at("1T08:01"));
        bench.state(one, None, Statement::Opened, at("1T09:00"));
        bench.state(one, Some(0), Statement::Assigned(caseworker()), at("1T09:30"));
        let two = bench.send(2, FIRST, 1, at("2T08:00"));
        bench.state(two, None, Statement::Stored, at("2T08:01"));
        bench.state(one, Some(1), Statement::Assigned(caseworker()), at("2T10:00"));
        bench.state(two, None, Statement::Opened, at("2T10:30"));
        let three = bench.send(3, FIRST, 1, at("3T08:00"));
        let three_too = bench.send(3, SECOND, 1, at("3T08:00"));
        bench.state(three, None, Statement::Stored, at("3T08:01"));
        bench.state(three_too, None, Statement::Stored, at("3T08:02"));
        bench.state(two, Some(0), Statement::Assigned(caseworker()), at("3T09:00"));
        bench.state(three_too, None, Statement::Opened, at("3T09:10"));
        let _never_stored = bench.send(4, FIRST, 1, at("4T08:00"));
        bench.state(one, Some(0), Statement::Revoked, at("4T09:00"));
        bench.state(three, None, Statement::Opened, at("5T08:00"));
        bench
    }

    /// Sends a part of a report about so many children; returns its place.
    pub(crate) fn send(&mut self, report: u32, receiver: usize, children: u32, submitted: Timestamp) -> usize {
        let before = self
            .sent
            .iter()
            .filter(|sent| sent.receiver == self.receivers[receiver].number);
        let sequence = before.count() as u64 + 1;
        let place = self.sent.len() as u32;
        self.sent.push(SentPart {
            transmission: TransmissionId::from_uuid(id(1_000 + place)).unwrap(),
            report: ReportId::from_uuid(id(report)).unwrap(),
            receiver: self.receivers[receiver].number,
            sequence,
            sha256: Digest::of(&place.to_be_bytes()),
            submitted,
            children: (0..children)
                .map(|child| ChildId::from_uuid(id(10_000 + 100 * place + child)).unwrap())
                .collect(),
        });
        self.sent.len() - 1
    }

    /// What the receiver would state next, truthfully.
    pub(crate) fn claims(
        &self,
        sent: usize,
        child: Option<usize>,
        statement: Statement,
        time: Timestamp,
    ) -> ReceiptClaims {
        let part = &self.sent[sent];
        let receiver = self
            .receivers
            .iter()
            .find(|receiver| receiver.number == part.receiver)
            .unwrap();
        ReceiptClaims {
            pair: Pair {
                sender: self.sender.organisation(),
                receiver: part.receiver,
            },
            sequence: receiver.head.next_sequence(),
            previous: receiver.head.digest(),
            time,
            transmission: part.transmission,
            report: part.report,
            child: child.map(|child| part.children[child]),
            digest: part.sha256,
            stated_by: match statement {
                Statement::Stored => StatedBy::Program {
                    program: "framme-receiver".parse().unwrap(),
                    on_behalf_of: None,
                },
                _ => leader(),
            },
            statement,
            software: Software {
                name: "framme-receiver".to_owned(),
                version: "0.1.0".to_owned(),
            },
        }
    }

    pub(crate) fn state(&mut self, sent: usize, child: Option<usize>, statement: Statement, time: Timestamp) {
        let claims = self.claims(sent, child, statement, time);
        self.state_claims(&claims);
    }

    /// States this, truthfully or not, as the next of its chain.
    pub(crate) fn state_claims(&mut self, claims: &ReceiptClaims) {
        let of_pair = |receiver: &&mut Receiver| receiver.number == claims.pair.receiver;
        let receiver = self.receivers.iter_mut().find(of_pair).unwrap();
        let receipt = receiver.signer.sign(claims).unwrap();
        receiver.head = receiver.head.appended(&receipt);
        let receipt = (claims.time, claims.transmission, receipt.into_string());
        receiver.receipts.push(receipt);
    }

    /// Signs this outside of any chain.
    pub(crate) fn sign(&self, receiver: usize, claims: &ReceiptClaims) -> String {
        self.receivers[receiver].signer.sign(claims).unwrap().into_string()
    }

    /// What the first receiver found at this time of what it was sent in this place: as many receipts as it has made by
    /// then, or that nothing is there.
    pub(crate) fn holding(&self, sent: usize, time: Timestamp, is_there: bool) -> SignedText {
        let (part, receiver) = (&self.sent[sent], &self.receivers[FIRST]);
        let is_about = |(_, (stated, transmission, _)): &(usize, &(Timestamp, TransmissionId, String))| {
            *transmission == part.transmission && *stated <= time
        };
        let about: Vec<_> = receiver.receipts.iter().enumerate().filter(is_about).collect();
        let mut found = json!({ "transmission": part.transmission, "is": "missing" });
        if is_there {
            found["is"] = "held".into();
            found["digest"] = json!(part.sha256);
            found["receipts"] = about.len().into();
            if let Some((place, (_, _, jws))) = about.last() {
                found["last"] = json!({ "seq": place + 1, "sha256": Digest::of(jws.as_bytes()) });
            }
        }
        self.signed(Kind::Holding, receiver.signer.jws(), time, json!({ "found": [found] }))
    }

    /// A text about the pair of the first receiver.
    pub(crate) fn signed(&self, kind: Kind, signer: &JwsSigner, time: Timestamp, claims: Value) -> SignedText {
        let mut claims = claims;
        claims["ver"] = 1.into();
        claims["sender"] = json!(self.sender.organisation());
        claims["receiver"] = json!(self.receivers[FIRST].number);
        claims["time"] = format!("{time:.6}").into();
        SignedText {
            kind: kind.to_string(),
            jws: signer
                .sign(kind, time.as_second(), claims.to_string().as_bytes())
                .unwrap(),
        }
    }

    /// The package of the period, as an honest sender exports it.
    pub(crate) fn of_period(&self) -> Package {
        let (from, until) = period();
        self.of_period_between(from, until)
    }

    pub(crate) fn of_period_between(&self, from: Timestamp, until: Timestamp) -> Package {
        let receiver = &self.receivers[FIRST];
        let count = |before: Timestamp| receiver.receipts.iter().filter(|(time, ..)| *time < before).count();
        let (after, last) = (
            count(from).saturating_sub(1),
            (count(until) + 1).min(receiver.receipts.len()),
        );
        let digest = |number: usize| match number {
            0 => Digest::ZERO,
            number => Digest::of(receiver.receipts[number - 1].2.as_bytes()),
        };
        let chain = &receiver.receipts[after..last];
        let is_of_part = |part: &&SentPart| {
            part.receiver == receiver.number
                && ((from..until).contains(&part.submitted) || chain.iter().any(|(_, id, _)| *id == part.transmission))
        };
        let transmissions: Vec<SentPart> = self.sent.iter().filter(is_of_part).cloned().collect();
        let earlier = receiver.receipts[..after].iter();
        let is_shown = |id: &TransmissionId| transmissions.iter().any(|part| part.transmission == *id);
        let receipts = earlier
            .filter(|(_, id, _)| is_shown(id))
            .chain(chain)
            .map(|(_, _, jws)| jws.clone());
        self.sealed(Package {
            scope: Scope::Period(Period {
                sender: self.sender.organisation(),
                receiver: receiver.number,
                from,
                until,
                chain: Chain {
                    after: after as u64,
                    prev: digest(after),
                    last: last as u64,
                    digest: digest(last),
                },
            }),
            receipts: receipts.collect(),
            transmissions,
            signed: Vec::new(),
            seal: String::new(),
        })
    }

    /// The package of the report with this number.
    pub(crate) fn of_report(&self, report: u32) -> Package {
        let report = ReportId::from_uuid(id(report)).unwrap();
        let transmissions: Vec<SentPart> = self.sent.iter().filter(|part| part.report == report).cloned().collect();
        let receipts = self.receivers.iter().flat_map(|receiver| &receiver.receipts);
        let is_shown = |id: &TransmissionId| transmissions.iter().any(|part| part.transmission == *id);
        self.sealed(Package {
            scope: Scope::Report(WholeReport {
                report,
                sender: self.sender.organisation(),
                receivers: transmissions.iter().map(|part| part.receiver).collect(),
            }),
            receipts: receipts
                .filter(|(_, id, _)| is_shown(id))
                .map(|(_, _, jws)| jws.clone())
                .collect(),
            transmissions,
            signed: Vec::new(),
            seal: String::new(),
        })
    }

    /// The package with the sender's seal over what stands in it now.
    pub(crate) fn sealed(&self, package: Package) -> Package {
        self.sealed_by(&self.sender, package)
    }

    pub(crate) fn sealed_by(&self, exporter: &JwsSigner, package: Package) -> Package {
        Package::read(written(exporter, &package, now()).as_bytes()).unwrap()
    }

    pub(crate) fn verify(&self, package: &Package) -> Verdict {
        verify(package, &self.verifier, now()).unwrap()
    }

    /// The faults of a package, each with its place.
    pub(crate) fn faults(&self, package: &Package) -> Vec<String> {
        self.verify(package).faults.iter().map(ToString::to_string).collect()
    }
}

/// A package as a file, sealed by this exporter.
pub(crate) fn written(exporter: &JwsSigner, package: &Package, time: Timestamp) -> String {
    let (mut writer, mut text) = PackageWriter::begin(&package.scope);
    for part in &package.transmissions {
        text.push_str(&writer.transmission(part));
    }
    for jws in &package.receipts {
        text.push_str(&writer.receipt(jws));
    }
    for signed in &package.signed {
        text.push_str(&writer.signed(signed));
    }
    let sign = |second, payload: &[u8]| exporter.sign(Kind::Evidence, second, payload);
    text.push_str(&writer.seal(exporter.organisation(), time, sign).unwrap());
    text
}

/// A day and an hour later than this.
pub(crate) fn later(time: Timestamp) -> Timestamp {
    time + SignedDuration::from_hours(25)
}
