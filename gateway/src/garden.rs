//! The contract that tests are run against: a garden with one of everything.

use std::path::Path;
use std::sync::OnceLock;

use prost_reflect::DescriptorPool;

/// The encoded descriptor set.
pub(crate) fn descriptor() -> &'static [u8] {
    static DESCRIPTOR: OnceLock<Vec<u8>> = OnceLock::new();
    DESCRIPTOR.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let includes = ["tests/proto", "../proto", "../proto/vendor"].map(|folder| root.join(folder));
        let mut compiler = protox::Compiler::new(includes).unwrap();
        compiler.include_imports(true).include_source_info(true);
        compiler.open_file("arki/goal/v1/garden.proto").unwrap();
        compiler.encode_file_descriptor_set()
    })
}

/// The descriptors.
pub(crate) fn pool() -> DescriptorPool {
    DescriptorPool::decode(descriptor()).unwrap()
}
