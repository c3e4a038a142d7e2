//! Bytes that arrive: those of every release are read, and no others do harm.

use proptest::prelude::*;

use super::{super::*, full, rules};

#[test]
fn bytes_that_are_no_report_are_the_callers_fault() {
    let mut content = full().encode_to_vec();
    assert!(decode_report(&content).unwrap() == full());
    let at = content
        .windows(4)
        .position(|window| window == "Kari".as_bytes())
        .unwrap();
    content[at] = 0xff;
    let Err(Failure::InvalidFields(found)) = decode_report(&content) else {
        panic!("it is refused as a field")
    };
    assert_eq!(found.to_string(), "children.name must be UTF-8");
    assert!(matches!(
        decode_report(&vec![0; MAX_BYTES + 1]),
        Err(Failure::TooLarge { .. })
    ));
}

/// The bytes of the full sample as of the first release: what a peer wrote then must be read for ever. `proto/lint`
/// lets buf, which others wrote, read the same bytes.
const GOLDEN: &[u8] = include_bytes!("../../../../../proto/golden/report.binpb");

#[test]
fn the_bytes_of_a_full_report_never_change() {
    assert!(
        full().encode_to_vec() == GOLDEN,
        "a field moved, or the sample has a field that the golden bytes lack"
    );
    assert!(decode_report(GOLDEN).unwrap() == full());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(report) = decode_report(&bytes) {
            let _ = parse(&report, &rules());
        }
    }

    #[test]
    fn a_damaged_report_is_refused_or_comes_back_as_it_arrived(at: prop::sample::Index, value: u8) {
        let mut content = full().encode_to_vec();
        let at = at.index(content.len());
        content[at] = value;
        if let Ok(arrived) = decode_report(&content)
            && let Ok(report) = parse(&arrived, &rules())
        {
            prop_assert!(to_pb(&report) == arrived);
        }
    }

    #[test]
    fn no_violation_repeats_what_was_written(text in "[a-zæøå]{12,30}") {
        let mut report = full();
        report.report_id = text.clone();
        report.children[0].phone = format!("{text}\u{1}");
        report.children[0].municipality_number = text.clone();
        report.reporter.as_mut().unwrap().email = text.clone();
        report.reporter.as_mut().unwrap().phone = text.clone();
        let found = parse(&report, &rules()).unwrap_err();
        let told = format!("{found:?} {found} {:?}", tonic::Status::from(Failure::from(found.clone())));
        prop_assert!(!told.contains(&text));
    }
}
