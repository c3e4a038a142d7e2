//! From the files of all districts to one table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;

use super::{Check, Counts, DistrictRow, Duplicate, Event, EventKey, Figures, FiguresError, National, SignedFigures};
use crate::domain::organisation::OrganisationNumber;

/// A file that was refused, and why. One refused file is enough for there to be no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The file, as it was named.
    pub file: String,
    /// Why.
    pub why: Why,
}

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// It is not signed as it must be, or was changed.
    #[error("it is not believed: {0}")]
    NotBelieved(FiguresError),
    /// Its signer is not among those that were named.
    #[error("it is signed by {0}, which is not among the organisations that may sign")]
    UnknownSigner(OrganisationNumber),
    /// Another file is of the same district and has days in common with it: reports would count twice.
    #[error("it overlaps with {file}: both are of {district}")]
    Overlaps {
        /// The other file.
        file: String,
        /// The district.
        district: String,
    },
    /// It is of another period than the first file.
    #[error("it is of {found}, and the first file is of {wanted}")]
    OtherPeriod {
        /// Of this file.
        found: String,
        /// Of the first.
        wanted: String,
    },
    /// There is nothing to merge.
    #[error("no file was given")]
    NoFiles,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.why)
    }
}

/// Makes the table of these files, each with its name. With `signers`, only their signatures count.
///
/// # Errors
/// Every file that is refused, in the order in which they were given; there is no table then.
pub fn merge(
    files: Vec<(String, Result<SignedFigures, FiguresError>)>,
    signers: &[OrganisationNumber],
) -> Result<National, Vec<Refused>> {
    let (mut taken, mut refused): (Vec<(String, SignedFigures)>, Vec<Refused>) = (Vec::new(), Vec::new());
    for (file, verdict) in files {
        let admitted = verdict
            .map_err(Why::NotBelieved)
            .and_then(|signed| admit(&taken, signers, &signed).map(|()| signed));
        match admitted {
            Ok(signed) => taken.push((file, signed)),
            Err(why) => refused.push(Refused { file, why }),
        }
    }
    if refused.is_empty() && taken.is_empty() {
        let file = "nothing".to_owned();
        refused.push(Refused {
            file,
            why: Why::NoFiles,
        });
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    let mut all: Vec<Figures> = taken.into_iter().map(|(_, signed)| signed.into_figures()).collect();
    all.sort_by(|one, other| one.district.cmp(&other.district));
    Ok(table(&all))
}

fn admit(taken: &[(String, SignedFigures)], signers: &[OrganisationNumber], signed: &SignedFigures) -> Result<(), Why> {
    let figures = signed.figures();
    if !signers.is_empty() && !signers.contains(&figures.sender) {
        return Err(Why::UnknownSigner(figures.sender));
    }
    for (file, other) in taken {
        let other = other.figures();
        if other.district == figures.district && other.period.overlaps(&figures.period) {
            return Err(Why::Overlaps {
                file: file.clone(),
                district: figures.district.clone(),
            });
        }
    }
    match taken.first() {
        Some((_, first)) if first.figures().period != figures.period => Err(Why::OtherPeriod {
            found: figures.period.to_string(),
            wanted: first.figures().period.to_string(),
        }),
        _ => Ok(()),
    }
}

/// A report in its file.
#[derive(Clone, Copy)]
struct Place {
    file: usize,
    event: usize,
}

fn table(all: &[Figures]) -> National {
    let duplicates = duplicates(all);
    let mut districts: Vec<DistrictRow> = all.iter().map(row).collect();
    for (place, duplicate) in &duplicates {
        take_off(&mut districts[place.file].counted, &all[place.file].events[place.event]);
        debug_assert_eq!(duplicate.district, districts[place.file].district);
    }
    let duplicates: Vec<Duplicate> = duplicates.into_iter().map(|(_, duplicate)| duplicate).collect();
    let sum = sum(&districts);
    let types = added(all.iter().flat_map(|figures| &figures.types));
    let urgencies = added(all.iter().flat_map(|figures| &figures.urgencies));
    let signers = all.iter().map(|figures| figures.sender).collect::<BTreeSet<_>>().len();
    let mut national = National {
        period: all[0].period,
        districts,
        sum,
        types,
        urgencies,
        duplicates,
        signers,
        checks: Vec::new(),
    };
    national.checks = checks(&national, all);
    national
}

fn row(figures: &Figures) -> DistrictRow {
    DistrictRow {
        district: figures.district.clone(),
        signer: Some(figures.sender),
        made: Some(figures.time),
        sent: figures.totals,
        counted: figures.totals,
        late: figures.late,
        by_letter: figures.by_letter,
        answered: figures.known.answered,
        not_known: figures.known.not_known,
        receivers_without_answer: figures.known.not_answered_by.len() as u64,
        to_assigned: figures.to_assigned,
    }
}

fn sum(districts: &[DistrictRow]) -> DistrictRow {
    let mut sum = DistrictRow {
        district: "Sum".to_owned(),
        ..DistrictRow::default()
    };
    for row in districts {
        sum.sent += row.sent;
        sum.counted += row.counted;
        for (whole, part) in [
            (&mut sum.late, row.late),
            (&mut sum.by_letter, row.by_letter),
            (&mut sum.answered, row.answered),
            (&mut sum.not_known, row.not_known),
            (&mut sum.receivers_without_answer, row.receivers_without_answer),
        ] {
            *whole = whole.saturating_add(part);
        }
    }
    sum
}

fn added<'c, K: Copy + Ord + 'c>(parts: impl IntoIterator<Item = &'c (K, Counts)>) -> Vec<(K, Counts)> {
    let mut sums: BTreeMap<K, Counts> = BTreeMap::new();
    for (key, counts) in parts {
        *sums.entry(*key).or_default() += *counts;
    }
    sums.into_iter().collect()
}

/// The file was checked: what its events add up to is what its totals say, so nothing becomes less than zero.
fn take_off(counts: &mut Counts, event: &Event) {
    let one = Counts::of([event]);
    counts.reports -= one.reports;
    counts.children -= one.children;
    counts.delivered -= one.delivered;
    counts.not_delivered -= one.not_delivered;
    counts.children_not_delivered -= one.children_not_delivered;
    counts.closed -= one.closed;
}

/// Reports about an event that another district sent something about before. Reports with a key in common are about one
/// event, and so are those that others join; all of it counts for the district that sent the first of them, with every
/// report that this district sent about it. Of two that sent in the same second, the first by name counts.
fn duplicates(all: &[Figures]) -> Vec<(Place, Duplicate)> {
    let places: Vec<Place> = all
        .iter()
        .enumerate()
        .flat_map(|(file, figures)| (0..figures.events.len()).map(move |event| Place { file, event }))
        .collect();
    let event_at = |place: &Place| &all[place.file].events[place.event];
    let mut joined = Joined::new(places.len());
    let mut first_with: BTreeMap<EventKey, usize> = BTreeMap::new();
    let mut shared: BTreeSet<EventKey> = BTreeSet::new();
    for (number, place) in places.iter().enumerate() {
        for key in &event_at(place).keys {
            let first = *first_with.entry(*key).or_insert(number);
            if first != number {
                joined.join(number, first);
                shared.insert(*key);
            }
        }
    }
    // Files are in the order of their districts, and so are places.
    let mut first_sent: BTreeMap<usize, (Timestamp, usize)> = BTreeMap::new();
    for (number, place) in places.iter().enumerate() {
        let found = (event_at(place).sent, place.file);
        let first = first_sent.entry(joined.root(number)).or_insert(found);
        *first = (*first).min(found);
    }
    let mut duplicates = Vec::new();
    for (number, place) in places.iter().enumerate() {
        let (sent_first, counts_for) = first_sent[&joined.root(number)];
        if counts_for != place.file {
            let event = event_at(place);
            let duplicate = Duplicate {
                key: shared_key(event, &shared),
                district: all[place.file].district.clone(),
                sent: event.sent,
                children: event.children,
                standing: event.standing,
                counts_for: all[counts_for].district.clone(),
                sent_first,
            };
            duplicates.push((*place, duplicate));
        }
    }
    duplicates
}

/// A key that another report has too; else the first.
fn shared_key(event: &Event, shared: &BTreeSet<EventKey>) -> EventKey {
    *event
        .keys
        .iter()
        .find(|key| shared.contains(key))
        .unwrap_or(&event.keys[0])
}

/// Numbers that belong together.
struct Joined(Vec<usize>);

impl Joined {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut number: usize) -> usize {
        while self.0[number] != number {
            // Shortens the way for the next who asks.
            self.0[number] = self.0[self.0[number]];
            number = self.0[number];
        }
        number
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }
}

fn checks(national: &National, all: &[Figures]) -> Vec<Check> {
    let sent = national.sum.sent;
    let counted = national.sum.counted;
    let of_types = Counts::sum(national.types.iter().map(|(_, counts)| counts));
    let of_urgencies = Counts::sum(national.urgencies.iter().map(|(_, counts)| counts));
    let of_districts = Counts::sum(national.districts.iter().map(|row| &row.counted));
    let mut with_duplicates = counted;
    for duplicate in &national.duplicates {
        with_duplicates.add_report(duplicate.standing, duplicate.children);
    }
    let check = |what, holds, numbers| Check { what, holds, numbers };
    let pair = |one: &Counts, other: &Counts| {
        format!(
            "{} reports about {} children, {} about {}",
            one.reports, one.children, other.reports, other.children
        )
    };
    let parts = counted.delivered + counted.not_delivered + counted.closed;
    vec![
        check(
            "the types add up to all reports",
            of_types == sent,
            pair(&of_types, &sent),
        ),
        check(
            "the urgencies add up to all reports",
            of_urgencies == sent,
            pair(&of_urgencies, &sent),
        ),
        check(
            "the districts add up to the sum",
            of_districts == counted,
            pair(&of_districts, &counted),
        ),
        check(
            "delivered, not delivered and closed add up to all reports",
            parts == counted.reports,
            format!("{parts}, {}", counted.reports),
        ),
        check(
            "what counts and what does not are everything that was sent",
            with_duplicates == sent,
            pair(&with_duplicates, &sent),
        ),
        check(
            "every file is of another district, and all are of one period",
            districts_differ(all),
            format!(
                "{} files, {} signers, period {}, {} reports that do not count",
                all.len(),
                national.signers,
                national.period,
                national.duplicates.len()
            ),
        ),
    ]
}

fn districts_differ(all: &[Figures]) -> bool {
    let names: BTreeSet<&str> = all.iter().map(|figures| figures.district.as_str()).collect();
    names.len() == all.len() && all.iter().all(|figures| figures.period == all[0].period)
}
