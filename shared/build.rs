//! Compiles the contract: messages and services from `proto/`, and the descriptor set that reflection serves.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const CONTRACT: [&str; 9] = [
    "framme/report/v1/report.proto",
    "framme/report/v1/person.proto",
    "framme/report/v1/attachment.proto",
    "framme/report/v1/stage.proto",
    "framme/report/v1/error_reason.proto",
    "framme/exchange/v1/exchange_service.proto",
    "framme/sender/v1/sender_service.proto",
    "framme/receiver/v1/receiver_service.proto",
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

    let descriptors = prost_types::FileDescriptorSet::decode(compiler.encode_file_descriptor_set().as_slice())?;
    tonic_prost_build::configure()
        .bytes(".")
        .skip_debug(["."])
        .compile_fds(descriptors)?;
    Ok(())
}
