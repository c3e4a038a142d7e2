//! The table that the directorate wants: what is not delivered, per police district.

use framme_shared::{runtime::exit::Exit, wire::pb::sender::GetFiguresRequest};

use super::{Session, json, outcome::CommandError};

pub(super) async fn figures(session: &Session) -> Result<Exit, CommandError> {
    let figures = session.client()?.get_figures(GetFiguresRequest {}).await?.into_inner();
    if session.json {
        json::print("framme.sender.v1.GetFiguresResponse", &figures);
        return Ok(Exit::Ok);
    }
    println!(
        "{:<20} {:>8} {:>9} {:>14} {:>20} {:>10} {:>23}",
        "police district",
        "reports",
        "children",
        "not delivered",
        "children in those",
        "delivered",
        "children not delivered"
    );
    for district in &figures.districts {
        println!(
            "{:<20} {:>8} {:>9} {:>14} {:>20} {:>10} {:>23}",
            district.police_district,
            district.reports,
            district.children,
            district.reports_not_delivered,
            district.children_in_reports_not_delivered,
            district.reports_delivered,
            district.children_not_delivered
        );
    }
    Ok(Exit::Ok)
}
