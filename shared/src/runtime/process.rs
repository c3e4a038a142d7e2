//! What a process of ours does before anything else.

use std::{panic, process};

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use super::tls::install_provider;

/// Call it first in `main`, before any secret is read: picks the one cryptographic provider, forbids core dumps (they
/// would hold keys and opened content), and makes panics say where and not what.
pub fn prepare() {
    install_provider();
    forbid_core_dumps();
    panic::set_hook(Box::new(report));
}

fn forbid_core_dumps() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Either alone does most of it, and a system that knows neither is no reason not to serve.
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// A panic's own text may hold personal data when it was put together from values, so only a literal is shown.
fn report(panicked: &panic::PanicHookInfo<'_>) {
    let text = panicked
        .payload()
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(the text is withheld)");
    let place = panicked.location().map(ToString::to_string).unwrap_or_default();
    if tracing::enabled!(tracing::Level::ERROR) {
        tracing::error!(place, text, "a fault in this program");
    } else {
        // No log was started yet.
        eprintln!("process {}: a fault in this program at {place}: {text}", process::id());
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn core_dumps_are_forbidden() {
        forbid_core_dumps();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
