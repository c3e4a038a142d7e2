//! Figures that a test writes down, signed by organisations of a test PKI.

use framme_demo::pki::{Pki, synthetic_organisation};
use framme_shared::domain::{
    figures::{
        Counts, Event, EventKey, Figures, FiguresError, KnownChildren, National, Period, Promise, Refused,
        SignedFigures, TimeToAssigned, merge,
    },
    jws::{JwsSigner, JwsVerifier, Kind, TrustedIssuers},
    lifecycle::Standing,
    organisation::OrganisationNumber,
    report::{ReportType, Urgency},
};
use jiff::{Timestamp, ToSpan as _};

/// Who signs and who verifies.
pub(crate) struct Country {
    pub(crate) pki: Pki,
    pub(crate) now: Timestamp,
}

/// A report as a test names it: case references, minutes after the first, children, where it stands.
pub(crate) type Sent<'a> = (&'a [&'a str], i64, u64, Standing);

impl Country {
    pub(crate) fn new() -> Self {
        let now = "2026-04-01T08:00:00Z".parse().unwrap();
        Self {
            pki: Pki::new(now).unwrap(),
            now,
        }
    }

    /// The figures of the district whose organisation has this index, of the first quarter.
    pub(crate) fn figures(&self, organisation: u32, district: &str, sent: &[Sent<'_>]) -> Figures {
        let first: Timestamp = "2026-02-01T10:00:00Z".parse().unwrap();
        let event = |(references, minutes, children, standing): &Sent<'_>| Event {
            keys: {
                let mut keys: Vec<EventKey> = references.iter().map(|text| EventKey::of_case(text)).collect();
                keys.sort();
                keys
            },
            sent: first + minutes.minutes(),
            children: *children,
            standing: *standing,
        };
        let events: Vec<Event> = sent.iter().map(event).collect();
        let totals = Counts::of(&events);
        let of_some = |counts: Counts| (counts.reports > 0).then_some(counts);
        Figures {
            sender: synthetic_organisation(organisation),
            time: self.now,
            district: district.to_owned(),
            period: Period::parse("2026-01-01", "2026-03-31").unwrap(),
            totals,
            late: 0,
            promise: Promise::default(),
            by_letter: 0,
            to_assigned: (totals.delivered > 0).then_some(TimeToAssigned { median: 60, p90: 7_200 }),
            types: of_some(totals)
                .map(|counts| (ReportType::Notice, counts))
                .into_iter()
                .collect(),
            urgencies: of_some(totals)
                .map(|counts| (Urgency::Normal, counts))
                .into_iter()
                .collect(),
            known: KnownChildren::default(),
            events,
        }
    }

    pub(crate) fn signer(&self, organisation: OrganisationNumber) -> JwsSigner {
        let issued = self.pki.enterprise(organisation).unwrap();
        JwsSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes()).unwrap()
    }

    /// The file that the figures' own organisation makes of them.
    pub(crate) fn file(&self, figures: &Figures) -> String {
        self.signed(figures.sender, figures.time, &figures.to_payload().unwrap())
    }

    /// A text of the kind of figures, whatever its payload says.
    pub(crate) fn signed(&self, by: OrganisationNumber, at: Timestamp, payload: &[u8]) -> String {
        self.signer(by).sign(Kind::Figures, at.as_second(), payload).unwrap()
    }

    pub(crate) fn verifier(&self, revoked: &[&framme_demo::pki::Issued]) -> JwsVerifier {
        let (roots, lists) = (self.pki.trust_pem(), self.pki.crls_pem(revoked).unwrap());
        JwsVerifier::new(TrustedIssuers::from_pem(roots.as_bytes(), lists.as_bytes()).unwrap())
    }

    pub(crate) fn verify(&self, file: &str) -> Result<SignedFigures, FiguresError> {
        SignedFigures::verify(&self.verifier(&[]), file, self.now)
    }

    /// Merges these files, named by their places from 1.
    pub(crate) fn merge(&self, files: &[String]) -> Result<National, Vec<Refused>> {
        self.merge_signed_by(files, &[])
    }

    pub(crate) fn merge_signed_by(
        &self,
        files: &[String],
        signers: &[OrganisationNumber],
    ) -> Result<National, Vec<Refused>> {
        let named = files
            .iter()
            .enumerate()
            .map(|(index, file)| (format!("file {}", index + 1), self.verify(file)));
        merge(named.collect(), signers)
    }
}

/// The row of a district.
pub(crate) fn counted(national: &National, district: &str) -> Counts {
    let row = national.districts.iter().find(|row| row.district == district);
    row.unwrap().counted
}
