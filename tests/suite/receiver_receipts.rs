//! The stream of receipts, its confirmation, and what a doctor and a change of master key find.

use std::{sync::Arc, time::Duration};

use framme_receiver::{doctor, keys::rewrap_all, service};
use framme_shared::{
    db::sealing::MasterKeys,
    domain::digest::Digest,
    runtime::{
        clock::{Clock, ManualClock, SystemClock},
        diagnosis::Extent,
        random::OsRandom,
    },
    wire::pb::{
        exchange::{ConfirmReceiptsRequest, StreamReceiptsRequest, stream_receipts_response::Event},
        report::ErrorReason,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};

use crate::{
    receiver_inbox::spoil,
    receiving::{CASEWORKER, OTHER_POLICE, POLICE, Receiving, TROMSO, reason, verified},
};

on_both_databases!(
    the_stream_resumes_after_any_number_and_brings_what_is_new,
    an_idle_stream_says_so,
    a_position_beyond_the_end_is_refused,
    a_confirmation_must_name_the_receipt,
    a_doctor_finds_what_was_planted,
    data_keys_are_wrapped_anew_while_the_service_runs,
);

async fn next(stream: &mut tonic::Streaming<framme_shared::wire::pb::exchange::StreamReceiptsResponse>) -> Event {
    stream.message().await.unwrap().unwrap().event.unwrap()
}

async fn the_stream_resumes_after_any_number_and_brings_what_is_new(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let mut sent = Vec::new();
    for number in 1..=3 {
        sent.push(receiving.submit(&receiving.transmission(number, &[TROMSO])).await);
    }
    let mut exchange = receiving.exchange(POLICE);
    let from = |after_sequence| StreamReceiptsRequest { after_sequence };
    let mut stream = exchange.stream_receipts(from(1)).await.unwrap().into_inner();
    assert_eq!(next(&mut stream).await, Event::Receipt(sent[1].clone()));
    assert_eq!(next(&mut stream).await, Event::Receipt(sent[2].clone()));

    let request = receiving.transmission(4, &[TROMSO]);
    let stored = receiving.submit(&request).await;
    let assigned = receiving.assign(&request, 0, CASEWORKER).await.unwrap().receipt;
    assert_eq!(next(&mut stream).await, Event::Receipt(stored));
    assert_eq!(next(&mut stream).await, Event::Receipt(assigned));

    let mut other = receiving.exchange(OTHER_POLICE);
    assert_eq!(
        reason(other.stream_receipts(from(1)).await.map(drop)),
        ErrorReason::ChainMismatch
    );
}

async fn an_idle_stream_says_so(database: TestDatabase) {
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let receiving = Receiving::start_with(database, Arc::clone(&clock) as Arc<dyn Clock>).await;
    receiving.submit(&receiving.transmission(1, &[TROMSO])).await;
    let mut exchange = receiving.exchange(POLICE);
    let request = StreamReceiptsRequest { after_sequence: 1 };
    let mut stream = exchange.stream_receipts(request).await.unwrap().into_inner();
    let progress = tokio::spawn(async move { next(&mut stream).await });
    // Time passes in steps, as polling needs, until the stream has spoken.
    for _ in 0..16 {
        clock.advance(Duration::from_secs(1));
        for _ in 0..200 {
            if progress.is_finished() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let ticking = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        loop {
            ticks.tick().await;
            clock.advance(Duration::from_secs(1));
        }
    };
    let spoken = tokio::select! {
        spoken = progress => spoken.unwrap(),
        () = ticking => unreachable!("it ticks for ever"),
    };
    assert!(matches!(spoken, Event::Progress(progress) if progress.last_sequence == 1));
}

async fn a_position_beyond_the_end_is_refused(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    receiving.submit(&receiving.transmission(1, &[TROMSO])).await;
    let mut exchange = receiving.exchange(POLICE);
    let request = StreamReceiptsRequest { after_sequence: 2 };
    assert_eq!(
        reason(exchange.stream_receipts(request).await.map(drop)),
        ErrorReason::ChainMismatch
    );
}

async fn a_confirmation_must_name_the_receipt(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let first = receiving.submit(&receiving.transmission(1, &[TROMSO])).await;
    let second = receiving.submit(&receiving.transmission(2, &[TROMSO])).await;
    let mut exchange = receiving.exchange(POLICE);
    let confirm = |sequence, receipt: &str| ConfirmReceiptsRequest {
        sequence,
        receipt_sha256: Digest::of(receipt.as_bytes()).as_bytes().to_vec().into(),
    };
    let answer = exchange
        .confirm_receipts(confirm(2, &second))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.sequence, 2);
    // An older confirmation that comes late changes nothing.
    exchange.confirm_receipts(confirm(1, &first)).await.unwrap();
    let refused = [confirm(2, &first), confirm(3, &second)];
    for request in refused {
        assert_eq!(
            reason(exchange.confirm_receipts(request).await),
            ErrorReason::ChainMismatch
        );
    }
    assert_eq!(
        reason(exchange.confirm_receipts(confirm(0, &first)).await),
        ErrorReason::InvalidField
    );
    let sender = framme_demo::pki::synthetic_organisation(POLICE);
    let peer = framme_receiver::store::peer::find(receiving.core().db.reader(), &sender)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(peer.confirmed_sequence, 2);
}

async fn is_well(receiving: &Receiving) -> bool {
    let findings = doctor::examine(receiving.core(), &receiving.config, Extent::Everything, || ()).await;
    findings.unwrap().iter().all(|finding| finding.is_good)
}

async fn a_doctor_finds_what_was_planted(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    for number in 1..=3 {
        receiving.submit(&receiving.transmission(number, &[TROMSO])).await;
    }
    assert!(is_well(&receiving).await);
    let mut connection = receiving.database.connect().await;
    let run = async |connection: &mut sqlx::AnyConnection, sql: &'static str| {
        sqlx::query(sql).execute(connection).await.unwrap();
    };
    run(&mut connection, "UPDATE receipt SET sequence = 9 WHERE sequence = 2").await;
    assert!(!is_well(&receiving).await, "a gap in the receipts");
    run(&mut connection, "UPDATE receipt SET sequence = 2 WHERE sequence = 9").await;
    assert!(is_well(&receiving).await);
    run(&mut connection, "UPDATE staff SET active = 0").await;
    assert!(!is_well(&receiving).await, "children wait where nobody can open them");
    run(&mut connection, "UPDATE staff SET active = 1").await;
    spoil(&receiving).await;
    assert!(!is_well(&receiving).await, "content that does not open");
}

async fn data_keys_are_wrapped_anew_while_the_service_runs(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let request = receiving.transmission(1, &[TROMSO]);
    let receipt = receiving.submit(&request).await;
    let file = receiving.config.database.master_key_file.clone().unwrap();
    let older = std::fs::read_to_string(&file).unwrap();
    let newer = receiving.database.folder().join("newer.keys");
    MasterKeys::create_file(&newer, "newer").unwrap();
    let newer = std::fs::read_to_string(&newer).unwrap();
    std::fs::write(&file, format!("{newer}{older}")).unwrap();

    let mut config = receiving.config.clone();
    config.database.high_water_mark = None;
    let beside = service::core(&config, Arc::new(SystemClock), Arc::new(OsRandom))
        .await
        .unwrap();
    let done = rewrap_all(&beside, |_| ()).await.unwrap();
    assert!(done >= 5, "the transmission, the staff and their requests: {done}");
    assert_eq!(rewrap_all(&beside, |_| ()).await.unwrap(), 0);

    std::fs::write(&file, newer).unwrap();
    let only_newer = service::core(&config, Arc::new(SystemClock), Arc::new(OsRandom))
        .await
        .unwrap();
    let id = request.transmission_id.parse().unwrap();
    let content = framme_receiver::content::read_back(&only_newer, &id).await.unwrap();
    assert_eq!(content.bytes.as_slice(), &request.content[..]);
    let sender = framme_demo::pki::synthetic_organisation(POLICE);
    assert_eq!(verified(&receiving, sender, std::iter::once(receipt)).len(), 1);
}
