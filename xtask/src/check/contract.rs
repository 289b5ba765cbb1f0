//! The contract: buf's lint, format and compatibility, and a page of help for each reason of an error.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result};
use regex::Regex;

use crate::{run, tools};

/// The image of the contract that was released last; compatibility is judged against it.
const RELEASED: &str = "proto/released.binpb";

pub(super) fn broken() -> Result<Vec<String>> {
    let buf = tools::buf()?;
    let mut broken = Vec::new();
    for (arguments, help) in [
        (vec!["lint"], "contract: buf lint, see above"),
        (vec!["format", "--diff", "--exit-code"], "contract: run `buf format --write`"),
    ] {
        if run::run(Command::new(&buf).args(&arguments)).is_err() {
            broken.push(help.to_owned());
        }
    }
    if run::root().join(RELEASED).is_file()
        && run::run(Command::new(&buf).args(["breaking", "--against", RELEASED])).is_err()
    {
        broken.push(format!("contract: a change breaks clients of {RELEASED}, see above"));
    }
    broken.extend(reasons_without_help(run::root())?);
    Ok(broken)
}

/// Reasons that have no page, and pages that have no reason.
fn reasons_without_help(root: &Path) -> Result<Vec<String>> {
    let value = Regex::new(r"(?m)^\s+ERROR_REASON_(\w+) = [1-9]")?;
    let mut reasons = Vec::new();
    for folder in fs::read_dir(root.join("proto/arki")).context("reading proto/arki")?.flatten() {
        let file = folder.path().join("v1/error_reason.proto");
        if let Ok(text) = fs::read_to_string(file) {
            reasons.extend(value.captures_iter(&text).map(|found| found[1].to_owned()));
        }
    }
    let mut pages = Vec::new();
    for page in fs::read_dir(root.join("docs/errors")).context("reading docs/errors")?.flatten() {
        let name = page.file_name().to_string_lossy().into_owned();
        pages.extend(name.strip_suffix(".md").map(str::to_owned));
    }
    let mut broken = Vec::new();
    for reason in reasons.iter().filter(|reason| !pages.contains(reason)) {
        broken.push(format!("help: docs/errors/{reason}.md is missing"));
    }
    for page in pages.iter().filter(|page| !reasons.contains(page)) {
        broken.push(format!("help: docs/errors/{page}.md belongs to no reason"));
    }
    Ok(broken)
}
