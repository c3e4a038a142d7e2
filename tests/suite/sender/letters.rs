//! Letters: their stages, what is refused, and whose word is believed.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    db::tasks,
    domain::{ids::ReportId, receipt::Pair},
    runtime::clock::Clock as _,
    wire::{
        pb::{
            report::{Address, AddressGrading, ErrorReason, Report, Urgency},
            sender::{
                CloseReportRequest, Letter, LetterConfirmedBy, LetterLanguage, LetterStage, LetterWarning,
                ListLettersRequest, OrderLetterRequest, OrderLetterResponse, PrintLetterRequest, PrintLetterResponse,
                RecordLetterCallRequest, RecordLetterPostedRequest,
            },
        },
        status::{Received, reason_of},
        time::to_pb,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases, tables::Tables};
use tonic::Status;

use super::{
    receiver::{Word, signer},
    stage::{Stage, TROMSO, soon, with_token},
};

on_both_databases!(
    a_letter_comes_through_its_stages_and_no_child_moves,
    every_call_is_answered_the_same_when_it_comes_again,
    a_letter_that_was_not_printed_cannot_have_been_posted,
    a_later_letter_supersedes_the_earlier_one_only_when_that_is_said,
    a_strictly_confidential_address_goes_by_sealed_delivery_or_not_at_all,
    a_confidential_address_keeps_all_addresses_out_unless_the_delivery_is_sealed,
    a_word_that_does_not_verify_changes_nothing_and_a_person_is_told,
    a_call_confirms_a_letter_and_the_receiver_is_asked_no_more,
    a_receiver_that_is_away_is_asked_again,
    nothing_of_a_letter_lies_open_in_the_database,
    a_report_whose_children_have_ended_gets_no_letter,
);

const HOUR: Duration = Duration::from_secs(60 * 60);

fn request_id(number: u32) -> String {
    format!("6f1d1f5e-4c1e-4a3b-9a55-{number:012}")
}

fn order(transmission: &str, number: u32) -> OrderLetterRequest {
    OrderLetterRequest {
        request_id: request_id(number),
        transmission_id: transmission.to_owned(),
        recipient_name: "Tromsø kommune, barneverntjenesten".to_owned(),
        recipient_address_lines: vec!["Postboks 6900".to_owned(), "9299 Tromsø".to_owned()],
        sealed_delivery: false,
        supersede_earlier: false,
    }
}

async fn ordered(stage: &Stage, request: OrderLetterRequest) -> Result<OrderLetterResponse, Status> {
    let mut desk = stage.letters(|request| with_token(request, "desk-1"));
    Ok(desk.order_letter(request).await?.into_inner())
}

async fn printed(stage: &Stage, letter: &Letter) -> Result<PrintLetterResponse, Status> {
    let request = PrintLetterRequest {
        letter_id: letter.letter_id.clone(),
        language: LetterLanguage::Bokmal.into(),
    };
    let mut desk = stage.letters(|request| with_token(request, "desk-1"));
    Ok(desk.print_letter(request).await?.into_inner())
}

async fn posted(stage: &Stage, letter: &Letter, number: u32) -> Result<Letter, Status> {
    let request = RecordLetterPostedRequest {
        request_id: request_id(number),
        letter_id: letter.letter_id.clone(),
    };
    let mut desk = stage.letters(|request| with_token(request, "desk-1"));
    Ok(desk.record_letter_posted(request).await?.into_inner().letter.unwrap())
}

fn call(stage: &Stage, letter: &Letter, number: u32) -> RecordLetterCallRequest {
    RecordLetterCallRequest {
        request_id: request_id(number),
        letter_id: letter.letter_id.clone(),
        answered_by: "Kari Mottaker".to_owned(),
        call_time: Some(to_pb(stage.clock.now())),
    }
}

async fn called(stage: &Stage, request: RecordLetterCallRequest) -> Result<Letter, Status> {
    let mut desk = stage.letters(|request| with_token(request, "desk-1"));
    Ok(desk.record_letter_call(request).await?.into_inner().letter.unwrap())
}

async fn listed(stage: &Stage) -> Vec<Letter> {
    let mut officer = stage.letters(|request| with_token(request, "officer-1"));
    let answer = officer.list_letters(ListLettersRequest::default()).await.unwrap();
    answer.into_inner().letters
}

/// A report about a child in Tromsø, and its transmission.
async fn submitted(stage: &mut Stage, change: impl FnOnce(&mut Report)) -> (ReportId, String) {
    let mut report = stage.report(&[TROMSO], Urgency::Normal);
    change(&mut report);
    let id = report.report_id.parse().unwrap();
    stage.send(report).await.unwrap();
    let transmission = stage.view(&id).await.transmissions[0].transmission.to_string();
    (id, transmission)
}

async fn posted_letter(stage: &mut Stage) -> (ReportId, Letter) {
    let (report, transmission) = submitted(stage, |_| {}).await;
    let letter = ordered(stage, order(&transmission, 1)).await.unwrap().letter.unwrap();
    printed(stage, &letter).await.unwrap();
    let letter = posted(stage, &letter, 2).await.unwrap();
    (report, letter)
}

fn field(refused: &Status) -> String {
    Received::from_status(refused).violations[0].0.clone()
}

async fn a_letter_comes_through_its_stages_and_no_child_moves(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (report, transmission) = submitted(&mut stage, |_| {}).await;
    let before = format!("{:?}", stage.view(&report).await.children().collect::<Vec<_>>());

    let answer = ordered(&stage, order(&transmission, 1)).await.unwrap();
    let letter = answer.letter.unwrap();
    assert_eq!(answer.warnings, Vec::<i32>::new());
    assert_eq!(
        (letter.stage(), letter.ordered_by.as_str()),
        (LetterStage::Ordered, "desk-1")
    );
    let answer = printed(&stage, &letter).await.unwrap();
    assert_eq!(answer.letter.unwrap().stage(), LetterStage::Printed);
    assert!(answer.pdf.starts_with(b"%PDF-1.7"));
    soon(stage.ask_about_letters(0)).await;
    assert_eq!(stage.first.letters_announced().len(), 0, "it was not posted");
    assert_eq!(posted(&stage, &letter, 2).await.unwrap().stage(), LetterStage::Posted);

    soon(stage.ask_about_letters(0)).await;
    stage.first.says_of_letters(Word::Come);
    soon(stage.ask_about_letters(0)).await;
    assert_eq!(
        stage.first.letters_announced().len(),
        1,
        "it is asked again after an hour"
    );
    stage.clock.advance(HOUR);
    soon(stage.ask_about_letters(0)).await;
    let letter = listed(&stage).await.pop().unwrap();
    assert_eq!(letter.stage(), LetterStage::Confirmed);
    assert_eq!(letter.confirmed_by(), LetterConfirmedBy::Code);
    assert_eq!(letter.confirmed_by_person, "intake_leader leader-1");
    stage.clock.advance(24 * HOUR);
    soon(stage.ask_about_letters(0)).await;
    assert_eq!(stage.first.letters_announced().len(), 2, "nobody asks any more");

    let after = format!("{:?}", stage.view(&report).await.children().collect::<Vec<_>>());
    assert_eq!(after, before, "a letter moves no child");
}

async fn every_call_is_answered_the_same_when_it_comes_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (_, transmission) = submitted(&mut stage, |_| {}).await;
    let first = ordered(&stage, order(&transmission, 1)).await.unwrap();
    stage.clock.advance(HOUR);
    assert_eq!(ordered(&stage, order(&transmission, 1)).await.unwrap(), first);
    let other = OrderLetterRequest {
        supersede_earlier: true,
        ..order(&transmission, 1)
    };
    let refused = ordered(&stage, other).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
    assert_eq!(listed(&stage).await.len(), 1);

    let letter = first.letter.unwrap();
    let once = printed(&stage, &letter).await.unwrap().letter;
    stage.clock.advance(HOUR);
    assert_eq!(
        printed(&stage, &letter).await.unwrap().letter,
        once,
        "the first time stands"
    );
    let once = posted(&stage, &letter, 2).await.unwrap();
    stage.clock.advance(HOUR);
    assert_eq!(posted(&stage, &letter, 2).await.unwrap(), once);
    assert_eq!(
        posted(&stage, &letter, 3).await.unwrap(),
        once,
        "also by another request"
    );
    let request = call(&stage, &letter, 4);
    let once = called(&stage, request.clone()).await.unwrap();
    stage.clock.advance(HOUR);
    assert_eq!(called(&stage, request).await.unwrap(), once);
    let refused = called(&stage, call(&stage, &letter, 5)).await.unwrap_err();
    assert_eq!(field(&refused), "letter_id");
    let refused = called(&stage, call(&stage, &letter, 2)).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
}

async fn a_letter_that_was_not_printed_cannot_have_been_posted(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (_, transmission) = submitted(&mut stage, |_| {}).await;
    let letter = ordered(&stage, order(&transmission, 1)).await.unwrap().letter.unwrap();
    assert_eq!(field(&posted(&stage, &letter, 2).await.unwrap_err()), "letter_id");
    let refused = called(&stage, call(&stage, &letter, 3)).await.unwrap_err();
    assert_eq!(field(&refused), "letter_id");
    assert_eq!(listed(&stage).await[0].stage(), LetterStage::Ordered);
    let nowhere = order("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20", 4);
    let refused = ordered(&stage, nowhere).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::NotFound));
}

async fn a_later_letter_supersedes_the_earlier_one_only_when_that_is_said(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (_, first) = posted_letter(&mut stage).await;
    let transmission = first.transmission_id.clone();
    stage.clock.advance(HOUR);
    ordered(&stage, order(&transmission, 3)).await.unwrap();
    assert!(
        listed(&stage)
            .await
            .iter()
            .all(|letter| letter.superseded_time.is_none())
    );

    stage.clock.advance(HOUR);
    let supersede_earlier = true;
    let last = OrderLetterRequest {
        supersede_earlier,
        ..order(&transmission, 4)
    };
    ordered(&stage, last).await.unwrap();
    let count = listed(&stage).await;
    let superseded = count.iter().filter(|letter| letter.superseded_time.is_some());
    assert_eq!(superseded.count(), 2);
    assert_eq!(field(&printed(&stage, &first).await.err().unwrap()), "letter_id");
    stage.first.says_of_letters(Word::Come);
    soon(stage.ask_about_letters(0)).await;
    assert!(stage.first.letters_announced().is_empty(), "it counts no more");
}

fn graded(grading: AddressGrading) -> impl FnOnce(&mut Report) {
    move |report| {
        report.children[0].address = Some(Address {
            lines: vec!["Hemmeligveien 6".to_owned()],
            postal_code: "9010".to_owned(),
            city: "Tromsø".to_owned(),
            country_code: String::new(),
            grading: grading.into(),
        });
    }
}

async fn a_strictly_confidential_address_goes_by_sealed_delivery_or_not_at_all(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    for (number, grading) in [
        AddressGrading::StrictlyConfidential,
        AddressGrading::StrictlyConfidentialAbroad,
    ]
    .into_iter()
    .enumerate()
    {
        let number = 10 * number as u32;
        let (_, transmission) = submitted(&mut stage, graded(grading)).await;
        let refused = ordered(&stage, order(&transmission, number + 1)).await.unwrap_err();
        assert_eq!(field(&refused), "sealed_delivery");
        let sealed = OrderLetterRequest {
            sealed_delivery: true,
            ..order(&transmission, number + 2)
        };
        let answer = ordered(&stage, sealed).await.unwrap();
        assert_eq!(answer.warnings, [i32::from(LetterWarning::SealedDeliveryOnly)]);
        assert!(answer.letter.unwrap().sealed_delivery);
    }
    assert_eq!(listed(&stage).await.len(), 2);
}

async fn a_confidential_address_keeps_all_addresses_out_unless_the_delivery_is_sealed(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (_, transmission) = submitted(&mut stage, graded(AddressGrading::Confidential)).await;
    let answer = ordered(&stage, order(&transmission, 1)).await.unwrap();
    assert_eq!(answer.warnings, [i32::from(LetterWarning::AddressesLeftOut)]);
    let again = ordered(&stage, order(&transmission, 1)).await.unwrap();
    assert_eq!(again, answer, "the warnings too");
    let pdf = printed(&stage, &answer.letter.unwrap()).await.unwrap().pdf;
    assert!(!crate::letters::text_of(&pdf).contains("Hemmeligveien"));
    let sealed = OrderLetterRequest {
        sealed_delivery: true,
        ..order(&transmission, 2)
    };
    let letter = ordered(&stage, sealed).await.unwrap().letter.unwrap();
    let pdf = printed(&stage, &letter).await.unwrap().pdf;
    assert!(crate::letters::text_of(&pdf).contains("Hemmeligveien 6"));
}

async fn a_word_that_does_not_verify_changes_nothing_and_a_person_is_told(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (_, letter) = posted_letter(&mut stage).await;
    let other = Arc::new(signer(&stage.pki, stage.second.pair));
    let stranger: Pair = stage.second.pair;
    for word in [
        Word::SignedBy(other),
        Word::OtherSender(stranger.receiver),
        Word::OtherCode,
    ] {
        stage.first.says_of_letters(word);
        soon(stage.ask_about_letters(0)).await;
        assert_eq!(listed(&stage).await[0].stage(), LetterStage::Posted);
        stage.clock.advance(HOUR);
    }
    let open = async || {
        let reader = stage.context.database.reader();
        tasks::page(reader, 0, false, 10).await.unwrap()
    };
    let told = open().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, "letter_confirmation_not_believed");
    assert_eq!(told[0].subject, letter.letter_id);

    stage.first.says_of_letters(Word::Come);
    soon(stage.ask_about_letters(0)).await;
    assert_eq!(listed(&stage).await[0].stage(), LetterStage::Confirmed);
    assert!(open().await.is_empty());
}

async fn a_call_confirms_a_letter_and_the_receiver_is_asked_no_more(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (report, letter) = posted_letter(&mut stage).await;
    let before = RecordLetterCallRequest {
        call_time: Some(to_pb(stage.clock.now() - Duration::from_secs(60))),
        ..call(&stage, &letter, 3)
    };
    assert_eq!(field(&called(&stage, before).await.unwrap_err()), "call_time");
    let later = RecordLetterCallRequest {
        call_time: Some(to_pb(stage.clock.now() + HOUR)),
        ..call(&stage, &letter, 4)
    };
    assert_eq!(field(&called(&stage, later).await.unwrap_err()), "call_time");
    let confirmed = called(&stage, call(&stage, &letter, 5)).await.unwrap();
    assert_eq!(confirmed.confirmed_by(), LetterConfirmedBy::Call);
    assert_eq!(confirmed.confirmed_by_person, "desk-1");
    soon(stage.ask_about_letters(0)).await;
    assert!(stage.first.letters_announced().is_empty());
    assert!(
        stage
            .view(&report)
            .await
            .children()
            .all(|child| child.state.stage().is_open())
    );
}

async fn a_receiver_that_is_away_is_asked_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    posted_letter(&mut stage).await;
    stage.first.says_of_letters(Word::Away);
    soon(stage.ask_about_letters(0)).await;
    assert_eq!(listed(&stage).await[0].last_failure, "unavailable");
    stage.first.says_of_letters(Word::Come);
    stage.clock.advance(HOUR);
    soon(stage.ask_about_letters(0)).await;
    let letter = listed(&stage).await.pop().unwrap();
    assert_eq!(
        (letter.stage(), letter.last_failure.as_str()),
        (LetterStage::Confirmed, "")
    );
}

async fn nothing_of_a_letter_lies_open_in_the_database(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (_, letter) = posted_letter(&mut stage).await;
    let pdf = printed(&stage, &letter).await.unwrap().pdf;
    let code = crate::letters::code_in(&crate::letters::text_of(&pdf));
    called(&stage, call(&stage, &letter, 3)).await.unwrap();
    let mut tables = Tables::open(&stage.database.config().url).await;
    let values = tables.values().await;
    for secret in [
        "Postboks 6900",
        "barneverntjenesten",
        "Kari Mottaker",
        &code,
        &code.replace('-', ""),
    ] {
        let lies_in = |bytes: &[u8]| bytes.windows(secret.len()).any(|piece| piece == secret.as_bytes());
        let found = values.iter().find(|(_, value)| lies_in(value));
        assert!(
            found.is_none(),
            "{secret} lies open in {:?}",
            found.map(|(place, _)| place)
        );
    }
}

async fn a_report_whose_children_have_ended_gets_no_letter(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (report, transmission) = submitted(&mut stage, |_| {}).await;
    let close = CloseReportRequest {
        report_id: report.to_string(),
        request_id: request_id(9),
        reason: "tatt på telefon".to_owned(),
        ..CloseReportRequest::default()
    };
    stage.desk().close_report(close).await.unwrap();
    let refused = ordered(&stage, order(&transmission, 1)).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidTransition));
}
