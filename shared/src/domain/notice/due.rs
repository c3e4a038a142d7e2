//! Which message is sent next to a contact.

use std::time::Duration;

use jiff::Timestamp;

use super::MessageId;

/// How long a worker may hold a message before another may send it.
pub const LEASE: Duration = Duration::from_secs(60);
/// No wait after a failure is longer. One that seems to be was set by a clock that has been put back since.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What waits for one contact, by the message that it was put into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The message, which stays the same until it is taken; `None` for notices that are in none yet.
    pub message: Option<MessageId>,
    /// Whether an acute notice is among them.
    pub is_acute: bool,
    /// When the first of them came up.
    pub oldest_at: Timestamp,
    /// Not tried before this.
    pub next_attempt_at: Timestamp,
    /// Held by a worker until then; long ago when it is not.
    pub leased_until: Timestamp,
}

/// What to do for a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Send this message again.
    Again(MessageId),
    /// Put all notices that are in no message into a new one, and send it.
    Gather,
    /// Nothing before this.
    Later(Timestamp),
    /// Nothing waits.
    Nothing,
}

/// Decides. Notices are gathered for so long after the first, unless one is acute.
///
/// A message that was tried and not taken, or of which nobody knows whether it was, is tried again as it was, with its
/// id. New notices wait for it and make one message afterwards, so that a channel that comes back brings a digest and
/// no flood. Only acute notices do not wait for a message without acute ones.
#[must_use]
pub fn due(waiting: &[Waiting], now: Timestamp, gather: Duration) -> Due {
    let (made, new): (Vec<&Waiting>, Vec<&Waiting>) = waiting.iter().partition(|group| group.message.is_some());
    let acute_is_made = made.iter().any(|group| group.is_acute);
    let mut ready: Option<(&Waiting, Due)> = None;
    let mut later: Option<Timestamp> = None;
    for group in new.into_iter().chain(made.iter().copied()) {
        let at = match &group.message {
            Some(_) => ready_at(group, now),
            None if made.is_empty() || (group.is_acute && !acute_is_made) => gathered_at(group, now, gather),
            None => continue,
        };
        if at > now {
            later = Some(later.map_or(at, |before| before.min(at)));
        } else if ready
            .as_ref()
            .is_none_or(|(before, _)| group.is_acute && !before.is_acute)
        {
            let what = group.message.clone().map_or(Due::Gather, Due::Again);
            ready = Some((group, what));
        }
    }
    match (ready, later) {
        (Some((_, what)), _) => what,
        (None, Some(at)) => Due::Later(at),
        (None, None) => Due::Nothing,
    }
}

/// When a message may be tried; now, when it says a time that no working clock can have set.
fn ready_at(group: &Waiting, now: Timestamp) -> Timestamp {
    let possible = |at: Timestamp, most| {
        if at > after(now, most) { now } else { at }
    };
    possible(group.next_attempt_at, LONGEST_PAUSE).max(possible(group.leased_until, LEASE))
}

fn gathered_at(group: &Waiting, now: Timestamp, gather: Duration) -> Timestamp {
    // What comes from the future was made before the clock was put back.
    if group.is_acute || group.oldest_at > now {
        return now;
    }
    after(group.oldest_at, gather)
}

fn after(at: Timestamp, wait: Duration) -> Timestamp {
    at.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATHER: Duration = Duration::from_secs(100);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn new_at(second: i64) -> Waiting {
        Waiting {
            message: None,
            is_acute: false,
            oldest_at: at(second),
            next_attempt_at: at(second),
            leased_until: at(0),
        }
    }

    fn made(id: &str) -> Waiting {
        Waiting {
            message: Some(MessageId::stored(id.to_owned())),
            ..new_at(0)
        }
    }

    fn acute(group: Waiting) -> Waiting {
        Waiting {
            is_acute: true,
            ..group
        }
    }

    fn again(id: &str) -> Due {
        Due::Again(MessageId::stored(id.to_owned()))
    }

    #[test]
    fn notices_are_gathered_for_a_while_and_acute_ones_are_not() {
        assert_eq!(due(&[], at(1), GATHER), Due::Nothing);
        assert_eq!(due(&[new_at(50)], at(149), GATHER), Due::Later(at(150)));
        assert_eq!(due(&[new_at(50)], at(150), GATHER), Due::Gather);
        assert_eq!(due(&[acute(new_at(50))], at(50), GATHER), Due::Gather);
    }

    #[test]
    fn a_message_is_tried_again_when_its_pause_and_its_lease_are_over() {
        let paused = Waiting {
            next_attempt_at: at(110),
            leased_until: at(105),
            ..made("a")
        };
        assert_eq!(due(std::slice::from_ref(&paused), at(100), GATHER), Due::Later(at(110)));
        assert_eq!(due(&[paused], at(110), GATHER), again("a"));
        let leased = Waiting {
            leased_until: at(150),
            ..made("a")
        };
        assert_eq!(due(&[leased], at(100), GATHER), Due::Later(at(150)));
    }

    #[test]
    fn new_notices_wait_for_the_message_that_was_tried_unless_they_are_acute_and_it_is_not() {
        let paused = Waiting {
            next_attempt_at: at(1_100),
            ..made("a")
        };
        let all = |new| due(&[new, paused.clone()], at(1_000), GATHER);
        assert_eq!(all(new_at(1)), Due::Later(at(1_100)));
        assert_eq!(all(acute(new_at(1))), Due::Gather);
        let acute_message = acute(paused.clone());
        assert_eq!(
            due(&[acute(new_at(1)), acute_message], at(1_000), GATHER),
            Due::Later(at(1_100))
        );
        assert_eq!(due(&[made("a"), acute(new_at(1))], at(1_000), GATHER), Due::Gather);
        assert_eq!(due(&[made("a"), acute(made("b"))], at(1_000), GATHER), again("b"));
    }

    #[test]
    fn a_clock_that_is_put_back_silences_nobody() {
        let from_the_future = Waiting {
            next_attempt_at: at(9_000),
            leased_until: at(9_000),
            ..made("a")
        };
        assert_eq!(due(&[from_the_future], at(10), GATHER), again("a"));
        assert_eq!(due(&[new_at(9_000)], at(10), GATHER), Due::Gather);
    }
}
