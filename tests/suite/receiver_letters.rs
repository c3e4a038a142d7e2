//! A receiver to which letters come: what people type in, and what senders are told.

use framme_demo::pki::synthetic_organisation;
use framme_shared::{
    db::tasks,
    domain::{
        digest::Digest,
        jws::TrustedIssuers,
        letter::{Announced, Confirmation, LetterCode, verify},
        receipt::{Pair, ReceiptVerifier},
    },
    wire::{
        pb::{
            exchange::{AnnounceLettersRequest, AnnouncedLetter},
            receiver::{ConfirmLetterRequest, ConfirmLetterResponse},
            report::ErrorReason,
        },
        status::{Received, reason_of},
        time::to_pb,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use tonic::Status;

use crate::receiving::{LEADER, OTHER_POLICE, POLICE, Receiving, TROMSO};

on_both_databases!(
    a_code_typed_in_before_the_letter_is_told_of_is_confirmed_then,
    a_code_typed_in_after_it_is_told_of_is_confirmed_and_the_same_for_ever,
    a_code_with_a_typing_error_is_refused_with_its_group_and_kept_nowhere,
    the_first_to_type_in_a_code_stands,
    many_codes_that_nobody_told_of_raise_a_task_and_are_then_refused,
    a_letter_told_of_again_as_another_is_refused,
    a_letter_is_its_senders_alone,
);

fn code(number: u8) -> LetterCode {
    LetterCode::from_bytes([number, 7, 7, 7, 7, 7, 7, 7, 7, number])
}

fn letter(receiving: &Receiving, number: u8, transmission: &str) -> AnnouncedLetter {
    let now = receiving.clock.now();
    AnnouncedLetter {
        letter_id: format!("6f1d1f5e-4c1e-4a3b-9a55-{number:012}"),
        transmission_id: transmission.to_owned(),
        code_sha256: code(number).sha256().as_bytes().to_vec().into(),
        ordered_time: Some(to_pb(now)),
        posted_time: Some(to_pb(now)),
    }
}

async fn type_in(receiving: &Receiving, text: &str, request: u32) -> Result<ConfirmLetterResponse, Status> {
    let request = ConfirmLetterRequest {
        request_id: format!("76b7cf28-8bc9-49f4-9134-{request:012}"),
        code: text.to_owned(),
    };
    let answer = receiving.letters(&receiving.leader).confirm_letter(request).await?;
    Ok(answer.into_inner())
}

async fn told(receiving: &Receiving, organisation: u32, letter: &AnnouncedLetter) -> Result<Option<String>, Status> {
    let request = AnnounceLettersRequest {
        letters: vec![letter.clone()],
    };
    let answer = receiving.announcing(organisation).announce_letters(request).await?;
    let mut confirmations = answer.into_inner().confirmations;
    Ok(confirmations.pop().map(|said| said.confirmation))
}

fn verified(receiving: &Receiving, letter: &AnnouncedLetter, jws: &str) -> Confirmation {
    let roots = std::fs::read(&receiving.config.tls.trust).unwrap();
    let lists = std::fs::read(&receiving.config.tls.crls[0]).unwrap();
    let verifier = ReceiptVerifier::new(TrustedIssuers::from_pem(&roots, &lists).unwrap());
    let pair = Pair {
        sender: synthetic_organisation(POLICE),
        receiver: receiving.config.organisation,
    };
    let announced = Announced {
        letter: letter.letter_id.parse().unwrap(),
        transmission: letter.transmission_id.parse().unwrap(),
        code_sha256: Digest::from_slice(&letter.code_sha256).unwrap(),
    };
    verify(verifier.jws(), jws, &pair, &announced, receiving.clock.now()).unwrap()
}

const NOT_HERE: &str = "0c9e4d0e-6c1f-4a56-8f0e-2f6f3a7f4b10";

async fn a_code_typed_in_before_the_letter_is_told_of_is_confirmed_then(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let answer = type_in(&receiving, &code(1).expose(), 1).await.unwrap();
    assert!(!answer.announced);
    let letter = letter(&receiving, 1, NOT_HERE);
    let jws = told(&receiving, POLICE, &letter).await.unwrap().unwrap();
    let confirmation = verified(&receiving, &letter, &jws);
    assert_eq!(confirmation.confirmed_by.staff.as_str(), LEADER);
    assert_eq!(Some(to_pb(confirmation.confirmed_at)), answer.confirmed_time);
    assert!(!confirmation.held);
}

async fn a_code_typed_in_after_it_is_told_of_is_confirmed_and_the_same_for_ever(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let transmission = receiving.transmission(1, &[TROMSO]);
    receiving.submit(&transmission).await;
    let letter = letter(&receiving, 1, &transmission.transmission_id);
    assert_eq!(told(&receiving, POLICE, &letter).await.unwrap(), None);
    let typed = code(1).expose().to_lowercase().replace('-', " ");
    assert!(type_in(&receiving, &typed, 1).await.unwrap().announced);
    let jws = told(&receiving, POLICE, &letter).await.unwrap().unwrap();
    assert!(verified(&receiving, &letter, &jws).held);
    assert_eq!(told(&receiving, POLICE, &letter).await.unwrap(), Some(jws));
    // It has come, and nobody has the child: there is no receipt but the first.
    assert_eq!(receiving.receipts().await.len(), 1);
}

async fn a_code_with_a_typing_error_is_refused_with_its_group_and_kept_nowhere(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let right = code(1).expose();
    let wrong = right.replacen(&right[6..7], if &right[6..7] == "A" { "B" } else { "A" }, 1);
    let refused = type_in(&receiving, &wrong, 1).await.unwrap_err();
    let received = Received::from_status(&refused);
    assert_eq!(received.violations[0].0, "code");
    assert!(
        received.violations[0].1.contains("typing error in group"),
        "{refused:?}"
    );
    assert!(
        !format!("{refused:?}").contains(&wrong),
        "what was typed is not repeated"
    );
    // The same request_id with the right code is no repetition of anything.
    type_in(&receiving, &right, 1).await.unwrap();
}

async fn the_first_to_type_in_a_code_stands(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let first = type_in(&receiving, &code(1).expose(), 1).await.unwrap();
    assert_eq!(type_in(&receiving, &code(1).expose(), 1).await.unwrap(), first);
    let again = type_in(&receiving, &code(1).expose(), 2).await.unwrap();
    assert_eq!(again.confirmed_time, first.confirmed_time);
    let refused = type_in(&receiving, &code(2).expose(), 1).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
}

async fn many_codes_that_nobody_told_of_raise_a_task_and_are_then_refused(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let open = async || tasks::page(receiving.core().db.reader(), 0, false, 10).await.unwrap();
    for number in 1..=20 {
        type_in(&receiving, &code(number).expose(), u32::from(number))
            .await
            .unwrap();
        assert_eq!(open().await.len(), usize::from(number >= 10), "after {number}");
    }
    assert_eq!(open().await[0].kind, "letter_codes_unknown");
    let refused = type_in(&receiving, &code(21).expose(), 21).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::Overloaded));
    // A letter that is told of can be confirmed all the same.
    let letter = letter(&receiving, 21, NOT_HERE);
    told(&receiving, POLICE, &letter).await.unwrap();
    assert!(type_in(&receiving, &code(21).expose(), 21).await.unwrap().announced);
}

async fn a_letter_told_of_again_as_another_is_refused(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    let first = letter(&receiving, 1, NOT_HERE);
    told(&receiving, POLICE, &first).await.unwrap();
    let other = AnnouncedLetter {
        code_sha256: code(2).sha256().as_bytes().to_vec().into(),
        ..first
    };
    let refused = told(&receiving, POLICE, &other).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
}

async fn a_letter_is_its_senders_alone(database: TestDatabase) {
    let receiving = Receiving::start(database).await;
    type_in(&receiving, &code(1).expose(), 1).await.unwrap();
    let letter = letter(&receiving, 1, NOT_HERE);
    told(&receiving, POLICE, &letter).await.unwrap().unwrap();
    // The same letter_id of another sender is another letter.
    let other = AnnouncedLetter {
        code_sha256: code(2).sha256().as_bytes().to_vec().into(),
        ..letter
    };
    assert_eq!(told(&receiving, OTHER_POLICE, &other).await.unwrap(), None);
}
