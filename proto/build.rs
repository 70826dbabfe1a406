//! Compiles the contract: descriptor set first (it also feeds reflection and JSON), then Rust from it.

use std::path::PathBuf;

use prost::Message as _;

const FILES: [&str; 7] = [
    "rollcall/v1/record.proto",
    "rollcall/v1/verdict.proto",
    "rollcall/v1/feed.proto",
    "rollcall/v1/evidence.proto",
    "rollcall/v1/gather.proto",
    "rollcall/v1/status.proto",
    "rollcall/v1/trace.proto",
];

const SERDE: &str = "#[derive(serde::Serialize, serde::Deserialize)]";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("rollcall.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .bytes(".")
        .codec_path("crate::codec::ExactCodec")
        // What is measured is kept with these, and written into traces.
        .enum_attribute("rollcall.v1.Source", SERDE)
        .enum_attribute("rollcall.v1.StartedFrom", SERDE)
        .enum_attribute("rollcall.v1.ErrorKind", SERDE)
        .enum_attribute("rollcall.v1.VerdictCode", SERDE)
        .compile_fds(descriptors)?;
    Ok(())
}
