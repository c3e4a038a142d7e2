//! What somebody's entry in the register gives access to, and its form in the database.

use std::collections::BTreeSet;

use framme_shared::domain::{municipality::Area, staff_id::StaffId, staff_role::StaffRole};

/// Everything in the register that decides on access. Holds no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Who.
    pub staff: StaffId,
    /// In which roles.
    pub roles: Roles,
    /// For which areas.
    pub areas: Areas,
    /// Whether the person works now.
    pub active: bool,
}

impl Access {
    /// The role in which a child who lives in `area` can be given to this person; `None` when it cannot.
    #[must_use]
    pub fn can_be_given(&self, area: &str) -> Option<StaffRole> {
        let able = self.active && self.areas.cover(area);
        self.roles
            .iter()
            .copied()
            .find(|role| able && role.can_be_given_children())
    }
}

/// A stored list that is not of the stored form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a stored list")]
pub struct NotStored;

/// Roles, each once, in the order of their declaration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles(BTreeSet<StaffRole>);

impl Roles {
    /// The roles in order.
    pub fn iter(&self) -> impl Iterator<Item = &StaffRole> {
        self.0.iter()
    }

    /// Whether this role is among them.
    #[must_use]
    pub fn contains(&self, role: StaffRole) -> bool {
        self.0.contains(&role)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The form in the database: `,caseworker,duty,`.
    #[must_use]
    pub fn stored(&self) -> String {
        enclosed(self.0.iter().map(|role| role.as_str()))
    }

    /// Reads the form in the database.
    ///
    /// # Errors
    /// When it is another text, or names an unknown role.
    pub fn from_stored(text: &str) -> Result<Self, NotStored> {
        let roles: Result<_, _> = parts(text)?.map(StaffRole::parse).collect();
        roles.map(Self).map_err(|_| NotStored)
    }
}

impl FromIterator<StaffRole> for Roles {
    fn from_iter<I: IntoIterator<Item = StaffRole>>(roles: I) -> Self {
        Self(roles.into_iter().collect())
    }
}

/// Stands before the area of a child that was sent on to this service. Its municipality is another service's, and may stay
/// so in the report, so nobody here might serve it; but somebody must see the child.
pub const SENT_ON: &str = "*";

/// Municipalities and city districts that somebody serves, as texts: an entry outlives the reform that retires its
/// number, and then simply matches no child. Kept in the form of the database, `,0301/05,5501,`: every call of the
/// local API reads one, and somebody may serve hundreds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Areas(String);

impl Areas {
    /// Whether one of them is `area`, or the whole municipality that `area` is a district of. Whoever serves any area serves
    /// the children that were sent on here.
    #[must_use]
    pub fn cover(&self, area: &str) -> bool {
        if area.starts_with(SENT_ON) {
            return !self.is_empty();
        }
        let municipality = area.split_once('/').map_or(area, |(municipality, _)| municipality);
        self.names(area) || (municipality != area && self.names(municipality))
    }

    fn names(&self, area: &str) -> bool {
        !area.contains(',') && self.0.contains(&format!(",{area},"))
    }

    /// The areas in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(',').filter(|area| !area.is_empty())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The form in the database.
    #[must_use]
    pub fn stored(&self) -> &str {
        &self.0
    }

    /// Reads the form in the database.
    ///
    /// # Errors
    /// When it is another text.
    pub fn from_stored(text: String) -> Result<Self, NotStored> {
        drop(parts(&text)?);
        Ok(Self(text))
    }
}

impl Default for Areas {
    fn default() -> Self {
        Self(enclosed(std::iter::empty()))
    }
}

impl<'a> FromIterator<&'a str> for Areas {
    fn from_iter<I: IntoIterator<Item = &'a str>>(areas: I) -> Self {
        let areas: BTreeSet<&str> = areas.into_iter().collect();
        Self(enclosed(areas.into_iter()))
    }
}

impl FromIterator<Area> for Areas {
    fn from_iter<I: IntoIterator<Item = Area>>(areas: I) -> Self {
        let areas: Vec<String> = areas.into_iter().map(|area| area.to_string()).collect();
        areas.iter().map(String::as_str).collect()
    }
}

fn enclosed<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::from(",");
    for part in parts {
        text.push_str(part);
        text.push(',');
    }
    text
}

fn parts(text: &str) -> Result<impl Iterator<Item = &str>, NotStored> {
    let inner = text.strip_prefix(',').ok_or(NotStored)?;
    if !inner.is_empty() && !inner.ends_with(',') {
        return Err(NotStored);
    }
    Ok(inner.split_terminator(','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_areas_come_back_from_the_database() {
        let roles: Roles = [StaffRole::Duty, StaffRole::Caseworker].into_iter().collect();
        assert_eq!(roles.stored(), ",caseworker,duty,");
        assert_eq!(Roles::from_stored(&roles.stored()), Ok(roles));
        let areas: Areas = ["5501", "0301/05"].into_iter().collect();
        assert_eq!(areas.stored(), ",0301/05,5501,");
        assert_eq!(Areas::from_stored(areas.stored().to_owned()), Ok(areas));
    }

    #[test]
    fn a_child_that_was_sent_on_is_for_whoever_serves_any_area() {
        let areas: Areas = ["5503"].into_iter().collect();
        assert!(areas.cover("*5501") && areas.cover("*0301/05"));
        assert!(!areas.cover("5501"));
        assert!(!Areas::default().cover("*5501"));
    }

    #[test]
    fn no_areas_are_one_comma() {
        assert_eq!(Areas::default().stored(), ",");
        assert_eq!(Areas::from_stored(",".to_owned()), Ok(Areas::default()));
    }

    #[test]
    fn another_text_is_refused() {
        for text in ["", "caseworker", ",caseworker", ",nobody,"] {
            assert_eq!(Roles::from_stored(text), Err(NotStored), "{text}");
        }
    }

    #[test]
    fn a_municipality_covers_its_districts_and_a_district_only_itself() {
        let oslo: Areas = ["0301"].into_iter().collect();
        assert!(oslo.cover("0301/05") && oslo.cover("0301") && !oslo.cover("5501"));
        let frogner: Areas = ["0301/05"].into_iter().collect();
        assert!(frogner.cover("0301/05") && !frogner.cover("0301") && !frogner.cover("0301/06"));
    }

    #[test]
    fn only_an_active_caseworker_or_duty_of_the_area_can_be_given_a_child() {
        let access = |role, active| Access {
            staff: StaffId::parse("a-1").unwrap(),
            roles: Roles::from_iter([role]),
            areas: ["5501"].into_iter().collect(),
            active,
        };
        assert_eq!(
            access(StaffRole::Caseworker, true).can_be_given("5501"),
            Some(StaffRole::Caseworker)
        );
        assert_eq!(
            access(StaffRole::Duty, true).can_be_given("5501"),
            Some(StaffRole::Duty)
        );
        assert_eq!(access(StaffRole::IntakeLeader, true).can_be_given("5501"), None);
        assert_eq!(access(StaffRole::Caseworker, false).can_be_given("5501"), None);
        assert_eq!(access(StaffRole::Caseworker, true).can_be_given("0301/05"), None);
    }
}
