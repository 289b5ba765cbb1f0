//! Lists the pages of help on errors (`docs/errors/*.md`) as a table, so that the binary carries them.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new("../docs/errors");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md")
            && let Some(reason) = path.file_stem().and_then(|stem| stem.to_str())
        {
            pages.push((reason.to_owned(), fs::canonicalize(&path)?));
        }
    }
    pages.sort();
    let mut table = String::from("&[\n");
    for (reason, path) in pages {
        let written = writeln!(table, "    ({reason:?}, include_str!({:?})),", path.display().to_string());
        written.map_err(io::Error::other)?;
    }
    table.push(']');
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&out).join("error_pages.rs"), table)
}
