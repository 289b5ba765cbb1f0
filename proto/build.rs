//! Compiles the contract: messages and services by tonic and prost, the descriptor set with all options and
//! comments, the checks of the declared bounds, and the names of the error reasons. No protoc is needed.

mod bounds {
    include!("build/bounds.rs");
}

use std::{env, fs, path::PathBuf};

use anyhow::Context as _;
use prost_reflect::DescriptorPool;

fn main() -> anyhow::Result<()> {
    let out = PathBuf::from(env::var("OUT_DIR").context("cargo sets OUT_DIR")?);
    for folder in ["arki", "vendor", "build"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    let mut files = Vec::new();
    for entry in fs::read_dir("arki")? {
        let folder = entry?.path().join("v1");
        for file in fs::read_dir(&folder)? {
            files.push(file?.path());
        }
    }
    files.sort();

    let mut compiler = protox::Compiler::new([".", "vendor"])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(&files)?;
    // The encoded form keeps the custom options; the parsed prost_types form drops them.
    let encoded = compiler.encode_file_descriptor_set();
    fs::write(out.join("descriptor.bin"), &encoded)?;

    let pool = DescriptorPool::decode(encoded.as_slice())?;
    fs::write(out.join("bounds.rs"), bounds::generate(&pool)?)?;
    fs::write(out.join("reasons.rs"), bounds::reasons(&pool))?;

    let mut set = compiler.file_descriptor_set();
    // Options are read from the descriptor at run time; their own Rust types are never needed. The
    // google.protobuf files must stay, since prost looks the well-known types up in them.
    set.file.retain(|file| !matches!(file.package(), "google.api" | "buf.validate"));
    tonic_prost_build::configure().btree_map(".").bytes(".").include_file("contract.rs").compile_fds(set)?;
    Ok(())
}
