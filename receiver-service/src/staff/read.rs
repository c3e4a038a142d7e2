//! A register entry as the contract has it, under its rules.

use framme_shared::{
    domain::{municipality::Area, staff_id::StaffId, staff_role::StaffRole, text::Line},
    wire::{
        pb::receiver::{self as pb, StaffMember},
        scope::Scope,
    },
};

use super::access::{Access, Roles};

/// More areas than there are municipalities and city districts.
const MOST_AREAS: usize = 500;

/// Reads an entry; its name must be one line of at most 200.
pub fn read_member(scope: &mut Scope<'_>, member: &StaffMember) -> Option<Access> {
    let staff = scope.required("staff_id", &member.staff_id, StaffId::parse);
    let name = scope.required("name", &member.name, Line::<200>::parse);
    let roles = read_roles(scope, &member.roles);
    let areas = scope.lines("municipalities", &member.municipalities, MOST_AREAS, Area::parse);
    let needs_areas = roles
        .as_ref()
        .is_some_and(|roles| roles.iter().any(|role| *role != StaffRole::Administrator));
    if needs_areas && member.municipalities.is_empty() {
        scope.refuse("municipalities", "must be given for everybody but administrators");
        return None;
    }
    name?;
    Some(Access {
        staff: staff?,
        roles: roles?,
        areas: areas?.into_iter().collect(),
        active: member.active,
    })
}

fn read_roles(scope: &mut Scope<'_>, roles: &[i32]) -> Option<Roles> {
    if roles.is_empty() {
        scope.refuse("roles", "must be at least one");
        return None;
    }
    let roles = scope.bounded("roles", roles, StaffRole::ALL.len(), |scope, field, role| {
        scope.enum_value::<pb::StaffRole, StaffRole>(field, *role)
    });
    Some(roles?.into_iter().collect())
}
