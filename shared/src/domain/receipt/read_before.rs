//! What people had read when something was withdrawn: counted, without saying who.

use crate::domain::staff_role::StaffRole;

/// What a receiver's people had read of a child before it was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadBefore {
    /// Whether a person had opened the child; a program's fetching does not count.
    pub opened: bool,
    /// Who had read the transmission, by role, in the order of the roles' words. Nobody when the child was not opened.
    pub readers: Vec<ReadersInRole>,
}

/// People who read in one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadersInRole {
    /// The role.
    pub role: StaffRole,
    /// How many people, at least one.
    pub people: u32,
}

impl ReadBefore {
    /// The readers in the order of their roles' words, each role once.
    #[must_use]
    pub fn new(opened: bool, readers: impl IntoIterator<Item = ReadersInRole>) -> Self {
        let mut sorted: Vec<ReadersInRole> = Vec::new();
        for one in readers {
            match sorted.iter_mut().find(|known| known.role == one.role) {
                Some(known) => known.people = known.people.saturating_add(one.people),
                None => sorted.push(one),
            }
        }
        sorted.sort_unstable_by_key(|one| one.role.as_str());
        Self {
            opened,
            readers: sorted,
        }
    }

    /// The readers as one text for a column: `caseworker=1,intake_leader=2`.
    #[must_use]
    pub fn readers_text(&self) -> String {
        let one = |one: &ReadersInRole| format!("{}={}", one.role.as_str(), one.people);
        self.readers.iter().map(one).collect::<Vec<_>>().join(",")
    }

    /// Reads what [`ReadBefore::readers_text`] writes; `None` for anything else.
    #[must_use]
    pub fn from_columns(opened: bool, readers: &str) -> Option<Self> {
        let read = |text: &str| {
            let (role, people) = text.split_once('=')?;
            Some(ReadersInRole {
                role: StaffRole::parse(role).ok()?,
                people: people.parse().ok()?,
            })
        };
        let readers = readers.split(',').filter(|text| !text.is_empty()).map(read);
        Some(Self {
            opened,
            readers: readers.collect::<Option<Vec<_>>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_back_what_was_kept() {
        let people = |role, people| ReadersInRole { role, people };
        let read = ReadBefore::new(
            true,
            [people(StaffRole::IntakeLeader, 2), people(StaffRole::Caseworker, 1)],
        );
        assert_eq!(read.readers_text(), "caseworker=1,intake_leader=2");
        assert_eq!(ReadBefore::from_columns(true, &read.readers_text()), Some(read));
        assert_eq!(ReadBefore::from_columns(false, ""), Some(ReadBefore::default()));
        assert_eq!(ReadBefore::from_columns(true, "caseworker"), None);
    }
}
