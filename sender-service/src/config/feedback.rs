//! What happens when a service has answered.

use framme_shared::domain::notice::ContactName;
use serde::Deserialize;

/// What happens when a service has answered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeedbackConfig {
    /// Contacts that are told that an answer has come: that one has, and never about whom. Default nobody.
    pub tell: Vec<ContactName>,
}
