//! The register as it is written in a file. Everything is text here, so that a fault can name its entry and its rule.

use serde::Deserialize;

use super::date_text;

/// The whole register.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The services.
    #[serde(default)]
    pub services: Vec<ServiceEntry>,
    /// What a service serves for a part of its own time only.
    #[serde(default)]
    pub served: Vec<ServedEntry>,
}

/// A child welfare service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceEntry {
    /// Required. Nine digits.
    pub organisation: String,
    /// Required.
    pub name: String,
    /// `https://host:port` of its receiver; left out as long as it has none.
    #[serde(default)]
    pub receiver: Option<String>,
    /// Municipalities (`5501`) and city districts (`0301/05`) that it serves as long as it exists.
    #[serde(default)]
    pub areas: Vec<String>,
    /// Who answers when the office is closed.
    #[serde(default)]
    pub duty: Option<DutyEntry>,
    /// Required without a receiver.
    #[serde(default)]
    pub office_phone: Option<String>,
    /// Required without a receiver.
    #[serde(default)]
    pub letter_address: Option<LetterEntry>,
    /// Its first day, YYYY-MM-DD.
    #[serde(default, deserialize_with = "date_text::deserialize")]
    pub valid_from: Option<String>,
    /// Its last day.
    #[serde(default, deserialize_with = "date_text::deserialize")]
    pub valid_to: Option<String>,
    /// Organisation numbers of services in this register that take over after its last day.
    #[serde(default)]
    pub successors: Vec<String>,
}

/// A duty service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyEntry {
    /// Its organisation number; this or the name is required.
    #[serde(default)]
    pub organisation: Option<String>,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Required: when it answers, in words.
    pub hours: String,
    /// Required.
    pub phone: String,
}

/// Where letters go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetterEntry {
    /// One or two.
    pub lines: Vec<String>,
    /// Four digits.
    pub postal_code: String,
    /// Post town.
    pub city: String,
}

/// A place that a service serves for a part of its time.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServedEntry {
    /// The municipality or city district.
    pub area: String,
    /// The organisation number of a service in this register.
    pub service: String,
    /// The first day; the service's if left out.
    #[serde(default, deserialize_with = "date_text::deserialize")]
    pub valid_from: Option<String>,
    /// The last day; the service's if left out.
    #[serde(default, deserialize_with = "date_text::deserialize")]
    pub valid_to: Option<String>,
}
