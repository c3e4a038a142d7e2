use super::*;
use crate::wire::violations::MAX_NAMED;

fn every_failure() -> Vec<Failure> {
    let attachment = AttachmentId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap();
    let staff = StaffId::parse("caseworker-7").unwrap();
    let mut unknown = FieldViolations::new();
    unknown.add_unknown_enum_value("type");
    vec![
        Failure::invalid_field("report_id", "must not be empty"),
        Failure::InvalidFields(unknown),
        Failure::DigestMismatch,
        Failure::TooLarge {
            what: "an attachment",
            limit: "104857600 bytes".into(),
        },
        Failure::ContentDiffers,
        Failure::AttachmentIncomplete(attachment),
        Failure::UploadOffset { committed: 1_048_576 },
        Failure::NoReceiver(FieldViolations::of(
            "children[1].municipality_number",
            "must have a receiver",
        )),
        Failure::InvalidTransition(Stage::Withdrawn),
        Failure::StaffInactive(staff.clone()),
        Failure::StaffWithoutAccess(staff),
        Failure::ChainMismatch,
        Failure::Unauthenticated,
        Failure::PermissionDenied,
        Failure::NotFound,
        Failure::ConcurrentChange,
        Failure::StorageUnavailable(Cause::saying("disk full")),
        Failure::Overloaded,
        Failure::Internal(Cause::saying("row 7 of table report")),
        Failure::StorageCorrupt(Cause::saying("row 7 of table report")),
        Failure::PairRecovering,
    ]
}

#[test]
fn every_reason_of_the_contract_can_be_made_and_comes_back() {
    for (failure, number) in every_failure().into_iter().zip(1..) {
        let reason = failure.reason();
        assert_eq!(reason as i32, number, "one of each, in the order of the contract");
        let status = Status::from(failure);
        assert_eq!(status.code(), code_of(reason));
        assert_eq!(reason_of(&status), Some(reason));
    }
    assert!(
        ErrorReason::try_from(every_failure().len() as i32 + 1).is_err(),
        "a reason that no failure has"
    );
}

#[test]
fn every_status_has_exactly_one_error_info() {
    for failure in every_failure() {
        let details = Status::from(failure).check_error_details_vec().unwrap();
        let infos = details
            .iter()
            .filter(|detail| matches!(detail, ErrorDetail::ErrorInfo(_)));
        assert_eq!(infos.count(), 1);
    }
}

#[test]
fn the_cause_reaches_neither_peer_nor_debug() {
    for make in [Failure::StorageUnavailable, Failure::Internal, Failure::StorageCorrupt] {
        let failure = make(Cause::saying("MARKER"));
        assert_eq!(failure.log_text(), Some("MARKER"));
        assert!(!format!("{failure:?} {failure}").contains("MARKER"));
        assert!(!format!("{:?}", Status::from(failure)).contains("MARKER"));
    }
}

#[test]
fn fields_and_rules_come_back() {
    let failure = Failure::invalid_field("children[0].name", "must not be empty");
    let received = Received::from_status(&failure.into());
    assert_eq!(
        received.violations,
        [("children[0].name".to_owned(), "must not be empty".to_owned())]
    );
    assert!(!received.may_pass());
}

#[test]
fn waiting_helps_when_the_status_says_so() {
    let received = Received::from_status(&Failure::Overloaded.into());
    assert_eq!(received.retry_after, Some(Duration::from_secs(1)));
    assert!(received.may_pass());
}

#[test]
fn a_status_that_another_program_made_goes_by_its_code() {
    let other = Status::with_error_details_vec(
        Code::Unavailable,
        "",
        vec![ErrorInfo::new("NOT_FOUND", "example.org", HashMap::new()).into()],
    );
    let received = Received::from_status(&other);
    assert_eq!((received.reason, received.code), (None, Code::Unavailable));
    assert!(received.may_pass());
}

#[test]
fn an_answer_with_many_violations_fits_the_trailers_that_clients_take() {
    let mut found = FieldViolations::new();
    for index in 0..2 * MAX_NAMED {
        let rule = "must be a number in force: this one was retired in 2018, its area now has 5055, 5056, 5059";
        found.add(format!("children[{index}].municipality_number"), rule);
    }
    let status = Status::from(Failure::InvalidFields(found));
    // Base64 adds a third, and the text stands beside the details.
    assert!(
        status.details().len() * 4 / 3 + status.message().len() < 7 * 1024,
        "{}",
        status.details().len()
    );
    assert_eq!(
        Received::from_status(&status).metadata["violations_not_named"],
        MAX_NAMED.to_string()
    );
}
