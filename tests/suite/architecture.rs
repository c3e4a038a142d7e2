//! The direction of dependencies, read from the sources: domain <- wire, db, runtime <- services <- demo <- tests.

mod source;

use self::source::{Source, sources};

/// A part of the tree, and which parts of our own it may name.
struct Layer {
    folder: &'static str,
    may_name: &'static [&'static str],
}

/// In `shared`, by module. Storage takes the time from the runtime's clock, and that is all that one of the three
/// middle layers has of another. Telling people stands above storage and runtime: both services do it alike.
const SHARED: &[Layer] = &[
    layer("shared/src/domain", &["domain"]),
    layer("shared/src/wire", &["domain", "wire"]),
    layer("shared/src/db", &["domain", "db", "runtime::clock"]),
    layer("shared/src/runtime", &["domain", "runtime"]),
    layer("shared/src/workers", &["domain", "db", "runtime", "workers"]),
];

/// Between crates, by name.
const CRATES: &[Layer] = &[
    layer("shared/src", &[]),
    layer("sender-service/src", &["framme_sender", "framme_shared"]),
    layer("receiver-service/src", &["framme_receiver", "framme_shared"]),
    layer("demo/src", &["framme_demo", "framme_shared"]),
];

/// What would make the domain more than rules.
const IMPURE: &[&str] = &[
    "tokio",
    "tokio_stream",
    "tokio_util",
    "futures",
    "sqlx",
    "tonic",
    "tonic_types",
    "prost",
    "hyper_util",
    "tower",
    "tracing",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

const fn layer(folder: &'static str, may_name: &'static [&'static str]) -> Layer {
    Layer { folder, may_name }
}

/// Arrows inside `shared` that point the wrong way.
fn wrong_modules(layer: &Layer, source: &Source) -> Vec<String> {
    let layers = ["domain", "wire", "db", "runtime", "workers"];
    let named = source.paths_from_the_root();
    let ours = named.filter(|path| layers.iter().any(|layer| is_below(path, layer)));
    ours.filter(|path| !layer.may_name.iter().any(|allowed| is_below(path, allowed)))
        .map(|path| format!("{} names {path}", source.name))
        .collect()
}

/// Crates of ours that a crate must not name.
fn wrong_crates(layer: &Layer, source: &Source) -> Vec<String> {
    let named = source.paths().filter(|path| path.starts_with("framme_"));
    named
        .filter(|path| !layer.may_name.iter().any(|allowed| is_below(path, allowed)))
        .map(|path| format!("{} names {path}", source.name))
        .collect()
}

/// What is not pure in a file of the domain.
fn impure(source: &Source) -> Vec<String> {
    let named = source.paths();
    let mut found: Vec<String> = named
        .filter(|path| IMPURE.iter().any(|foreign| is_below(path, foreign)))
        .map(|path| format!("{} names {path}", source.name))
        .collect();
    if source.code.contains("async ") || source.code.contains(".await") {
        found.push(format!("{} waits", source.name));
    }
    found
}

/// Calls that make a status, other than from the closed set of failures.
fn statuses_made(source: &Source) -> Vec<String> {
    let made = source.paths().filter(|path| {
        path.rsplit_once("Status::").is_some_and(|(before, name)| {
            (before.is_empty() || before.ends_with("::"))
                && name.starts_with(char::is_lowercase)
                && !["from", "into_http"].contains(&name)
        })
    });
    made.map(|path| format!("{} calls {path}", source.name)).collect()
}

fn is_below(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Every fault of every file below a folder. A folder without files is a test that looks in the wrong place.
fn all(folder: &str, faults: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    let sources = sources(folder);
    assert!(sources.len() > 5, "{folder} has hardly any sources");
    sources.iter().flat_map(faults).collect()
}

const NONE: [String; 0] = [];

#[test]
fn no_arrow_inside_shared_points_the_wrong_way() {
    for layer in SHARED {
        assert_eq!(all(layer.folder, |source| wrong_modules(layer, source)), NONE);
    }
}

#[test]
fn no_arrow_between_crates_points_the_wrong_way() {
    for layer in CRATES {
        assert_eq!(all(layer.folder, |source| wrong_crates(layer, source)), NONE);
    }
}

#[test]
fn the_domain_is_pure() {
    assert_eq!(all("shared/src/domain", impure), NONE);
}

#[test]
fn only_wire_makes_a_status() {
    for folder in [
        "shared/src/domain",
        "shared/src/db",
        "shared/src/runtime",
        "shared/src/workers",
        "sender-service/src",
        "receiver-service/src",
    ] {
        assert_eq!(all(folder, statuses_made), NONE);
    }
}

/// A search that finds nothing proves nothing until it has found what was planted.
#[test]
fn planted_arrows_are_found() {
    let domain = &SHARED[0];
    for planted in [
        "use crate::db::Change;",
        "use crate::{\n    domain::ids::ReportId,\n    wire::{status::Failure, time},\n};",
        "fn read() -> crate::runtime::clock::SystemClock { todo() }",
        "use super::super::db::Change;",
    ] {
        let source = Source::new("shared/src/domain/planted.rs", planted);
        assert_ne!(wrong_modules(domain, &source), NONE, "{planted}");
    }
    let crates = Source::new("shared/src/planted.rs", "use framme_sender::{Config, Sender};");
    assert_ne!(wrong_crates(&CRATES[0], &crates), NONE);
    for planted in [
        "use sqlx::AnyConnection;",
        "use std::{fmt, fs};",
        "async fn wait() {}",
        "let answer = tokio::spawn(work);",
    ] {
        let source = Source::new("shared/src/domain/planted.rs", planted);
        assert_ne!(impure(&source), NONE, "{planted}");
    }
    for planted in [
        "Err(Status::internal(text))",
        "let status = tonic::Status::new(code, text);",
    ] {
        let source = Source::new("sender-service/src/planted.rs", planted);
        assert_ne!(statuses_made(&source), NONE, "{planted}");
    }
    let innocent = "// use crate::db::Change;\nuse crate::domain::ids::ReportId;\nlet code = http::StatusCode::OK;";
    let source = Source::new("shared/src/domain/innocent.rs", innocent);
    let found = [wrong_modules(domain, &source), impure(&source), statuses_made(&source)].concat();
    assert_eq!(found, NONE);
}
