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
    if is_breaking(&buf, run::root())? {
        broken.push(format!("contract: a change breaks clients of {RELEASED}, see above"));
    }
    broken.extend(reasons_without_help(run::root())?);
    Ok(broken)
}

/// Whether the contract under `root` would break who speaks the released one: images are compared, since the released
/// one is a single image and the sources are two modules. Renew it, when a release is made, with
/// `buf build --path proto/arki --exclude-source-info -o proto/released.binpb`.
fn is_breaking(buf: &Path, root: &Path) -> Result<bool> {
    let present = run::workshop().join("contract").join(format!("{}.binpb", std::process::id()));
    fs::create_dir_all(run::workshop().join("contract"))?;
    let build = ["build", "--path", "proto/arki", "--exclude-source-info", "--output"];
    run::run_in(root, Command::new(buf).args(build).arg(&present))?;
    let breaking = Command::new(buf)
        .arg("breaking")
        .arg(&present)
        .args([
            "--exclude-imports",
            "--config",
            "{\"version\":\"v2\",\"breaking\":{\"use\":[\"WIRE_JSON\"]}}",
        ])
        .arg("--against")
        .arg(run::root().join(RELEASED))
        .current_dir(root)
        .status()
        .context("starting buf breaking")?;
    fs::remove_file(present)?;
    match breaking.code() {
        Some(0) => Ok(false),
        // Any other number means that nothing was compared.
        Some(100) => Ok(true),
        _ => anyhow::bail!("buf breaking ended with {breaking}"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The sources of the contract after a change of one file, in a folder of their own.
    fn after(name: &str, file: &str, change: impl Fn(&str) -> String) -> Result<std::path::PathBuf> {
        let root = run::workshop().join("contract").join(format!("{name}-{}", std::process::id()));
        let copied = run::root();
        let mut folders = vec!["proto/arki".into(), std::path::PathBuf::from("proto/vendor")];
        while let Some(folder) = folders.pop() {
            fs::create_dir_all(root.join(&folder))?;
            for entry in fs::read_dir(copied.join(&folder))?.flatten() {
                let at = folder.join(entry.file_name());
                if entry.file_type()?.is_dir() {
                    folders.push(at);
                } else {
                    fs::copy(entry.path(), root.join(at))?;
                }
            }
        }
        fs::copy(copied.join("buf.yaml"), root.join("buf.yaml"))?;
        let text = fs::read_to_string(root.join(file))?;
        let changed = change(&text);
        anyhow::ensure!(name == "same" || changed != text, "the change to {file} changes nothing");
        fs::write(root.join(file), changed)?;
        Ok(root)
    }

    #[test]
    fn what_breaks_clients_is_told_from_what_does_not() -> Result<()> {
        let buf = tools::buf()?;
        let file = "proto/arki/goal/v1/vision.proto";
        let field = "string strategy_reference = 5";
        let removed =
            |text: &str| text.lines().filter(|line| !line.contains(field)).collect::<Vec<_>>().join("\n");
        let renamed = |text: &str| text.replace(field, "string strategy_ref = 5");
        let added = |text: &str| {
            text.replacen("message Vision {", "message Vision {\n  // More.\n  string more = 99;", 1)
        };
        for (name, change, is_broken) in [
            ("same", &(|text: &str| text.to_owned()) as &dyn Fn(&str) -> String, false),
            ("added", &added, false),
            ("removed", &removed, true),
            ("renamed", &renamed, true),
        ] {
            let root = after(name, file, change)?;
            assert_eq!(is_breaking(&buf, &root)?, is_broken, "a field {name}");
            fs::remove_dir_all(root)?;
        }
        Ok(())
    }
}
