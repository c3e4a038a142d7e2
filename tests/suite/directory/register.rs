//! Registers as they are written in a file.

/// Organisation numbers with right check digits, in order.
pub(super) const A: &str = "123456785";
pub(super) const B: &str = "974761076";
pub(super) const C: &str = "982531950";

/// A service with a receiver where nobody listens.
pub(super) fn service(organisation: &str, areas: &[&str], more: &str) -> String {
    format!(
        "[[services]]\norganisation = \"{organisation}\"\nname = \"Barneverntjenesten {organisation}\"\n\
         receiver = \"https://127.0.0.1:1\"\nareas = {areas:?}\n{more}\n"
    )
}

/// A service that is reached by letter and phone only.
pub(super) fn letter_only(organisation: &str, areas: &[&str]) -> String {
    format!(
        "[[services]]\norganisation = \"{organisation}\"\nname = \"Barneverntjenesten {organisation}\"\n\
         areas = {areas:?}\noffice_phone = \"77 00 00 00\"\n\
         letter_address = {{ lines = [\"Postboks 1\"], postal_code = \"9008\", city = \"Tromsø\" }}\n"
    )
}

/// When a service ended, and who takes over.
pub(super) fn ended(last_day: &str, successors: &[&str]) -> String {
    format!("valid_to = {last_day}\nsuccessors = {successors:?}")
}
