//! A report as the contract writes it.

use super::{attachments, calls, children, disclosure, pb, people, time};
use crate::domain::{
    report::{Account, Report},
    text::Text,
};

/// Writes a report. Reading it again gives the same report.
pub fn to_pb(report: &Report) -> pb::Report {
    pb::Report {
        report_id: report.id.to_string(),
        r#type: pb::ReportType::from(report.report_type).into(),
        urgency: pb::Urgency::from(report.urgency).into(),
        disclosure: Some(disclosure::write(&report.disclosure)),
        account: Some(write_account(&report.account)),
        children: report.children.iter().map(children::write).collect(),
        carers: report.carers.iter().map(people::write_carer).collect(),
        interpreter_need: text(&report.interpreter_need),
        other_services: text(&report.other_services),
        reporter: Some(people::write_reporter(&report.reporter)),
        police_case_references: report
            .police_case_references
            .iter()
            .map(|line| line.expose().to_owned())
            .collect(),
        phone_calls: report.phone_calls.iter().map(calls::write).collect(),
        follows_up_report_id: report.follows_up.map(|id| id.to_string()).unwrap_or_default(),
        attachments: report.attachments.iter().map(attachments::write).collect(),
        written_time: Some(time::to_pb(report.written_at)),
        channel: people::line(&report.channel),
        drill: report.drill,
    }
}

fn write_account(account: &Account) -> pb::Account {
    pb::Account {
        observed: account.observed.expose().to_owned(),
        history: text(&account.history),
        other_views: text(&account.other_views),
        immediate_safety: text(&account.immediate_safety),
    }
}

fn text<const MAX: usize>(text: &Option<Text<MAX>>) -> String {
    text.as_ref().map(|text| text.expose().to_owned()).unwrap_or_default()
}
