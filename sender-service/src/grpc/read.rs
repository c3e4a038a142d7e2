//! Reading: one report, lists, receipts, figures.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{ids::ReportId, lifecycle},
    wire::{
        pb::{
            report as pb,
            sender::{
                DistrictFigures, GetFiguresResponse, GetReportRequest, GetReportResponse, ListReceiptsRequest,
                ListReceiptsResponse, ListReportsRequest, ListReportsResponse, Standing,
            },
        },
        report::narrow,
        status::{Cause, Failure},
        violations::FieldViolations,
    },
};
use jiff::Timestamp;
use prost::Message as _;

use super::{
    Api,
    authorisation::CONTENT_ROLES,
    caller::Caller,
    failure::{sealing, storage},
    view,
};
use crate::{
    store::{
        figures, receipt,
        view::{Position, ReportView, SealedPart, look_up, page, sealed_parts},
    },
    submission::{merge::merge, sealed},
};

const DEFAULT_PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 1_000;

impl Api {
    pub(super) async fn report(
        &self,
        caller: &Caller,
        request: GetReportRequest,
    ) -> Result<GetReportResponse, Failure> {
        if request.include_content && !CONTENT_ROLES.contains(&caller.role) {
            return Err(Failure::PermissionDenied);
        }
        let id = report_id(&request.report_id)?;
        let reader = self.context.database.reader();
        let view = look_up(reader, &id).await.map_err(storage)?.ok_or(Failure::NotFound)?;
        let mut recorded_phone_calls = Vec::new();
        let content = if request.include_content {
            let reading = ContentRead {
                report: id,
                by: caller.holder.to_string(),
            };
            self.context.database.change(reading).await.map_err(storage)?;
            recorded_phone_calls = self.recorded_calls(&id).await?;
            let parts = sealed_parts(reader, &id).await.map_err(storage)?;
            Some(self.open(&view, parts)?)
        } else {
            None
        };
        Ok(GetReportResponse {
            report: Some(view::report(&view)),
            content,
            recorded_phone_calls,
        })
    }

    fn open(&self, view: &ReportView, parts: Vec<SealedPart>) -> Result<pb::Report, Failure> {
        let mut opened = Vec::with_capacity(parts.len());
        for part in parts {
            let key = sealed::open_key(&self.context.keys, part.wrapped_key).map_err(sealing)?;
            let content = sealed::open_content(&key, &part.transmission, &part.content).map_err(sealing)?;
            let mut report =
                pb::Report::decode(content.as_slice()).map_err(|error| Failure::StorageCorrupt(Cause::of(&error)))?;
            let here = view.children().filter(|child| child.transmission == part.transmission);
            let here: Vec<(String, i64)> = here.map(|child| (child.child.to_string(), child.place)).collect();
            // Children that were sent on are shown with the transmission that carries them now.
            narrow(&mut report, |id| here.iter().any(|(child, _)| child == id));
            opened.push((report, here.into_iter().map(|(_, place)| place).collect()));
        }
        merge(opened).ok_or_else(|| Failure::StorageCorrupt(Cause::saying("a report has no parts")))
    }

    pub(super) async fn reports(&self, request: ListReportsRequest) -> Result<ListReportsResponse, Failure> {
        let size = match request.page_size {
            0 => DEFAULT_PAGE,
            size @ 1..=LARGEST_PAGE => size,
            _ => return Err(Failure::invalid_field("page_size", "must be 0 to 1000")),
        };
        let standing = match Standing::try_from(request.standing) {
            Ok(Standing::Unspecified) => None,
            Ok(Standing::Open) => Some(lifecycle::Standing::Open),
            Ok(Standing::Delivered) => Some(lifecycle::Standing::Delivered),
            Ok(Standing::Closed) => Some(lifecycle::Standing::Closed),
            Err(_) => {
                let mut unknown = FieldViolations::new();
                unknown.add_unknown_enum_value("standing");
                return Err(unknown.into());
            }
        };
        let after = position(&request.page_token)?;
        let reader = self.context.database.reader();
        let views = page(reader, after, standing, i64::from(size)).await.map_err(storage)?;
        let next_page_token = match views.last() {
            Some(last) if views.len() == size as usize => token(last),
            _ => String::new(),
        };
        Ok(ListReportsResponse {
            reports: views.iter().map(view::report).collect(),
            next_page_token,
        })
    }

    pub(super) async fn receipts(&self, request: ListReceiptsRequest) -> Result<ListReceiptsResponse, Failure> {
        let id = report_id(&request.report_id)?;
        let reader = self.context.database.reader();
        let receipts = receipt::of_report(reader, &id).await.map_err(storage)?;
        if receipts.is_empty() && look_up(reader, &id).await.map_err(storage)?.is_none() {
            return Err(Failure::NotFound);
        }
        Ok(ListReceiptsResponse { receipts })
    }

    pub(super) async fn figures(&self) -> Result<GetFiguresResponse, Failure> {
        let districts = figures::by_district(self.context.database.reader())
            .await
            .map_err(storage)?;
        Ok(GetFiguresResponse {
            districts: districts
                .into_iter()
                .map(|district| DistrictFigures {
                    police_district: district.police_district,
                    reports: district.reports,
                    children: district.children,
                    reports_not_delivered: district.reports_open,
                    children_in_reports_not_delivered: district.children_in_open_reports,
                    reports_delivered: district.reports_delivered,
                    children_not_delivered: district.children_open,
                })
                .collect(),
        })
    }
}

/// Records that somebody read a report's content, before it is shown.
struct ContentRead {
    report: ReportId,
    by: String,
}

impl Change for ContentRead {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.record(LedgerEntry {
            kind: "content_read",
            subject: self.report.to_string(),
            actor: self.by.clone(),
            data: String::new(),
        });
        Ok(())
    }
}

pub(super) fn report_id(text: &str) -> Result<ReportId, Failure> {
    ReportId::parse(text).map_err(|rule| Failure::invalid_field("report_id", rule.to_string()))
}

fn token(last: &ReportView) -> String {
    format!("{}.{}", last.submitted_at.as_microsecond(), last.report)
}

fn position(token: &str) -> Result<Option<Position>, Failure> {
    if token.is_empty() {
        return Ok(None);
    }
    let read = || {
        let (time, report) = token.split_once('.')?;
        Some(Position {
            submitted_at: Timestamp::from_microsecond(time.parse().ok()?).ok()?,
            report: ReportId::parse(report).ok()?,
        })
    };
    let position = read().ok_or_else(|| Failure::invalid_field("page_token", "must come from the page before"))?;
    Ok(Some(position))
}
