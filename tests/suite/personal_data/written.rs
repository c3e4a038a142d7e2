//! All that a world has written: every file, every value of every table, every receipt decoded.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use framme_demo::world::{Process, World};
use framme_tests::tables::{Tables, database_url};

/// Some bytes, and where they were.
pub(super) struct Found {
    pub(super) place: String,
    pub(super) bytes: Vec<u8>,
}

pub(super) async fn everything_written(world: &World) -> Vec<Found> {
    let mut found = files(&world.directory);
    for process in [&world.sender.process, &world.receivers[0].process] {
        found.extend(tables(process).await);
    }
    found
}

/// Every file below the folder: logs, ready files, and with SQLite the databases with what is beside them.
fn files(top: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.push(Found {
                    place: path.strip_prefix(top).unwrap().display().to_string(),
                    bytes: fs::read(&path).unwrap(),
                });
            }
        }
    }
    found
}

async fn tables(process: &Process) -> Vec<Found> {
    let name = &process.name;
    let mut database = Tables::open(&database_url(&process.config_file())).await;
    let mut found = Vec::new();
    for (column, bytes) in database.values().await {
        let part = match column.as_str() {
            "receipt.jws" => Some("payload"),
            "receipt_header.header" => Some("header"),
            _ => None,
        };
        if let Some(part) = part {
            let place = format!("{name} receipt {part}");
            let bytes = decoded(&bytes);
            found.push(Found { place, bytes });
        }
        let place = format!("{name} table {column}");
        found.push(Found { place, bytes });
    }
    found
}

/// What stands before the first dot: a header lies alone, a payload before its signature.
fn decoded(part: &[u8]) -> Vec<u8> {
    let encoded = part.split(|byte| *byte == b'.').next().unwrap_or_default();
    URL_SAFE_NO_PAD.decode(encoded).unwrap()
}
