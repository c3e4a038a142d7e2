//! What receivers owe, as the contract has it.

use framme_shared::{
    domain::lifecycle::Terms,
    wire::{
        pb::{
            report as pb,
            sender::{ListOwedFeedbackRequest, ListOwedFeedbackResponse, OwedFeedback},
        },
        status::Failure,
        time::to_pb,
    },
};
use jiff::Timestamp;

use super::{Api, failure::storage};
use crate::store::owed::{self, Owed, Position};

/// What each duty's time is. One place, for whoever brings a policy.
pub(super) const TERMS: Terms = Terms::OF_LAW;

const DEFAULT_PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 1_000;

impl Api {
    pub(super) async fn owed(&self, request: &ListOwedFeedbackRequest) -> Result<ListOwedFeedbackResponse, Failure> {
        let size = match request.page_size {
            0 => DEFAULT_PAGE,
            size @ 1..=LARGEST_PAGE => size,
            _ => return Err(Failure::invalid_field("page_size", "must be 0 to 1000")),
        };
        let position = position(&request.page_token)?;
        let now = self.context.clock.now();
        let before = if request.late_only { now } else { Timestamp::MAX };
        // One more than asked for tells whether there is a next page.
        let found = owed::page(self.context.database.reader(), &TERMS, before, &position, size + 1).await;
        let mut found = found.map_err(storage)?;
        let has_more = found.len() > size as usize;
        found.truncate(size as usize);
        let next_page_token = match found.last() {
            Some(last) if has_more => format!("{}.{}", last.position.due, last.position.key),
            _ => String::new(),
        };
        Ok(ListOwedFeedbackResponse {
            owed: found.iter().map(|owed| shown(owed, now)).collect(),
            next_page_token,
        })
    }
}

fn position(token: &str) -> Result<Position, Failure> {
    if token.is_empty() {
        return Ok(Position::start());
    }
    let parted = token.split_once('.');
    let read = parted.and_then(|(due, key)| Some((due.parse().ok()?, key)));
    let is_key = |key: &str| key.split('/').count() == 3 && key.bytes().all(|byte| byte.is_ascii_graphic());
    match read {
        Some((due, key)) if is_key(key) => Ok(Position {
            due,
            key: key.to_owned(),
        }),
        _ => Err(Failure::invalid_field(
            "page_token",
            "must be the next_page_token of a page before",
        )),
    }
}

fn shown(owed: &Owed, now: Timestamp) -> OwedFeedback {
    OwedFeedback {
        report_id: owed.report.to_string(),
        transmission_id: owed.transmission.to_string(),
        child_id: owed.child.to_string(),
        receiver_organisation_number: owed.receiver.to_string(),
        duty: pb::Duty::from(owed.duty).into(),
        due_time: Some(to_pb(owed.due)),
        late: owed.due < now,
        police_district: owed.police_district.clone(),
        municipality_number: owed.municipality.clone(),
        city_district_number: owed.city_district.clone().unwrap_or_default(),
        assigned_staff_id: owed.caseworker.as_ref().map(ToString::to_string).unwrap_or_default(),
        urgency: pb::Urgency::from(owed.urgency).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_token_is_refused() {
        assert!(position("").is_ok() && position("-1.a/b/review").is_ok());
        for token in ["1", "x.a/b/c", "1.a/b", "1.a/b/\u{7}"] {
            assert!(position(token).is_err(), "{token}");
        }
    }
}
