//! Exporting evidence from a sender's database.

use std::time::Duration;

use framme_sender::store::holding::{self, NewHolding};
use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::{
        digest::Digest,
        evidence::{FaultCode, KnownBy, Package, Scope, Verdict, verify},
        ids::{ReportId, TransmissionId},
        jws::{Kind, TrustedIssuers},
        lifecycle::Stage as ChildStage,
        receipt::{Pair, ReceiptVerifier, Statement},
    },
    runtime::clock::Clock as _,
    wire::{
        pb::{
            report::{ErrorReason, Urgency},
            sender::{EvidencePeriod, ExportEvidenceRequest, export_evidence_request},
        },
        status::reason_of,
        time::to_pb,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tonic::Status;

use super::{
    receiver::signer,
    stage::{HARSTAD, Stage, TROMSO, soon},
};

on_both_databases!(
    the_evidence_of_a_report_at_two_receivers_holds_and_tells_where_its_children_are,
    the_evidence_of_a_period_holds_what_passed_in_it_and_what_goes_before,
    every_day_of_an_exchange_has_evidence_that_holds,
    a_receipt_that_is_gone_from_the_database_is_missing_in_the_evidence,
    what_the_receiver_found_later_stands_in_the_evidence,
    both_statements_of_a_day_stand_in_the_evidence_of_a_period,
    evidence_of_what_does_not_exist_is_not_found,
);

const DAY: Duration = Duration::from_secs(86_400);

fn period(stage: &Stage, from: Timestamp, until: Timestamp) -> export_evidence_request::Scope {
    export_evidence_request::Scope::Period(EvidencePeriod {
        receiver_organisation_number: stage.receiver_number(0).to_string(),
        from_time: Some(to_pb(from)),
        until_time: Some(to_pb(until)),
    })
}

fn of_report(report: &ReportId) -> export_evidence_request::Scope {
    export_evidence_request::Scope::ReportId(report.to_string())
}

async fn export(stage: &Stage, scope: export_evidence_request::Scope) -> Result<Vec<u8>, Status> {
    let request = ExportEvidenceRequest { scope: Some(scope) };
    let mut chunks = stage.evidence().export_evidence(request).await?.into_inner();
    let mut file = Vec::new();
    while let Some(message) = chunks.message().await? {
        assert!(!message.chunk.is_empty() && message.chunk.len() <= 256 * 1024);
        file.extend_from_slice(&message.chunk);
    }
    Ok(file)
}

async fn exported(stage: &Stage, scope: export_evidence_request::Scope) -> (Package, Verdict) {
    let package = Package::read(&soon(export(stage, scope)).await.unwrap()).unwrap();
    let trust = TrustedIssuers::from_pem(stage.pki.trust_pem().as_bytes(), b"").unwrap();
    let verdict = verify(&package, &ReceiptVerifier::new(trust), stage.clock.now()).unwrap();
    (package, verdict)
}

/// A report about a child in Tromsø, stored and assigned.
async fn assigned(stage: &mut Stage) -> ReportId {
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    soon(stage.deliver(0)).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    report
}

async fn the_evidence_of_a_report_at_two_receivers_holds_and_tells_where_its_children_are(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    assigned(&mut stage).await;
    let report = stage.submit(&[TROMSO, HARSTAD, TROMSO], Urgency::Acute).await;
    soon(stage.deliver(0)).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;

    let (package, verdict) = exported(&stage, of_report(&report)).await;
    assert_eq!(verdict.faults, []);
    assert_eq!((package.transmissions.len(), package.receipts.len()), (2, 3));
    let delivered: Vec<bool> = verdict.children.iter().map(|child| child.is_delivered()).collect();
    assert_eq!(delivered.iter().filter(|delivered| **delivered).count(), 2);
    let view = stage.view(&report).await;
    let shown = view.children().map(|child| (child.child, child.state.stage()));
    let told = verdict.children.iter().map(|child| (child.child, child.state.stage()));
    assert_eq!(shown.collect::<Vec<_>>(), told.collect::<Vec<_>>());
    assert_eq!(verdict.sealed.unwrap().exporter, stage.context.organisation);
}

async fn the_evidence_of_a_period_holds_what_passed_in_it_and_what_goes_before(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let before = assigned(&mut stage).await;
    let child = stage.first.children()[0];
    stage.clock.advance(DAY);
    let from = stage.clock.now();
    // Of the report from before, something becomes known in the period.
    stage.first.states(Statement::Revoked, Some(child));
    soon(stage.track(0)).await;
    let inside = assigned(&mut stage).await;
    stage.clock.advance(DAY);
    let until = stage.clock.now();
    assigned(&mut stage).await;

    let (package, verdict) = exported(&stage, period(&stage, from, until)).await;
    assert_eq!(verdict.faults, []);
    let stages: Vec<_> = verdict
        .children
        .iter()
        .map(|story| (story.report, story.state.stage()))
        .collect();
    // The first receipt after the period shows that none is left out at its end, and nothing is concluded from it.
    assert_eq!(stages, [(before, ChildStage::Stored), (inside, ChildStage::Assigned)]);
    assert_eq!(verdict.completeness[0].until, Some(until));
    let Scope::Period(scope) = &package.scope else {
        panic!("it is of a period")
    };
    assert_eq!((scope.chain.after, scope.chain.last), (1, 6));
    assert_eq!(package.receipts, stage.first.receipts()[..6]);
}

async fn every_day_of_an_exchange_has_evidence_that_holds(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let begin = stage.clock.now();
    let day = SignedDuration::from_hours(24);
    for day_number in 0..4 {
        for _ in 0..day_number {
            assigned(&mut stage).await;
        }
        stage.clock.advance(DAY);
    }
    for first in -1..6 {
        for last in first..6 {
            let (from, until) = (begin + day * first, begin + day * (last + 1));
            let (_, verdict) = exported(&stage, period(&stage, from, until)).await;
            assert_eq!(verdict.faults, [], "{from} to {until}");
            let known_by = verdict.completeness[0].known_by;
            assert_eq!(
                matches!(known_by, KnownBy::ReceiptAfterPeriod { .. }),
                last < 3,
                "{from} to {until}: {known_by:?}"
            );
        }
    }
    let everything = period(&stage, begin - day, begin + day * 9);
    let (package, verdict) = exported(&stage, everything).await;
    assert_eq!((package.transmissions.len(), package.receipts.len()), (6, 12));
    assert!(verdict.children.iter().all(|child| child.is_delivered()));
}

async fn a_receipt_that_is_gone_from_the_database_is_missing_in_the_evidence(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    assigned(&mut stage).await;
    assigned(&mut stage).await;
    let mut conn = stage.database.connect().await;
    sqlx::query("DELETE FROM receipt WHERE sequence = 3")
        .execute(&mut conn)
        .await
        .unwrap();
    let now = stage.clock.now();
    let whole = period(
        &stage,
        now - SignedDuration::from_hours(9),
        now + SignedDuration::from_hours(9),
    );
    let (_, verdict) = exported(&stage, whole).await;
    let codes: Vec<_> = verdict.faults.iter().map(|fault| fault.code).collect();
    assert!(codes.contains(&FaultCode::ReceiptsMissing), "{codes:?}");
}

/// What the first receiver answered about the latest transmission, as the sender stores it.
struct Answered {
    id: &'static str,
    about: TransmissionId,
    finding: &'static str,
    pair: Pair,
    jws: String,
    at: Timestamp,
}

impl Change for Answered {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let new = NewHolding {
            id: self.id,
            receiver: self.pair.receiver,
            nonce: Digest::of(self.id.as_bytes()),
            jws: &self.jws,
            sha256: Digest::of(self.jws.as_bytes()),
            stated_at: self.at,
        };
        holding::insert(tx.conn(), &new, &[(self.about, self.finding)], self.at).await
    }
}

async fn answer(stage: &Stage, id: &'static str, report: &ReportId, finding: &'static str) {
    let (pair, at) = (stage.first.pair, stage.clock.now());
    let about = stage.view(report).await.transmissions[0].transmission;
    let receipts = stage.first.receipts();
    let last = receipts.last().map(|jws| Digest::of(jws.as_bytes())).unwrap();
    let content = stage.first.arrived().last().unwrap().content.clone();
    let found = match finding {
        "held" => json!({
            "transmission": about,
            "is": "held",
            "digest": Digest::of(&content),
            "receipts": 2,
            "last": { "seq": receipts.len(), "sha256": last },
            "children": [],
        }),
        _ => json!({ "transmission": about, "is": "missing" }),
    };
    let claims = json!({
        "ver": 1,
        "sender": pair.sender,
        "receiver": pair.receiver,
        "time": format!("{at:.6}"),
        "found": [found],
    });
    let signer = signer(&stage.pki, pair);
    let jws = signer
        .jws()
        .sign(Kind::Holding, at.as_second(), claims.to_string().as_bytes());
    let answered = Answered {
        id,
        about,
        finding,
        pair,
        jws: jws.unwrap(),
        at,
    };
    stage.context.database.change(answered).await.unwrap();
}

async fn what_the_receiver_found_later_stands_in_the_evidence(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let begin = stage.clock.now();
    let report = assigned(&mut stage).await;
    let mut told = Vec::new();
    for (id, finding) in [
        ("one", "held"),
        ("two", "missing"),
        ("three", "missing"),
        ("four", "held"),
    ] {
        stage.clock.advance(DAY);
        answer(&stage, id, &report, finding).await;
        let (package, verdict) = exported(&stage, of_report(&report)).await;
        assert_eq!(verdict.faults, []);
        let is_complete = verdict.completeness[0].known_by == KnownBy::Holding;
        told.push((package.signed.len(), verdict.children[0].is_delivered(), is_complete));
    }
    // Of those that found nothing wrong, the last is enough.
    assert_eq!(
        told,
        [(1, true, true), (1, false, false), (2, false, false), (3, true, true)]
    );
    let until = begin + SignedDuration::from_hours(80);
    let (package, verdict) = exported(&stage, period(&stage, begin, until)).await;
    assert_eq!(verdict.faults, []);
    assert_eq!(package.signed.len(), 3);
    assert!(!verdict.children[0].is_delivered());
}

async fn both_statements_of_a_day_stand_in_the_evidence_of_a_period(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    assigned(&mut stage).await;
    let (pair, at) = (stage.first.pair, stage.clock.now());
    let claims = json!({
        "ver": 1,
        "sender": pair.sender,
        "receiver": pair.receiver,
        "time": format!("{at:.6}"),
    });
    let payload = claims.to_string();
    let receiver = signer(&stage.pki, pair);
    let own = stage
        .context
        .signing
        .sign(Kind::Statement, at.as_second(), payload.as_bytes());
    let peer = receiver.jws().sign(Kind::Statement, at.as_second(), payload.as_bytes());
    let mut conn = stage.database.connect().await;
    for (side, text) in [("own", own.unwrap()), ("peer", peer.unwrap())] {
        sqlx::query(
            "INSERT INTO statement (peer, day, side, text, made_at, looks, written_at, written_by)
VALUES ($1, '2026-03-02', $2, $3, 0, 0, 0, 'test')",
        )
        .bind(pair.receiver.to_string())
        .bind(side)
        .bind(text)
        .execute(&mut conn)
        .await
        .unwrap();
    }
    let week = period(
        &stage,
        at - SignedDuration::from_hours(90),
        at + SignedDuration::from_hours(90),
    );
    let (package, verdict) = exported(&stage, week).await;
    assert_eq!(verdict.faults, []);
    assert_eq!(package.signed.len(), 2);
    // Half a day is not what the statements are about.
    let hours = period(
        &stage,
        at - SignedDuration::from_hours(2),
        at + SignedDuration::from_hours(2),
    );
    assert!(exported(&stage, hours).await.0.signed.is_empty());
}

async fn evidence_of_what_does_not_exist_is_not_found(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let now = stage.clock.now();
    let nothing = export_evidence_request::Scope::ReportId("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20".to_owned());
    let nobody = export_evidence_request::Scope::Period(EvidencePeriod {
        receiver_organisation_number: stage.context.organisation.to_string(),
        from_time: Some(to_pb(now)),
        until_time: Some(to_pb(now + SignedDuration::from_hours(1))),
    });
    for scope in [nothing, nobody] {
        let refused = export(&stage, scope).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(ErrorReason::NotFound));
    }
    for scope in [
        period(&stage, now, now),
        export_evidence_request::Scope::ReportId("nobody".to_owned()),
        export_evidence_request::Scope::Period(EvidencePeriod::default()),
    ] {
        let refused = export(&stage, scope).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidField));
    }
}

/// What a checker makes of the package of a report.
pub(super) async fn verdict_of(stage: &Stage, report: &ReportId) -> Verdict {
    exported(stage, of_report(report)).await.1
}
