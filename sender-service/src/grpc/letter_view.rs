//! A stored letter as the contract's message.

use framme_shared::wire::{
    pb::sender::{Letter, LetterConfirmedBy, LetterStage},
    time::to_pb as time,
};

use crate::store::letter::{Done, LetterRow};

/// How far a letter has come.
pub fn letter(row: &LetterRow) -> Letter {
    let at = |done: &Option<Done>| done.as_ref().map(|done| time(done.at));
    let by = |done: &Option<Done>| done.as_ref().map(|done| done.by.clone()).unwrap_or_default();
    let confirmed_by = match &row.confirmed {
        None => LetterConfirmedBy::Unspecified,
        Some(confirmed) if confirmed.by_code => LetterConfirmedBy::Code,
        Some(_) => LetterConfirmedBy::Call,
    };
    Letter {
        letter_id: row.letter.to_string(),
        report_id: row.report.to_string(),
        transmission_id: row.transmission.to_string(),
        receiver_organisation_number: row.receiver.to_string(),
        stage: stage(row).into(),
        sealed_delivery: row.sealed_delivery,
        ordered_time: Some(time(row.ordered.at)),
        ordered_by: row.ordered.by.clone(),
        printed_time: at(&row.printed),
        printed_by: by(&row.printed),
        posted_time: at(&row.posted),
        posted_by: by(&row.posted),
        confirmed_time: row.confirmed.as_ref().map(|confirmed| time(confirmed.at)),
        confirmed_by: confirmed_by.into(),
        confirmed_by_person: row.confirmed.as_ref().map(|one| one.by.clone()).unwrap_or_default(),
        superseded_time: row.superseded_at.map(time),
        last_failure: row.last_failure.clone().unwrap_or_default(),
    }
}

fn stage(row: &LetterRow) -> LetterStage {
    if row.confirmed.is_some() {
        LetterStage::Confirmed
    } else if row.posted.is_some() {
        LetterStage::Posted
    } else if row.printed.is_some() {
        LetterStage::Printed
    } else {
        LetterStage::Ordered
    }
}
