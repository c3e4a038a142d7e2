//! Signed figures.

use framme_shared::{
    domain::{
        figures::{Figures, MOST_EVENTS, Period},
        jws::Kind,
        text::Line,
    },
    wire::{
        pb::sender::{ExportFiguresRequest, ExportFiguresResponse, figures_service_server::FiguresService},
        scope::Scope,
        status::{Cause, Failure},
        violations::FieldViolations,
    },
};
use tonic::{Request, Response, Status};

use super::{
    Api,
    caller::Caller,
    failure::{sealing, storage},
};
use crate::figures::{FiguresAsked, GatherError, make};

#[tonic::async_trait]
impl FiguresService for Api {
    async fn export_figures(
        &self,
        request: Request<ExportFiguresRequest>,
    ) -> Result<Response<ExportFiguresResponse>, Status> {
        let caller = self.admit(&request, "ExportFigures").await?;
        Ok(Response::new(self.export(&caller, request.get_ref()).await?))
    }
}

impl Api {
    async fn export(&self, caller: &Caller, request: &ExportFiguresRequest) -> Result<ExportFiguresResponse, Failure> {
        let person = caller.person().ok_or(Failure::PermissionDenied)?;
        let mut found = FieldViolations::new();
        let read = read_request(&mut Scope::root(&mut found), request);
        let (district, period) = read.ok_or(Failure::InvalidFields(found))?;
        let asked = FiguresAsked {
            district: district.expose().to_owned(),
            period,
            by: person.to_string(),
        };
        self.context.database.change(asked).await.map_err(storage)?;
        let figures = make(&self.context, district.expose(), period).await.map_err(told)?;
        let figures = self.sign(&figures)?;
        Ok(ExportFiguresResponse { figures })
    }

    fn sign(&self, figures: &Figures) -> Result<String, Failure> {
        let payload = figures
            .to_payload()
            .map_err(|error| Failure::Internal(Cause::of(&error)))?;
        let signed = self
            .context
            .signing
            .sign(Kind::Figures, figures.time.as_second(), &payload);
        signed.ok_or_else(|| Failure::Internal(Cause::saying("figures could not be signed")))
    }
}

fn read_request(scope: &mut Scope<'_>, request: &ExportFiguresRequest) -> Option<(Line<60>, Period)> {
    let district = scope.required("police_district", &request.police_district, Line::parse);
    let from = scope.required("from_day", &request.from_day, Period::day);
    let until = scope.required("until_day", &request.until_day, Period::day);
    let (from, until) = (from?, until?);
    let period = Period::new(from, until)
        .map_err(|rule| scope.refuse("until_day", rule))
        .ok();
    Some((district?, period?))
}

fn told(error: GatherError) -> Failure {
    match error {
        GatherError::Store(error) => storage(error),
        GatherError::Sealed(error) => sealing(error),
        GatherError::Content(error) => Failure::StorageCorrupt(Cause::of(&error)),
        GatherError::TooMany => Failure::invalid_field(
            "until_day",
            format!("must make the period shorter: there are more than {MOST_EVENTS} reports in it"),
        ),
    }
}
