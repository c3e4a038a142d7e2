//! The three services of letters.

use framme_shared::wire::pb::{
    exchange::{AnnounceLettersRequest, AnnouncedLetter},
    receiver::ConfirmLetterRequest,
    report::ErrorReason,
    sender::{
        ListLettersRequest, OrderLetterRequest, PrintLetterRequest, RecordLetterCallRequest, RecordLetterPostedRequest,
    },
};

use super::{A_NAME, Case, ID, NIL, OTHER_ID, UPPER_CASE, breaks, with_reason};

/// `framme.sender.v1.LetterService`.
pub(super) fn at_sender() -> Vec<Case> {
    let order = |change: &dyn Fn(&mut OrderLetterRequest)| {
        let mut right = OrderLetterRequest {
            request_id: ID.to_owned(),
            transmission_id: OTHER_ID.to_owned(),
            recipient_name: A_NAME.to_owned(),
            recipient_address_lines: vec!["Postboks 1".to_owned()],
            sealed_delivery: true,
            supersede_earlier: false,
        };
        change(&mut right);
        right
    };
    let print = |letter: &str, language| PrintLetterRequest {
        letter_id: letter.to_owned(),
        language,
    };
    let posted = |request: &str, letter: &str| RecordLetterPostedRequest {
        request_id: request.to_owned(),
        letter_id: letter.to_owned(),
    };
    let call = |answered_by: &str, seconds| RecordLetterCallRequest {
        request_id: ID.to_owned(),
        letter_id: OTHER_ID.to_owned(),
        answered_by: answered_by.to_owned(),
        call_time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
    };
    let lines = |count: usize| order(&|it| it.recipient_address_lines = vec!["Postboks 1".to_owned(); count]);
    let missing = ErrorReason::NotFound;
    vec![
        breaks(
            &["request_id"],
            "OrderLetter",
            order(&|it| it.request_id = NIL.to_owned()),
        ),
        breaks(
            &["transmission_id"],
            "OrderLetter",
            order(&|it| it.transmission_id = UPPER_CASE.to_owned()),
        ),
        breaks(
            &["recipient_name"],
            "OrderLetter",
            order(&|it| it.recipient_name = "to\nlinjer".to_owned()),
        ),
        breaks(
            &["recipient_name"],
            "OrderLetter",
            order(&|it| it.recipient_name = "x".repeat(121)),
        ),
        breaks(&["recipient_address_lines"], "OrderLetter", lines(0)),
        breaks(&["recipient_address_lines"], "OrderLetter", lines(6)),
        with_reason(missing, &[], "OrderLetter", order(&|_| {})),
        breaks(&["letter_id"], "PrintLetter", print(A_NAME, 1)),
        breaks(&["language"], "PrintLetter", print(ID, 0)),
        with_reason(
            ErrorReason::UnknownEnumValue,
            &["language"],
            "PrintLetter",
            print(ID, 9),
        ),
        with_reason(missing, &[], "PrintLetter", print(ID, 1)),
        breaks(&["request_id"], "RecordLetterPosted", posted("", ID)),
        breaks(&["letter_id"], "RecordLetterPosted", posted(ID, NIL)),
        with_reason(missing, &[], "RecordLetterPosted", posted(ID, OTHER_ID)),
        breaks(&["answered_by"], "RecordLetterCall", call("", 1_700_000_000)),
        breaks(&["call_time"], "RecordLetterCall", call(A_NAME, 32_000_000_000)),
        with_reason(missing, &[], "RecordLetterCall", call(A_NAME, 1_700_000_000)),
        breaks(
            &["page_size"],
            "ListLetters",
            ListLettersRequest {
                page_size: 1_001,
                ..ListLettersRequest::default()
            },
        ),
        breaks(
            &["page_token"],
            "ListLetters",
            ListLettersRequest {
                page_token: A_NAME.to_owned(),
                ..ListLettersRequest::default()
            },
        ),
        breaks(
            &["report_id"],
            "ListLetters",
            ListLettersRequest {
                report_id: A_NAME.to_owned(),
                ..ListLettersRequest::default()
            },
        ),
    ]
}

/// `framme.receiver.v1.LetterService`.
pub(super) fn at_receiver() -> Vec<Case> {
    let confirm = |request: &str, code: &str| ConfirmLetterRequest {
        request_id: request.to_owned(),
        code: code.to_owned(),
    };
    vec![
        breaks(
            &["request_id"],
            "ConfirmLetter",
            confirm(UPPER_CASE, "772JB-X0BQ0-Y05BP-SQJ25"),
        ),
        breaks(&["code"], "ConfirmLetter", confirm(ID, "")),
        breaks(&["code"], "ConfirmLetter", confirm(ID, A_NAME)),
        breaks(&["code"], "ConfirmLetter", confirm(ID, "772JB-X0BQ0-Y05BP-SQJ26")),
        breaks(&["code"], "ConfirmLetter", confirm(ID, "X0BQ0-772JB-Y05BP-SQJ25")),
    ]
}

/// `framme.exchange.v1.LetterService`.
pub(super) fn in_exchange() -> Vec<Case> {
    let time = Some(prost_types::Timestamp {
        seconds: 1_700_000_000,
        nanos: 0,
    });
    let right = AnnouncedLetter {
        letter_id: ID.to_owned(),
        transmission_id: OTHER_ID.to_owned(),
        code_sha256: vec![7; 32].into(),
        ordered_time: time,
        posted_time: time,
    };
    let with = |change: &dyn Fn(&mut AnnouncedLetter)| {
        let mut letter = right.clone();
        change(&mut letter);
        AnnounceLettersRequest { letters: vec![letter] }
    };
    let times = |count| AnnounceLettersRequest {
        letters: vec![right.clone(); count],
    };
    let call = "AnnounceLetters";
    vec![
        breaks(&["letters"], call, times(0)),
        breaks(&["letters"], call, times(2)),
        breaks(&["letters"], call, times(101)),
        breaks(
            &["letters[0].letter_id"],
            call,
            with(&|it| it.letter_id = NIL.to_owned()),
        ),
        breaks(
            &["letters[0].transmission_id"],
            call,
            with(&|it| it.transmission_id = A_NAME.to_owned()),
        ),
        breaks(
            &["letters[0].code_sha256"],
            call,
            with(&|it| it.code_sha256 = vec![7; 31].into()),
        ),
        breaks(&["letters[0].ordered_time"], call, with(&|it| it.ordered_time = None)),
        breaks(&["letters[0].posted_time"], call, with(&|it| it.posted_time = None)),
    ]
}
