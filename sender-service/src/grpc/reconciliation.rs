//! Comparisons with receivers: asking for one, and reading what came of them.

use framme_shared::{
    domain::{ids::RequestId, organisation::OrganisationNumber, reconciliation::Period},
    wire::{
        pb::sender::{
            GetReconciliationRequest, GetReconciliationResponse, ListReconciliationsRequest,
            ListReconciliationsResponse, ReconciliationDifference, ReconciliationState, StartReconciliationRequest,
            StartReconciliationResponse,
        },
        reconciliation::MOST_DIFFERENCES,
        status::{Cause, Failure},
        time,
    },
};
use jiff::{civil::Date, tz::TimeZone};

use super::{Api, caller::Caller, failure::storage};
use crate::{
    reconciliation::Ask,
    store::{
        receiver,
        reconciliation::{self, NewReconciliation, Reconciliation, Treated},
    },
};

const DEFAULT_PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 1_000;

impl Api {
    pub(super) async fn start_comparison(
        &self,
        caller: &Caller,
        request: &StartReconciliationRequest,
    ) -> Result<StartReconciliationResponse, Failure> {
        let id = id("request_id", &request.request_id)?;
        let receiver = organisation(&request.receiver_organisation_number)?;
        let period = period(request)?;
        let reader = self.context.database.reader();
        let known = receiver::look_up(reader, &receiver).await.map_err(storage)?;
        known.ok_or(Failure::NotFound)?;
        let ask = Ask(NewReconciliation {
            id,
            receiver,
            occasion: format!("request/{id}"),
            period,
            requested_by: caller.holder.to_string(),
        });
        self.context.database.change(ask).await.map_err(storage)?;
        let found = reconciliation::find(reader, &id).await.map_err(storage)?;
        match found {
            Some(found) if found.receiver == receiver && found.period == period => Ok(StartReconciliationResponse {
                reconciliation: Some(state(&found)),
            }),
            _ => Err(Failure::ContentDiffers),
        }
    }

    pub(super) async fn comparisons(
        &self,
        request: &ListReconciliationsRequest,
    ) -> Result<ListReconciliationsResponse, Failure> {
        let size = match request.page_size {
            0 => DEFAULT_PAGE,
            size @ 1..=LARGEST_PAGE => size,
            _ => return Err(Failure::invalid_field("page_size", "must be 0 to 1000")),
        };
        let receiver = match request.receiver_organisation_number.as_str() {
            "" => None,
            number => Some(organisation(number)?),
        };
        let before = position(&request.page_token)?;
        let reader = self.context.database.reader();
        let mut page = reconciliation::page(reader, receiver.as_ref(), (before.0, &before.1), size + 1)
            .await
            .map_err(storage)?;
        let more = page.len() > size as usize;
        page.truncate(size as usize);
        let next_page_token = match page.last() {
            Some(last) if more => format!("{}.{}", last.requested_at.as_microsecond(), last.id),
            _ => String::new(),
        };
        Ok(ListReconciliationsResponse {
            reconciliations: page.iter().map(state).collect(),
            next_page_token,
        })
    }

    pub(super) async fn comparison(
        &self,
        request: &GetReconciliationRequest,
    ) -> Result<GetReconciliationResponse, Failure> {
        let id = id("reconciliation_id", &request.reconciliation_id)?;
        let reader = self.context.database.reader();
        let found = reconciliation::find(reader, &id).await.map_err(storage)?;
        let found = found.ok_or(Failure::NotFound)?;
        let most = u32::try_from(MOST_DIFFERENCES).unwrap_or(u32::MAX);
        let differences = reconciliation::differences(reader, &id, most).await.map_err(storage)?;
        let (sender_result, receiver_result) = match &found.ended {
            Some(ended) => (ended.sender_result.clone(), ended.receiver_result.clone()),
            None => Default::default(),
        };
        Ok(GetReconciliationResponse {
            reconciliation: Some(state(&found)),
            differences: differences.iter().map(difference).collect(),
            sender_result,
            receiver_result,
        })
    }
}

fn id(field: &'static str, text: &str) -> Result<RequestId, Failure> {
    RequestId::parse(text).map_err(|rule| Failure::invalid_field(field, rule.to_string()))
}

fn organisation(text: &str) -> Result<OrganisationNumber, Failure> {
    OrganisationNumber::parse(text)
        .map_err(|rule| Failure::invalid_field("receiver_organisation_number", rule.to_string()))
}

fn period(request: &StartReconciliationRequest) -> Result<Period, Failure> {
    let day = |field: &'static str, text: &str| match text {
        "" => Ok(None),
        text => text
            .parse::<Date>()
            .map(Some)
            .map_err(|_| Failure::invalid_field(field, "must be a day as YYYY-MM-DD")),
    };
    let (first, last) = (
        day("from_date", &request.from_date)?,
        day("until_date", &request.until_date)?,
    );
    let zone = TimeZone::get("Europe/Oslo").map_err(|error| Failure::Internal(Cause::of(&error)))?;
    Period::of_days(first, last, &zone).map_err(|rule| Failure::invalid_field("until_date", rule.to_string()))
}

/// Where the page before ended; the first page begins at the end of time.
fn position(token: &str) -> Result<(i64, String), Failure> {
    if token.is_empty() {
        return Ok((i64::MAX, String::new()));
    }
    let read = || {
        let (time, id) = token.split_once('.')?;
        Some((time.parse().ok()?, RequestId::parse(id).ok()?.to_string()))
    };
    read().ok_or_else(|| Failure::invalid_field("page_token", "must come from the page before"))
}

fn state(row: &Reconciliation) -> ReconciliationState {
    let mut state = ReconciliationState {
        reconciliation_id: row.id.to_string(),
        receiver_organisation_number: row.receiver.to_string(),
        occasion: row.occasion.clone(),
        from_time: row.period.from.map(time::to_pb),
        until_time: row.period.until.map(time::to_pb),
        requested_by: row.requested_by.clone(),
        requested_time: Some(time::to_pb(row.requested_at)),
        attempts: row.attempts,
        begun_time: row.begun_at.map(time::to_pb),
        last_failure: row.last_failure.clone().unwrap_or_default(),
        ..ReconciliationState::default()
    };
    if let Some(ended) = &row.ended {
        state.ended_time = Some(time::to_pb(ended.at));
        state.sender_entries = ended.sender_entries;
        state.receiver_entries = ended.receiver_entries;
        state.matched = ended.matched;
        state.differences = ended.differences;
        state.complete = ended.complete;
        state.bytes_moved = ended.bytes_moved;
    }
    state
}

fn difference(treated: &Treated) -> ReconciliationDifference {
    ReconciliationDifference {
        sequence: treated.difference.sequence,
        class: treated.difference.class.to_string(),
        transmission_id: treated.transmission.map(|id| id.to_string()).unwrap_or_default(),
        remedy: treated.remedy.clone(),
    }
}
