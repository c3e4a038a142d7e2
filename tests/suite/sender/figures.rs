//! The figures of a district and a period, made from the sender's database.

use std::time::Duration;

use framme_sender::figures::make;
use framme_shared::{
    domain::{
        figures::{EventKey, Figures, Period, TimeToAssigned},
        jws::{JwsVerifier, TrustedIssuers},
        lifecycle::Standing,
        report::{ReportType, Urgency as Pace},
    },
    wire::{
        pb::{
            report::{ErrorReason, ReportType as WireType, Urgency},
            sender::{CloseReportRequest, ClosingKind, ExportFiguresRequest},
        },
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::ToSpan as _;

use super::stage::{HARSTAD, LocalFigures, Stage, TROMSO, soon, with_token};

on_both_databases!(
    what_is_late_and_how_long_it_took_is_told_by_urgency,
    closings_by_letter_are_counted_once_a_report,
    a_period_has_whole_days_in_norway,
    types_and_urgencies_add_up_and_every_report_has_its_keys,
    receivers_that_do_not_answer_are_named_and_never_counted_as_none,
    an_export_is_signed_by_the_police_and_its_reading_is_recorded,
    only_a_person_at_the_desk_exports_and_only_a_real_period,
    a_receivers_lagging_clock_makes_no_negative_time,
    what_kind_of_closing_it_was_is_kept_and_an_unknown_one_is_refused,
);

fn period(from: &str, until: &str) -> Period {
    Period::parse(from, until).unwrap()
}

/// Around the stage's first moment.
async fn figures(stage: &Stage) -> Figures {
    make(&stage.context, "Troms", period("2026-03-01", "2026-03-31"))
        .await
        .unwrap()
}

/// Submits a report of this urgency and has it assigned so much later.
async fn delivered_after(stage: &mut Stage, urgency: Urgency, later: Duration) {
    stage.submit(&[TROMSO], urgency).await;
    stage.clock.advance(later);
    soon(stage.deliver(0)).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
}

fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3_600)
}

async fn what_is_late_and_how_long_it_took_is_told_by_urgency(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let none = figures(&stage).await;
    assert_eq!((none.late, none.to_assigned, none.totals.reports), (0, None, 0));

    let second = Duration::from_secs(1);
    for (urgency, later) in [
        (Urgency::Acute, hours(1)),
        (Urgency::Acute, hours(1) + second),
        (Urgency::Urgent, hours(4)),
        (Urgency::Urgent, hours(5)),
        (Urgency::Normal, hours(48)),
        (Urgency::Normal, hours(49)),
        (Urgency::Normal, hours(2)),
        (Urgency::Normal, hours(2)),
        (Urgency::Normal, hours(2)),
        (Urgency::Normal, hours(2)),
    ] {
        delivered_after(&mut stage, urgency, later).await;
    }
    stage.submit(&[TROMSO], Urgency::Normal).await;

    let made = figures(&stage).await;
    assert_eq!(
        (made.totals.reports, made.totals.delivered, made.totals.not_delivered),
        (11, 10, 1)
    );
    assert_eq!(made.late, 3);
    // In order: 1 h, 1 h + 1 s, four of 2 h, 4 h, 5 h, 48 h, 49 h.
    let times = TimeToAssigned {
        median: 2 * 3_600,
        p90: 48 * 3_600,
    };
    assert_eq!(made.to_assigned, Some(times));
    assert!(made.to_payload().is_ok());
}

async fn closings_by_letter_are_counted_once_a_report(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO, TROMSO], Urgency::Normal).await;
    let other = stage.submit(&[TROMSO], Urgency::Normal).await;
    let children: Vec<String> = stage
        .view(&report)
        .await
        .children()
        .map(|child| child.child.to_string())
        .collect();
    for (number, child) in children.into_iter().enumerate() {
        close(
            &stage,
            &report.to_string(),
            number,
            vec![child],
            ClosingKind::Letter.into(),
        )
        .await
        .unwrap();
    }
    let posted = stage.submit(&[TROMSO], Urgency::Normal).await;
    for (number, (report, kind)) in [(other, ClosingKind::Phone), (posted, ClosingKind::Letter)]
        .into_iter()
        .enumerate()
    {
        close(&stage, &report.to_string(), 7 + number, Vec::new(), kind.into())
            .await
            .unwrap();
    }

    let made = figures(&stage).await;
    assert_eq!(
        (made.by_letter, made.totals.closed, made.totals.children_not_delivered),
        (2, 3, 0)
    );
    assert!(made.events.iter().all(|event| event.standing == Standing::Closed));
}

async fn close(
    stage: &Stage,
    report: &str,
    number: usize,
    child_ids: Vec<String>,
    kind: i32,
) -> Result<(), tonic::Status> {
    let request = CloseReportRequest {
        report_id: report.to_owned(),
        request_id: format!("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b2{number}"),
        reason: "Tatt på annen måte.".to_owned(),
        child_ids,
        kind,
    };
    stage.desk().close_report(request).await.map(drop)
}

async fn a_period_has_whole_days_in_norway(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    // Midnight in Norway is 23:00 in UTC in winter.
    for moment in [
        "2026-03-02T22:59:59Z",
        "2026-03-02T23:00:00Z",
        "2026-03-03T22:59:59Z",
        "2026-03-03T23:00:00Z",
    ] {
        stage.clock.set(moment.parse().unwrap());
        stage.submit(&[TROMSO], Urgency::Normal).await;
    }
    for (from, until, reports) in [
        ("2026-03-02", "2026-03-02", 1),
        ("2026-03-03", "2026-03-03", 2),
        ("2026-03-04", "2026-03-04", 1),
        ("2026-03-01", "2026-03-04", 4),
        ("2026-03-05", "2026-03-05", 0),
    ] {
        let made = make(&stage.context, "Troms", period(from, until)).await.unwrap();
        assert_eq!(made.totals.reports, reports, "{from} to {until}");
    }
    let elsewhere = make(&stage.context, "Oslo", period("2026-03-01", "2026-03-04"))
        .await
        .unwrap();
    assert_eq!(elsewhere.totals.reports, 0);
}

async fn types_and_urgencies_add_up_and_every_report_has_its_keys(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut keys = Vec::new();
    for (kind, urgency, references) in [
        (WireType::Notice, Urgency::Urgent, vec!["26/1 a", "26/2"]),
        (WireType::ConcernReport, Urgency::Urgent, vec![]),
        (WireType::Notice, Urgency::Acute, vec!["26/1A"]),
    ] {
        let mut report = stage.report(&[TROMSO, HARSTAD], urgency);
        report.r#type = kind.into();
        report.police_case_references = references.iter().map(|text| (*text).to_owned()).collect();
        let id = report.report_id.parse().unwrap();
        keys.push(EventKey::of(&id, &report.police_case_references));
        stage.send(report).await.unwrap();
        stage.clock.advance(Duration::from_secs(60));
    }
    let made = figures(&stage).await;
    let counts: Vec<_> = made
        .types
        .iter()
        .map(|(of, counts)| (*of, counts.reports, counts.children))
        .collect();
    assert_eq!(counts, [(ReportType::ConcernReport, 1, 2), (ReportType::Notice, 2, 4)]);
    let counts: Vec<_> = made
        .urgencies
        .iter()
        .map(|(of, counts)| (*of, counts.reports))
        .collect();
    assert_eq!(counts, [(Pace::Acute, 1), (Pace::Urgent, 2)]);
    let found: Vec<_> = made.events.iter().map(|event| event.keys.clone()).collect();
    assert_eq!(found, keys);
    assert_eq!(keys[0].iter().filter(|key| keys[2].contains(key)).count(), 1);
    assert!(
        made.events
            .iter()
            .all(|event| event.children == 2 && event.sent.subsec_nanosecond() == 0)
    );
    // Nothing of a reference, and no report id, is in the file.
    let text = String::from_utf8(made.to_payload().unwrap()).unwrap();
    assert!(!text.contains("26/"), "{text}");
    for report in reports(&stage).await {
        assert!(!text.contains(&report), "{text}");
    }
}

async fn reports(stage: &Stage) -> Vec<String> {
    let mut connection = stage.database.connect().await;
    let all = sqlx::query_scalar("SELECT report_id FROM report").fetch_all(&mut connection);
    all.await.unwrap()
}

async fn receivers_that_do_not_answer_are_named_and_never_counted_as_none(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    stage.submit(&[TROMSO], Urgency::Normal).await;
    let made = figures(&stage).await;
    // The receiver of this stage is older than the service that it is asked by.
    assert_eq!(made.known.not_answered_by, [stage.receiver_number(0)]);
    assert_eq!((made.known.answered, made.known.answered_by.len()), (0, 0));
    let summary: serde_json::Value = serde_json::from_slice(&made.summary().unwrap()).unwrap();
    assert_eq!(
        summary["known_to_service"]["not_answered_by"][0],
        stage.receiver_number(0).to_string()
    );
    assert!(summary.get("events").is_none());
}

async fn an_export_is_signed_by_the_police_and_its_reading_is_recorded(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    stage.submit(&[TROMSO], Urgency::Normal).await;
    let answer = desk(&stage)
        .export_figures(export("2026-03-01", "2026-03-31"))
        .await
        .unwrap();
    let file = answer.into_inner().figures;

    let trust = TrustedIssuers::from_pem(stage.pki.trust_pem().as_bytes(), b"").unwrap();
    let now = stage.context.clock.now();
    let signed = framme_shared::domain::figures::SignedFigures::verify(&JwsVerifier::new(trust), &file, now).unwrap();
    assert_eq!(signed.figures().sender, stage.context.organisation);
    assert_eq!((signed.figures().time, signed.figures().totals.reports), (now, 1));
    let recorded: Vec<String> =
        sqlx::query_scalar("SELECT subject || ' ' || actor || ' ' || data FROM ledger WHERE kind = 'figures_made'")
            .fetch_all(&mut stage.database.connect().await)
            .await
            .unwrap();
    assert_eq!(recorded, ["Troms desk-1 2026-03-01 to 2026-03-31"]);
}

fn desk(stage: &Stage) -> LocalFigures {
    stage.figures(|request| with_token(request, "desk-1"))
}

fn export(from: &str, until: &str) -> ExportFiguresRequest {
    ExportFiguresRequest {
        police_district: "Troms".to_owned(),
        from_day: from.to_owned(),
        until_day: until.to_owned(),
    }
}

async fn only_a_person_at_the_desk_exports_and_only_a_real_period(database: TestDatabase) {
    let stage = Stage::set(database).await;
    for (from, until) in [
        ("", "2026-03-31"),
        ("2026-03-01", "2026-02-28"),
        ("2026-02-30", "2026-03-31"),
        ("1.3.2026", "2026-03-31"),
    ] {
        let refused = desk(&stage).export_figures(export(from, until)).await.unwrap_err();
        assert_eq!(
            reason_of(&refused),
            Some(ErrorReason::InvalidField),
            "{from} to {until}"
        );
    }
    let mut nowhere = export("2026-03-01", "2026-03-31");
    nowhere.police_district.clear();
    let refused = desk(&stage).export_figures(nowhere).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidField));
    for mut caller in [
        stage.figures(|request| with_token(request, "officer-1")),
        stage.figures(|request| with_token(request, "police-system")),
    ] {
        let refused = caller
            .export_figures(export("2026-03-01", "2026-03-31"))
            .await
            .unwrap_err();
        assert_eq!(reason_of(&refused), Some(ErrorReason::PermissionDenied));
    }
}

async fn a_receivers_lagging_clock_makes_no_negative_time(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let now = stage.context.clock.now();
    stage.submit(&[TROMSO], Urgency::Acute).await;
    soon(stage.deliver(0)).await;
    stage.clock.set(now - 5.minutes());
    stage.first.assigns_all();
    stage.clock.set(now);
    soon(stage.track(0)).await;
    let made = figures(&stage).await;
    assert_eq!((made.totals.delivered, made.late), (1, 0));
    assert_eq!(made.to_assigned, Some(TimeToAssigned { median: 0, p90: 0 }));
}

async fn what_kind_of_closing_it_was_is_kept_and_an_unknown_one_is_refused(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    for (number, (kind, kept)) in [(0, "other"), (1, "letter"), (2, "phone"), (3, "other")]
        .into_iter()
        .enumerate()
    {
        let report = stage.submit(&[TROMSO], Urgency::Normal).await.to_string();
        close(&stage, &report, number, Vec::new(), kind).await.unwrap();
        let found: Vec<String> = sqlx::query_scalar("SELECT closing_kind FROM request WHERE report_id = $1")
            .bind(report)
            .fetch_all(&mut stage.database.connect().await)
            .await
            .unwrap();
        assert_eq!(found, [kept]);
    }
    let report = stage.submit(&[TROMSO], Urgency::Normal).await.to_string();
    let refused = close(&stage, &report, 9, Vec::new(), 99).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::UnknownEnumValue));
}
