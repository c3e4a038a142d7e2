//! From the staff register to counts.

use super::Duty;

/// One person's part in an area, as the register has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Person {
    /// Works now.
    pub active: bool,
    /// May open and assign there, when active.
    pub may_open: bool,
    /// Is of the duty service there, active or not.
    pub is_duty: bool,
    /// Can be given a child there, when active.
    pub takes_children: bool,
    /// Has a credential that is valid now.
    pub has_credential: bool,
    /// Has used one lately.
    pub seen_lately: bool,
}

/// How many people could act in an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staffing {
    /// Active people who may open and assign by their entry.
    pub may_open: u32,
    /// Those of them who have a credential.
    pub can_open: u32,
    /// Those of these who have used one lately.
    pub seen_lately: u32,
    /// Active people who can be given a child.
    pub caseworkers: u32,
    /// The duty service.
    pub duty: Duty,
}

impl Default for Staffing {
    fn default() -> Self {
        Self {
            may_open: 0,
            can_open: 0,
            seen_lately: 0,
            caseworkers: 0,
            duty: Duty::Absent,
        }
    }
}

impl Staffing {
    /// Counts the people of an area; `has_duty` says that it has a duty service even when nobody is entered in that role.
    #[must_use]
    pub fn of(people: impl Iterator<Item = Person>, has_duty: bool) -> Self {
        let mut staffing = Self::default();
        let (mut duty_entered, mut duty_can_open) = (has_duty, false);
        for person in people {
            duty_entered |= person.is_duty;
            if !person.active {
                continue;
            }
            staffing.caseworkers += u32::from(person.takes_children);
            staffing.may_open += u32::from(person.may_open);
            let can_open = person.may_open && person.has_credential;
            staffing.can_open += u32::from(can_open);
            staffing.seen_lately += u32::from(can_open && person.seen_lately);
            duty_can_open |= can_open && person.is_duty;
        }
        staffing.duty = match (duty_entered, duty_can_open) {
            (_, true) => Duty::Covered,
            (true, false) => Duty::Uncovered,
            (false, false) => Duty::Absent,
        };
        staffing
    }

    /// Whether nobody could open anything.
    #[must_use]
    pub const fn is_nobody(&self) -> bool {
        self.can_open == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEADER: Person = Person {
        active: true,
        may_open: true,
        is_duty: false,
        takes_children: false,
        has_credential: true,
        seen_lately: true,
    };

    #[test]
    fn somebody_without_a_credential_cannot_open() {
        let without = Person {
            has_credential: false,
            ..LEADER
        };
        let staffing = Staffing::of([without, without].into_iter(), false);
        assert_eq!((staffing.may_open, staffing.can_open, staffing.seen_lately), (2, 0, 0));
        assert!(staffing.is_nobody());
        assert!(!Staffing::of([without, LEADER].into_iter(), false).is_nobody());
    }

    #[test]
    fn somebody_who_has_left_counts_for_nothing_but_that_there_is_a_duty_service() {
        let left = Person {
            active: false,
            is_duty: true,
            takes_children: true,
            ..LEADER
        };
        let staffing = Staffing::of([left].into_iter(), false);
        assert_eq!((staffing.may_open, staffing.caseworkers), (0, 0));
        assert_eq!(staffing.duty, Duty::Uncovered);
    }

    #[test]
    fn a_duty_service_is_covered_by_somebody_on_duty_who_can_open() {
        let duty = Person {
            is_duty: true,
            takes_children: true,
            ..LEADER
        };
        assert_eq!(Staffing::of([duty].into_iter(), false).duty, Duty::Covered);
        assert_eq!(Staffing::of([LEADER].into_iter(), false).duty, Duty::Absent);
        assert_eq!(Staffing::of([LEADER].into_iter(), true).duty, Duty::Uncovered);
    }
}
