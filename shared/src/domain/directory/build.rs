//! From what is written to a directory: every entry is read, every rule is checked, and every fault is named.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use jiff::civil::Date;

use super::{
    Directory, Document, Duty, DutyEntry, Fault, LetterAddress, LetterEntry, Place, Rule, Served, ServedEntry, Service,
    ServiceEntry, Validity,
};
use crate::domain::{organisation::OrganisationNumber, text::Line};

impl Directory {
    /// Checks a register and makes a directory of it.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of entries.
    pub fn build(document: &Document) -> Result<Self, Vec<Fault>> {
        Self::build_named(document, "services")
    }

    /// As [`Directory::build`], for services that are written under another name.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of entries.
    pub fn build_named(document: &Document, services: &str) -> Result<Self, Vec<Fault>> {
        let mut builder = Builder::default();
        builder.check(!document.services.is_empty(), services, Rule::NoServices);
        for (index, entry) in document.services.iter().enumerate() {
            builder.add_service(&format!("{services}[{index}] ({})", entry.organisation), entry);
        }
        for (index, entry) in document.served.iter().enumerate() {
            builder.add_served(&format!("served[{index}] ({})", entry.area), entry);
        }
        builder.check_successors();
        builder.check_overlaps();
        if builder.faults.is_empty() {
            Ok(builder.directory())
        } else {
            Err(builder.faults)
        }
    }
}

#[derive(Default)]
struct Builder {
    services: BTreeMap<OrganisationNumber, (String, Service)>,
    served: BTreeMap<Place, Vec<(String, Served)>>,
    faults: Vec<Fault>,
}

impl Builder {
    fn add_service(&mut self, at: &str, entry: &ServiceEntry) {
        let organisation = self.organisation(&format!("{at}.organisation"), &entry.organisation);
        let name = self.line(&format!("{at}.name"), &entry.name);
        let validity = self.validity(at, entry.valid_from.as_deref(), entry.valid_to.as_deref());
        let service = Service {
            endpoint: self.endpoint(at, entry.receiver.as_deref()),
            duty: entry
                .duty
                .as_ref()
                .and_then(|duty| self.duty(&format!("{at}.duty"), duty)),
            office_phone: self.optional(&format!("{at}.office_phone"), entry.office_phone.as_deref()),
            letter_address: entry
                .letter_address
                .as_ref()
                .and_then(|letter| self.letter(&format!("{at}.letter_address"), letter)),
            validity,
            successors: self.successors(at, entry),
            organisation: organisation.unwrap_or(OrganisationNumber::NOBODY),
            name: match name {
                Some(name) => name,
                None => return,
            },
        };
        if entry.receiver.is_none() {
            for (is_there, field) in [
                (entry.letter_address.is_some(), "letter_address"),
                (entry.office_phone.is_some(), "office_phone"),
            ] {
                self.check(is_there, format_args!("{at}.{field}"), Rule::Unreachable);
            }
        }
        let Some(organisation) = organisation else { return };
        if self.services.contains_key(&organisation) {
            return self.refuse(at, Rule::Twice);
        }
        for (index, area) in entry.areas.iter().enumerate() {
            let at = format!("{at}.areas[{index}] ({area})");
            if let Some(place) = self.place(&at, area) {
                self.serve(at, place, organisation, validity);
            }
        }
        self.services.insert(organisation, (at.to_owned(), service));
    }

    fn add_served(&mut self, at: &str, entry: &ServedEntry) {
        let place = self.place(&format!("{at}.area"), &entry.area);
        let by = self.organisation(&format!("{at}.service"), &entry.service);
        let own = self.validity(at, entry.valid_from.as_deref(), entry.valid_to.as_deref());
        let (Some(place), Some(by)) = (place, by) else { return };
        let Some((_, service)) = self.services.get(&by) else {
            return self.refuse(format_args!("{at}.service"), Rule::UnknownService);
        };
        let validity = own.within(&service.validity);
        if validity.is_empty() {
            return self.refuse(at, Rule::EndsBeforeItBegins);
        }
        self.serve(at.to_owned(), place, by, validity);
    }

    fn serve(&mut self, at: String, place: Place, by: OrganisationNumber, validity: Validity) {
        if let Place::Former(former) = place
            && validity.to.is_none_or(|to| to >= former.retired_on())
        {
            return self.refuse(at, Rule::FormerWithoutEnd(former.retired_on()));
        }
        self.served
            .entry(place)
            .or_default()
            .push((at, Served { by, validity }));
    }

    /// Each must be known, and following them must come to an end.
    fn check_successors(&mut self) {
        let mut faults = Vec::new();
        for (organisation, (at, service)) in &self.services {
            let mut refuse = |entry: String, rule| faults.push(Fault { entry, rule });
            if !service.successors.is_empty() && service.validity.to.is_none() {
                refuse(format!("{at}.valid_to"), Rule::SuccessorsWithoutEnd);
            }
            for (index, successor) in service.successors.iter().enumerate() {
                let entry = format!("{at}.successors[{index}] ({successor})");
                if !self.services.contains_key(successor) {
                    refuse(entry, Rule::UnknownService);
                } else if self.leads_to(successor, organisation) {
                    refuse(entry, Rule::Circle(*organisation));
                }
            }
        }
        self.faults.append(&mut faults);
    }

    fn leads_to(&self, from: &OrganisationNumber, to: &OrganisationNumber) -> bool {
        let (mut seen, mut next) = (BTreeSet::new(), vec![*from]);
        while let Some(organisation) = next.pop() {
            if organisation == *to {
                return true;
            }
            if seen.insert(organisation)
                && let Some((_, service)) = self.services.get(&organisation)
            {
                next.extend(&service.successors);
            }
        }
        false
    }

    fn check_overlaps(&mut self) {
        let mut faults = Vec::new();
        for served in self.served.values() {
            for (index, (at, later)) in served.iter().enumerate() {
                let overlapping = |(_, earlier): &&(String, Served)| earlier.validity.overlaps(&later.validity);
                if let Some((first, _)) = served[..index].iter().find(overlapping) {
                    let rule = Rule::Overlap(first.clone());
                    let entry = at.clone();
                    faults.push(Fault { entry, rule });
                }
            }
        }
        self.faults.append(&mut faults);
    }

    fn directory(self) -> Directory {
        let bare = |served: Vec<(String, Served)>| served.into_iter().map(|(_, served)| served).collect();
        Directory {
            services: self
                .services
                .into_iter()
                .map(|(key, (_, service))| (key, service))
                .collect(),
            served: self
                .served
                .into_iter()
                .map(|(place, served)| (place, bare(served)))
                .collect::<HashMap<_, _>>(),
        }
    }

    fn duty(&mut self, at: &str, entry: &DutyEntry) -> Option<Duty> {
        let organisation = match &entry.organisation {
            Some(text) => Some(self.organisation(&format!("{at}.organisation"), text)?),
            None => None,
        };
        let name = entry.name.as_ref().or(entry.organisation.as_ref());
        let Some(name) = name else {
            self.refuse(at, Rule::NamelessDuty);
            return None;
        };
        let name = self.line(&format!("{at}.name"), name);
        let hours = self.line(&format!("{at}.hours"), &entry.hours);
        let phone = self.line(&format!("{at}.phone"), &entry.phone);
        Some(Duty {
            organisation,
            name: name?,
            hours: hours?,
            phone: phone?,
        })
    }

    fn letter(&mut self, at: &str, entry: &LetterEntry) -> Option<LetterAddress> {
        self.check(
            (1..=2).contains(&entry.lines.len()),
            format_args!("{at}.lines"),
            Rule::LetterLines,
        );
        let lines: Vec<_> = entry
            .lines
            .iter()
            .enumerate()
            .filter_map(|(index, line)| self.line(&format!("{at}.lines[{index}]"), line))
            .collect();
        let code = &entry.postal_code;
        let is_code = code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit());
        self.check(is_code, format_args!("{at}.postal_code"), Rule::PostalCode);
        let city = self.line(&format!("{at}.city"), &entry.city);
        Some(LetterAddress {
            lines,
            postal_code: Line::parse(code).ok()?,
            city: city?,
        })
    }

    fn successors(&mut self, at: &str, entry: &ServiceEntry) -> Vec<OrganisationNumber> {
        let mut successors = Vec::new();
        for (index, text) in entry.successors.iter().enumerate() {
            let at = format!("{at}.successors[{index}] ({text})");
            match self.organisation(&at, text) {
                Some(successor) if successors.contains(&successor) => self.refuse(at, Rule::Twice),
                Some(successor) => successors.push(successor),
                None => {}
            }
        }
        successors
    }

    fn endpoint(&mut self, at: &str, text: Option<&str>) -> Option<Line<300>> {
        let text = text?;
        let is_endpoint = text.strip_prefix("https://").is_some_and(|rest| rest.contains(':'));
        if !is_endpoint {
            self.refuse(format_args!("{at}.receiver"), Rule::Endpoint);
            return None;
        }
        self.line(&format!("{at}.receiver"), text)
    }

    fn validity(&mut self, at: &str, from: Option<&str>, to: Option<&str>) -> Validity {
        let validity = Validity {
            from: from.and_then(|text| self.date(&format!("{at}.valid_from"), text)),
            to: to.and_then(|text| self.date(&format!("{at}.valid_to"), text)),
        };
        self.check(!validity.is_empty(), at, Rule::EndsBeforeItBegins);
        validity
    }

    fn date(&mut self, at: &str, text: &str) -> Option<Date> {
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
        self.check(date.is_some(), at, Rule::Date);
        date
    }

    fn place(&mut self, at: &str, text: &str) -> Option<Place> {
        self.read(at, Place::parse(text))
    }

    fn organisation(&mut self, at: &str, text: &str) -> Option<OrganisationNumber> {
        let number = self.read(at, OrganisationNumber::parse(text))?;
        self.check(number != OrganisationNumber::NOBODY, at, Rule::Nobody);
        Some(number).filter(|number| *number != OrganisationNumber::NOBODY)
    }

    fn optional<const MAX: usize>(&mut self, at: &str, text: Option<&str>) -> Option<Line<MAX>> {
        text.and_then(|text| self.line(at, text))
    }

    fn line<const MAX: usize>(&mut self, at: &str, text: &str) -> Option<Line<MAX>> {
        self.read(at, Line::parse(text))
    }

    fn read<T, E: Into<Rule>>(&mut self, at: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.refuse(at, error.into())).ok()
    }

    fn check(&mut self, holds: bool, at: impl fmt::Display, rule: Rule) {
        if !holds {
            self.refuse(at, rule);
        }
    }

    fn refuse(&mut self, at: impl fmt::Display, rule: Rule) {
        self.faults.push(Fault {
            entry: at.to_string(),
            rule,
        });
    }
}
