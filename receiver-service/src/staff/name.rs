//! Names of staff, sealed with a data key each.

use framme_shared::{
    db::sealing::{MasterKeys, Place},
    domain::staff_id::StaffId,
};

use crate::{error::Refusal, store::staff::SealedName};

/// Seals a name for the row of this person.
#[must_use]
pub fn seal_name(keys: &MasterKeys, staff: &StaffId, name: &str) -> SealedName {
    let (data_key, key) = keys.new_data_key();
    SealedName {
        sealed: data_key.seal(&place(staff), name.as_bytes()),
        key,
    }
}

/// Opens a name.
///
/// # Errors
/// `STORAGE_CORRUPT` when it does not open.
pub fn open_name(keys: &MasterKeys, staff: &StaffId, name: &SealedName) -> Result<String, Refusal> {
    let place = place(staff);
    let corrupt = |error| Refusal::corrupt(&place, error);
    let key = keys.unwrap(&name.key).map_err(corrupt)?;
    let opened = key.open(&place, &name.sealed).map_err(corrupt)?;
    String::from_utf8(opened).map_err(|_| Refusal::digest_differs("staff", staff.as_str()))
}

fn place(staff: &StaffId) -> Place<'_> {
    Place::new("staff", "name_sealed", staff.as_str())
}
