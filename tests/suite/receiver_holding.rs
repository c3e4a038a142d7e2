//! A receiver that is asked whether it still holds what it has confirmed.

use framme_demo::pki::synthetic_organisation;
use framme_shared::{
    domain::{
        digest::Digest,
        holding::{Presence, VerifiedHolding, verify},
        jws::TrustedIssuers,
        lifecycle::Stage,
        receipt::{Pair, ReceiptVerifier, Statement},
    },
    wire::{
        pb::{
            exchange::{ConfirmHeldRequest, SubmitTransmissionRequest},
            report::ErrorReason,
        },
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use tonic::Status;

use crate::receiving::{CASEWORKER, OTHER_POLICE, POLICE, Receiving, TROMSO};

on_both_databases!(
    what_is_held_is_stated_with_digest_receipts_and_stages,
    what_another_organisation_sent_is_missing,
    what_was_lost_is_missing_and_stored_anew_with_the_next_receipt,
    damaged_content_is_found_and_put_back_without_a_new_receipt,
    content_that_is_gone_is_found_and_put_back,
    content_whose_key_is_damaged_is_put_back_under_a_new_one,
    a_lost_child_is_found_and_everything_is_stored_anew,
    a_question_that_breaks_a_rule_is_refused,
);

/// Asks about these as this organisation, and verifies the answer.
pub(crate) async fn ask_as(
    receiving: &Receiving,
    organisation: u32,
    change: impl FnOnce(&mut ConfirmHeldRequest),
    ids: &[&str],
) -> Result<VerifiedHolding, Status> {
    let nonce = Digest::of(b"this question");
    let mut request = ConfirmHeldRequest {
        transmission_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        nonce: nonce.as_bytes().to_vec().into(),
        with_attachments: false,
    };
    change(&mut request);
    let answer = receiving
        .holdings(organisation)
        .confirm_held(request)
        .await?
        .into_inner();
    let roots = std::fs::read(&receiving.config.tls.trust).unwrap();
    let lists = std::fs::read(&receiving.config.tls.crls[0]).unwrap();
    let verifier = ReceiptVerifier::new(TrustedIssuers::from_pem(&roots, &lists).unwrap());
    let pair = Pair {
        sender: synthetic_organisation(organisation),
        receiver: receiving.config.organisation,
    };
    let asked: Vec<_> = ids.iter().map(|id| id.parse().unwrap()).collect();
    let now = receiving.clock.now();
    Ok(verify(verifier.jws(), &answer.holding, &pair, &nonce, &asked, now).unwrap())
}

/// What the receiver says of one transmission.
async fn presence(receiving: &Receiving, request: &SubmitTransmissionRequest) -> Presence {
    let id = request.transmission_id.as_str();
    let answer = ask_as(receiving, POLICE, |_| {}, &[id]).await.unwrap();
    answer.holding.of(&id.parse().unwrap()).unwrap().clone()
}

async fn is_held(receiving: &Receiving, request: &SubmitTransmissionRequest) -> bool {
    matches!(presence(receiving, request).await, Presence::Held(_))
}

async fn sabotage(receiving: &Receiving, request: &SubmitTransmissionRequest, statements: &[&'static str]) {
    let mut connection = receiving.database.connect().await;
    for sql in statements {
        let done = sqlx::query(*sql)
            .bind(request.transmission_id.clone())
            .execute(&mut connection)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1, "{sql}");
    }
}

async fn stored(receiving: &Receiving) -> (SubmitTransmissionRequest, String) {
    let request = receiving.transmission(1, &[TROMSO]);
    let receipt = receiving.submit(&request).await;
    receiving.assign(&request, 0, CASEWORKER).await.unwrap();
    (request, receipt)
}

async fn statements(receiving: &Receiving) -> Vec<Statement> {
    receiving
        .receipts()
        .await
        .into_iter()
        .map(|claims| claims.statement)
        .collect()
}

async fn what_is_held_is_stated_with_digest_receipts_and_stages(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let (request, _) = stored(&receiving).await;
    let Presence::Held(held) = presence(&receiving, &request).await else {
        panic!("it is held");
    };
    assert_eq!(held.digest, Digest::of(&request.content));
    let receipts = receiving.receipts().await;
    assert_eq!((held.receipts, held.last.unwrap().sequence), (2, receipts[1].sequence));
    assert_eq!(held.children[0].stage, Some(Stage::Assigned));
    assert_eq!(held.children[0].staff.as_ref().unwrap().as_str(), CASEWORKER);
}

async fn what_another_organisation_sent_is_missing(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let (request, _) = stored(&receiving).await;
    let id = request.transmission_id.as_str();
    let answer = ask_as(&receiving, OTHER_POLICE, |_| {}, &[id]).await.unwrap();
    assert_eq!(answer.holding.of(&id.parse().unwrap()), Some(&Presence::Missing));
}

async fn what_was_lost_is_missing_and_stored_anew_with_the_next_receipt(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let (request, first) = stored(&receiving).await;
    let lost = [
        "DELETE FROM child WHERE transmission_id = $1",
        "DELETE FROM transmission_content WHERE transmission_id = $1",
        "DELETE FROM transmission WHERE transmission_id = $1",
    ];
    sabotage(&receiving, &request, &lost).await;
    assert_eq!(presence(&receiving, &request).await, Presence::Missing);
    let again = receiving.submit(&request).await;
    assert_ne!(again, first);
    assert!(is_held(&receiving, &request).await);
    receiving.assign(&request, 0, CASEWORKER).await.unwrap();
    let levels: Vec<_> = statements(&receiving)
        .await
        .iter()
        .filter_map(Statement::level)
        .collect();
    assert_eq!(
        levels.iter().map(|level| level.as_str()).collect::<Vec<_>>(),
        ["stored", "assigned", "stored", "assigned"]
    );
}

/// The content does not open; the same bytes make it whole, and the receipts stay what they are.
async fn assert_put_back(database: TestDatabase, damage: &'static str) {
    let receiving = Receiving::start(database).await;
    let (request, first) = stored(&receiving).await;
    sabotage(&receiving, &request, &[damage]).await;
    assert_eq!(presence(&receiving, &request).await, Presence::Damaged);
    assert_eq!(receiving.submit(&request).await, first);
    let Presence::Held(held) = presence(&receiving, &request).await else {
        panic!("it is held again");
    };
    assert_eq!(
        held.children[0].stage,
        Some(Stage::Assigned),
        "the caseworker still has it"
    );
    assert_eq!(statements(&receiving).await.len(), 2);
}

async fn damaged_content_is_found_and_put_back_without_a_new_receipt(database: TestDatabase) {
    let sql = "UPDATE transmission_content
        SET content_sealed = (SELECT wrapped_key FROM transmission LIMIT 1)
        WHERE transmission_id = $1";
    assert_put_back(database, sql).await;
}

async fn content_that_is_gone_is_found_and_put_back(database: TestDatabase) {
    assert_put_back(database, "DELETE FROM transmission_content WHERE transmission_id = $1").await;
}

async fn content_whose_key_is_damaged_is_put_back_under_a_new_one(database: TestDatabase) {
    let sql = "UPDATE transmission SET wrapped_key = content_sha256 WHERE transmission_id = $1";
    assert_put_back(database, sql).await;
}

async fn a_lost_child_is_found_and_everything_is_stored_anew(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = receiving.transmission(1, &[TROMSO, TROMSO]);
    let first = receiving.submit(&request).await;
    sabotage(
        &receiving,
        &request,
        &["DELETE FROM child WHERE transmission_id = $1 AND child_number = 1"],
    )
    .await;
    assert_eq!(presence(&receiving, &request).await, Presence::Damaged);
    assert_ne!(receiving.submit(&request).await, first);
    let Presence::Held(held) = presence(&receiving, &request).await else {
        panic!("it is held again");
    };
    assert_eq!((held.children.len(), held.receipts), (2, 2));
    assert_eq!(statements(&receiving).await, [Statement::Stored, Statement::Stored]);
}

async fn a_question_that_breaks_a_rule_is_refused(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let (request, _) = stored(&receiving).await;
    let id = request.transmission_id.clone();
    let refused = |change: fn(&mut ConfirmHeldRequest, String)| {
        let (receiving, id) = (&receiving, id.clone());
        async move {
            let asked = id.clone();
            let refused = ask_as(receiving, POLICE, |it| change(it, id), &[&asked]).await;
            reason_of(&refused.unwrap_err())
        }
    };
    let wrong = Some(ErrorReason::InvalidField);
    assert_eq!(refused(|it, _| it.transmission_ids.clear()).await, wrong);
    assert_eq!(refused(|it, id| it.transmission_ids.push(id)).await, wrong);
    assert_eq!(
        refused(|it, id| it.transmission_ids = vec![id.to_uppercase()]).await,
        wrong
    );
    assert_eq!(refused(|it, _| it.nonce = vec![1; 31].into()).await, wrong);
    let two = |it: &mut ConfirmHeldRequest, _| {
        it.with_attachments = true;
        it.transmission_ids
            .push("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20".to_owned());
    };
    assert_eq!(refused(two).await, wrong);
}
