//! Whether a redirect is followed without a person.

use framme_shared::domain::organisation::OrganisationNumber;

/// A child that was sent on this often by receivers is sent on by a person only.
pub const MOST_HOPS: usize = 5;

/// Why a person must decide where a child goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedsPerson {
    /// The organisation that is named is no configured receiver.
    UnknownReceiver,
    /// The receiver names itself.
    SameReceiver,
    /// The receiver that is named had the child before.
    Circle,
    /// It was sent on [`MOST_HOPS`] times already.
    TooManyHops,
    /// Nothing that the named receiver says is believed.
    Distrusted,
    /// What was sent cannot be opened, so nothing can be made of it.
    ContentUnreadable,
}

impl NeedsPerson {
    /// Its word, in tables and tasks.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::UnknownReceiver => "unknown_receiver",
            Self::SameReceiver => "same_receiver",
            Self::Circle => "circle",
            Self::TooManyHops => "too_many_hops",
            Self::Distrusted => "distrusted_receiver",
            Self::ContentUnreadable => "content_unreadable",
        }
    }
}

/// What is known of the receiver that a redirect names.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// Who.
    pub organisation: OrganisationNumber,
    /// Whether reports can be sent to it.
    pub is_configured: bool,
    /// Whether nothing that it says is believed.
    pub is_distrusted: bool,
}

/// Whether the redirect of a child to this receiver is followed. `had` are the receivers that had the child, in order; the
/// last one redirects it.
///
/// # Errors
/// Says why a person must decide.
pub fn judge(had: &[OrganisationNumber], to: Named) -> Result<(), NeedsPerson> {
    if had.last() == Some(&to.organisation) {
        Err(NeedsPerson::SameReceiver)
    } else if had.contains(&to.organisation) {
        Err(NeedsPerson::Circle)
    } else if !to.is_configured {
        Err(NeedsPerson::UnknownReceiver)
    } else if had.len() > MOST_HOPS {
        Err(NeedsPerson::TooManyHops)
    } else if to.is_distrusted {
        Err(NeedsPerson::Distrusted)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisation(index: u32) -> OrganisationNumber {
        (0..=9)
            .find_map(|check| OrganisationNumber::parse(&format!("{:08}{check}", 31_000_000 + index)).ok())
            .unwrap_or_else(|| organisation(index + 100))
    }

    fn known(index: u32) -> Named {
        Named {
            organisation: organisation(index),
            is_configured: true,
            is_distrusted: false,
        }
    }

    fn had(count: u32) -> Vec<OrganisationNumber> {
        (0..count).map(organisation).collect()
    }

    #[test]
    fn a_receiver_that_is_known_and_new_to_the_child_gets_it() {
        assert_eq!(judge(&had(1), known(50)), Ok(()));
        assert_eq!(judge(&had(5), known(50)), Ok(()));
    }

    #[test]
    fn what_would_be_a_guess_is_for_a_person() {
        let unknown = Named {
            is_configured: false,
            ..known(50)
        };
        let distrusted = Named {
            is_distrusted: true,
            ..known(50)
        };
        for (had, to, why) in [
            (had(1), unknown, NeedsPerson::UnknownReceiver),
            (had(1), known(0), NeedsPerson::SameReceiver),
            (had(2), known(0), NeedsPerson::Circle),
            (had(6), known(50), NeedsPerson::TooManyHops),
            (had(1), distrusted, NeedsPerson::Distrusted),
        ] {
            assert_eq!(judge(&had, to), Err(why));
        }
    }
}
