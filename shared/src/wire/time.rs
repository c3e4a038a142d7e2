//! Instants.

use jiff::Timestamp;

/// Why a `google.protobuf.Timestamp` is no instant: seconds or nanoseconds out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a time between the years 1 and 9999")]
pub struct InvalidTime;

/// Reads an instant as it is, with its nanoseconds.
pub fn from_pb(time: &prost_types::Timestamp) -> Result<Timestamp, InvalidTime> {
    // Negative nanoseconds are never valid, though jiff would take some of them.
    if !(0..1_000_000_000).contains(&time.nanos) {
        return Err(InvalidTime);
    }
    let instant = Timestamp::new(time.seconds, time.nanos).map_err(|_| InvalidTime)?;
    let first: Timestamp = Timestamp::constant(-62_135_596_800, 0);
    if instant < first { Err(InvalidTime) } else { Ok(instant) }
}

/// Writes an instant.
pub fn to_pb(at: Timestamp) -> prost_types::Timestamp {
    // Before 1970 jiff counts both parts down; the contract counts nanoseconds up.
    let (seconds, nanos) = match (at.as_second(), at.subsec_nanosecond()) {
        (seconds, nanos @ ..0) => (seconds - 1, nanos + 1_000_000_000),
        both => both,
    };
    prost_types::Timestamp { seconds, nanos }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_instant_is_refused() {
        for (seconds, nanos) in [
            (0, -1),
            (0, 1_000_000_000),
            (i64::MAX, 0),
            (i64::MIN, 0),
            (-62_135_596_801, 0),
        ] {
            assert_eq!(from_pb(&prost_types::Timestamp { seconds, nanos }), Err(InvalidTime));
        }
    }

    proptest! {
        #[test]
        fn an_instant_comes_back(seconds in -62_135_596_800_i64..253_370_764_800, nanos in 0..1_000_000_000_i32) {
            let time = prost_types::Timestamp { seconds, nanos };
            prop_assert_eq!(to_pb(from_pb(&time).unwrap()), time);
        }
    }
}
