//! Compiles the contract: messages and services from `proto/`, and the descriptor set that reflection serves.

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf};

use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

const CONTRACT: &[&str] = &[
    "framme/report/v1/report.proto",
    "framme/report/v1/person.proto",
    "framme/report/v1/attachment.proto",
    "framme/report/v1/stage.proto",
    "framme/report/v1/deadline.proto",
    "framme/report/v1/task.proto",
    "framme/report/v1/statement.proto",
    "framme/report/v1/error_reason.proto",
    "framme/exchange/v1/exchange_service.proto",
    "framme/exchange/v1/reconciliation_service.proto",
    "framme/exchange/v1/recovery_service.proto",
    "framme/exchange/v1/holding_service.proto",
    "framme/exchange/v1/figures_service.proto",
    "framme/exchange/v1/letter_service.proto",
    "framme/sender/v1/sender_service.proto",
    "framme/sender/v1/evidence_service.proto",
    "framme/sender/v1/task_service.proto",
    "framme/sender/v1/deadline_service.proto",
    "framme/sender/v1/figures_service.proto",
    "framme/exchange/v1/statement_service.proto",
    "framme/sender/v1/statement_service.proto",
    "framme/sender/v1/confirmation_service.proto",
    "framme/sender/v1/letter_service.proto",
    "framme/receiver/v1/receiver_service.proto",
    "framme/receiver/v1/task_service.proto",
    "framme/receiver/v1/deadline_service.proto",
    "framme/receiver/v1/statement_service.proto",
    "framme/receiver/v1/letter_service.proto",
    "framme/exchange/v1/readiness_service.proto",
    "framme/sender/v1/readiness_service.proto",
    "framme/receiver/v1/waiting_service.proto",
    "google/protobuf/timestamp.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let proto = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../proto");
    println!("cargo::rerun-if-changed={}", proto.display());

    let mut compiler = protox::Compiler::new([&proto])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(CONTRACT)?;

    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("framme_descriptor.bin"), compiler.encode_file_descriptor_set())?;

    let descriptors = FileDescriptorSet::decode(compiler.encode_file_descriptor_set().as_slice())?;
    let ours = || {
        descriptors
            .file
            .iter()
            .filter(|file| file.package().starts_with("framme."))
    };
    fs::write(
        out.join("framme_masked_debug.rs"),
        ours().map(masked_debug).collect::<String>(),
    )?;

    let mut config = tonic_prost_build::configure().bytes(".").skip_debug(["."]);
    // An enum value says nothing about anybody, and tests compare many.
    for file in ours() {
        for kind in &file.enum_type {
            config = config.type_attribute(format!(".{}.{}", file.package(), kind.name()), "#[derive(Debug)]");
        }
    }
    config.compile_fds(descriptors)?;
    Ok(())
}

/// A `Debug` for every message and oneof that prints its name and nothing of its content.
fn masked_debug(file: &FileDescriptorProto) -> String {
    let module = file.package().replace('.', "::");
    let mut code = String::new();
    let mut mask = |path: &str, name: &str| {
        writeln!(
            code,
            "impl std::fmt::Debug for {module}::{path} {{
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{ f.write_str(\"{name}(..)\") }}
            }}"
        )
        .expect("writing to a string does not fail");
    };
    for message in &file.message_type {
        mask(message.name(), message.name());
        for oneof in &message.oneof_decl {
            let name = capitalised(oneof.name());
            mask(&format!("{}::{name}", snake(message.name())), &name);
        }
    }
    code
}

fn capitalised(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
