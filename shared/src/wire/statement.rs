//! Daily statements, as both local interfaces show them.

use jiff::civil::Date;

use super::{pb::report as pb, status::Failure, time};
use crate::domain::{organisation::OrganisationNumber, statement::StatedDay};

const DEFAULT_PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 1_000;

/// Which days are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageOfDays {
    /// Only those with this organisation.
    pub of: Option<OrganisationNumber>,
    /// After this day and organisation, in the order of pages.
    pub after: Option<(Date, OrganisationNumber)>,
    /// So many at most.
    pub size: u32,
}

impl PageOfDays {
    /// Reads what a request says.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn read(page_size: u32, page_token: &str, of: &str) -> Result<Self, Failure> {
        let size = match page_size {
            0 => DEFAULT_PAGE,
            1..=LARGEST_PAGE => page_size,
            _ => return Err(Failure::invalid_field("page_size", "must be at most 1000")),
        };
        let after =
            match page_token {
                "" => None,
                token => Some(position(token).ok_or_else(|| {
                    Failure::invalid_field("page_token", "must be the next_page_token of a page before")
                })?),
            };
        let of = match of {
            "" => None,
            of => Some(organisation(of)?),
        };
        Ok(Self { of, after, size })
    }

    /// The page of what was found, which is one more than asked for when there is another page; and the token of that.
    #[must_use]
    pub fn cut(self, mut found: Vec<StatedDay>) -> (Vec<pb::StatementDay>, String) {
        let has_more = found.len() > self.size as usize;
        found.truncate(self.size as usize);
        let next = found.last().filter(|_| has_more);
        let next = next
            .map(|last| format!("{}/{}", last.day, last.peer))
            .unwrap_or_default();
        (found.into_iter().map(to_pb).collect(), next)
    }
}

/// The organisation and the day of a request.
///
/// # Errors
/// Names the field that is wrong.
pub fn day_of_pair(of: &str, day: &str) -> Result<(OrganisationNumber, Date), Failure> {
    let of = organisation(of)?;
    let day = written(day).ok_or_else(|| Failure::invalid_field("day", "must be a day as 2026-11-24"))?;
    Ok((of, day))
}

fn organisation(text: &str) -> Result<OrganisationNumber, Failure> {
    OrganisationNumber::parse(text).map_err(|rule| Failure::invalid_field("organisation", rule.to_string()))
}

fn position(token: &str) -> Option<(Date, OrganisationNumber)> {
    let (day, peer) = token.split_once('/')?;
    Some((written(day)?, OrganisationNumber::parse(peer).ok()?))
}

/// A day in its one usual form.
fn written(text: &str) -> Option<Date> {
    text.parse().ok().filter(|day: &Date| day.to_string() == text)
}

fn to_pb(day: StatedDay) -> pb::StatementDay {
    pb::StatementDay {
        organisation: day.peer.to_string(),
        day: day.day.to_string(),
        own_time: day.own_made_at.map(time::to_pb),
        peer_time: day.peer_made_at.map(time::to_pb),
        verdict: day.verdict.unwrap_or_default(),
    }
}

/// A day as one line for people.
#[must_use]
pub fn line(day: &pb::StatementDay) -> String {
    let made = |at: &Option<prost_types::Timestamp>| {
        let at = at.as_ref().and_then(|at| time::from_pb(at).ok());
        at.map_or_else(|| "-".to_owned(), |at| at.strftime("%F %T").to_string())
    };
    format!(
        "{}  {}  own {:<19}  theirs {:<19}  {}",
        day.day,
        day.organisation,
        made(&day.own_time),
        made(&day.peer_time),
        day.verdict
    )
}

/// The texts of a day as a file: the own one and then the other side's, one on a line, each as it was signed.
#[must_use]
pub fn file(own: &str, peer: &str) -> String {
    let lines = [own, peer].into_iter().filter(|text| !text.is_empty());
    lines.map(|text| format!("{text}\n")).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn stated(day: Date) -> StatedDay {
        StatedDay {
            peer: OrganisationNumber::parse("974761076").unwrap(),
            day,
            own_made_at: None,
            peer_made_at: None,
            verdict: None,
        }
    }

    #[test]
    fn a_page_goes_on_where_the_one_before_ended() {
        let page = PageOfDays::read(1, "", "").unwrap();
        let (days, next) = page.cut(vec![stated(date(2026, 11, 24)), stated(date(2026, 11, 23))]);
        assert_eq!(days.len(), 1);
        let page = PageOfDays::read(1, &next, "974761076").unwrap();
        assert_eq!(page.after, Some((date(2026, 11, 24), stated(date(2026, 11, 24)).peer)));
        assert_eq!(page.cut(vec![stated(date(2026, 11, 23))]).1, "");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(PageOfDays::read(1_001, "", "").is_err());
        assert!(PageOfDays::read(1, "2026-11-24", "").is_err());
        assert!(PageOfDays::read(1, "", "974761077").is_err());
        assert!(day_of_pair("974761076", "20261124").is_err());
        assert!(day_of_pair("974761076", "2026-02-30").is_err());
        assert!(day_of_pair("974761076", "2026-11-24").is_ok());
    }
}
