//! Configuration, and storage for commands that work past the service.

use std::sync::Arc;

use framme_shared::runtime::{
    clock::{Clock, SystemClock},
    config::{self, ConfigError},
    random::OsRandom,
};

use super::Common;
use crate::{Config, StartError, config::ENV_PREFIX, core::Core, service};

/// The configuration that a command runs with.
pub(super) fn configuration(common: &Common) -> Result<Config, ConfigError> {
    let default = Config::default_file();
    let file = common.config.clone().or_else(|| default.exists().then_some(default));
    config::load(file.as_deref(), ENV_PREFIX, &[])
}

/// The machine's clock.
pub(super) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Storage and keys for a command that works beside a running service. The high-water mark is the service's own.
pub(super) async fn direct(config: &Config) -> Result<Core, StartError> {
    let mut config = config.clone();
    config.database.high_water_mark = None;
    service::core(&config, clock(), Arc::new(OsRandom)).await
}
