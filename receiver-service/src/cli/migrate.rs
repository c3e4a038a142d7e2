//! `receiver migrate` and `receiver backup`.

use std::path::Path;

use framme_shared::{db::Database, runtime::exit::Exit};
use serde_json::json;

use super::{
    Common, output,
    setup::{clock, configuration},
};
use crate::store::SCHEMA;

pub(super) async fn run(common: &Common) -> anyhow::Result<Exit> {
    let config = configuration(common)?;
    let report = Database::migrate(&config.database, &SCHEMA, clock().now()).await?;
    let applied: Vec<_> = report
        .applied
        .iter()
        .map(|(number, name)| json!({ "number": number, "name": name }))
        .collect();
    let value = json!({ "version": report.version, "applied": applied });
    output::print(common.json, &value, || {
        let mut lines: Vec<_> = report
            .applied
            .iter()
            .map(|(number, name)| format!("applied {number} {name}"))
            .collect();
        lines.push(format!("the schema is at version {}", report.version));
        lines
    });
    Ok(Exit::Ok)
}

pub(super) async fn backup(common: &Common, file: &Path) -> anyhow::Result<Exit> {
    Database::backup(&configuration(common)?.database, file).await?;
    output::print(common.json, &json!({ "file": file }), || {
        vec![format!(
            "{} is a copy of the database. The master keys are not in it.",
            file.display()
        )]
    });
    Ok(Exit::Ok)
}
