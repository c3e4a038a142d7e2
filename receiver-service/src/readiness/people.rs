//! From the staff register, with credentials and activity, to who could act in an area.

use framme_shared::domain::{
    readiness::{Person, Staffing},
    staff_role::StaffRole,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    authority::{Reach, Role, Rpc, rule},
    staff::Access,
    store::staffing::Member,
};

/// "Lately": within so many days.
const LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Who could act in an area.
#[must_use]
pub fn staffing(people: &[Member], area: &str, has_duty: bool, now: Timestamp) -> Staffing {
    let there = people.iter().filter(|member| member.access.areas.cover(area));
    Staffing::of(there.map(|member| person(member, now)), has_duty)
}

/// When somebody who may assign in an area last worked the list.
#[must_use]
pub(super) fn last_worked(people: &[Member], area: &str) -> Option<Timestamp> {
    let there = people
        .iter()
        .filter(|member| member.access.areas.cover(area) && may_open(&member.access));
    there.filter_map(|member| member.worked_at).max()
}

fn person(member: &Member, now: Timestamp) -> Person {
    let Member { access, .. } = member;
    Person {
        active: access.active,
        may_open: may_open(access),
        is_duty: access.roles.contains(StaffRole::Duty),
        takes_children: access.roles.iter().any(|role| role.can_be_given_children()),
        has_credential: member.has_credential,
        seen_lately: member.seen_at.is_some_and(|seen| now.duration_since(seen) <= LATELY),
    }
}

/// By the same table that decides when the person calls.
fn may_open(access: &Access) -> bool {
    let reaches = |rpc, role| rule(rpc, role).is_some_and(|rule| rule.reach == Reach::Served);
    let mut roles = access.roles.iter().map(|role| Role::Staff(*role));
    roles.any(|role| reaches(Rpc::GetTransmission, role) && reaches(Rpc::AssignChild, role))
}
