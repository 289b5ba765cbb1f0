//! How long a file may be, what it may be called, and what may be written where.

use std::{path::Path, process::Command};

use anyhow::Result;
use regex::Regex;

use crate::run;

/// Beyond this a file holds more than one noun.
const LONGEST: usize = 420;

/// Names that say nothing about what is in the room.
const EMPTY_NAMES: [&str; 9] =
    ["common", "core", "shared", "util", "utils", "types", "models", "helpers", "prelude"];

pub(super) fn broken() -> Result<Vec<String>> {
    let listed =
        run::output(Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let mut broken = Vec::new();
    for path in listed.lines().filter(|path| path.ends_with(".rs")) {
        let Ok(text) = std::fs::read_to_string(run::root().join(path)) else { continue };
        broken.extend(judged(path, &text)?);
    }
    Ok(broken)
}

/// The rules that one file breaks.
fn judged(path: &str, text: &str) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let is_test = path.contains("/tests/")
        || path.ends_with("tests.rs")
        || path.starts_with("integration-tests/")
        || path.contains("/benches/");
    let lines = text.lines().count();
    if lines > LONGEST {
        broken.push(format!("room: {path} has {lines} lines; split it by noun (at most {LONGEST})"));
    }
    for part in Path::new(path).iter() {
        let name = part.to_string_lossy();
        let name = name.trim_end_matches(".rs");
        if EMPTY_NAMES.contains(&name) {
            broken.push(format!("room: {path}: the name {name} says nothing"));
        }
    }
    if is_test {
        return Ok(broken);
    }
    let code = without_comments_and_tests(text)?;
    let may_know_database =
        ["crates/database/", "crates/events/", "crates/privacy/", "crates/test-support/", "xtask/"]
            .iter()
            .any(|start| path.starts_with(start))
            || path.contains("/storage/");
    if !may_know_database && code.contains("sea_orm::") {
        broken.push(format!("layer: {path} names sea_orm; only storage/ may"));
    }
    let is_service = path.starts_with("services/");
    let may_know_wire = ["/grpc/", "/peers/", "/wiring", "/lib.rs"].iter().any(|place| path.contains(place));
    if is_service && !may_know_wire && (code.contains("tonic::") || code.contains("prost::")) {
        broken.push(format!("layer: {path} names tonic or prost; only grpc/, peers/ and wiring may"));
    }
    if is_service && path.contains("/domain/") {
        for (pattern, what) in
            [("async fn", "is async"), ("::now()", "reads a clock"), ("::generate()", "makes ids")]
        {
            if code.contains(pattern) {
                broken.push(format!("layer: {path} {what}; the domain is pure"));
            }
        }
    }
    Ok(broken)
}

/// The code of a file without comments and without its test module.
fn without_comments_and_tests(text: &str) -> Result<String> {
    let comment = Regex::new(r"(?m)^\s*//.*$")?;
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    Ok(comment.replace_all(code, "").into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_outside_storage_breaks_the_rule_and_inside_does_not() {
        let code = "use sea_orm::EntityTrait;";
        assert_eq!(judged("services/goal/src/service.rs", code).unwrap().len(), 1);
        assert!(judged("services/goal/src/storage/goal.rs", code).unwrap().is_empty());
    }

    #[test]
    fn a_clock_in_the_domain_breaks_the_rule_but_not_in_its_tests() {
        assert_eq!(judged("services/goal/src/domain/goal.rs", "let now = Utc::now();").unwrap().len(), 1);
        let in_test = "#[cfg(test)]\nmod tests { fn x() { Utc::now(); } }";
        assert!(judged("services/goal/src/domain/goal.rs", in_test).unwrap().is_empty());
    }

    #[test]
    fn long_files_and_empty_names_are_told() {
        assert_eq!(judged("crates/x/src/utils.rs", &"\n".repeat(LONGEST + 1)).unwrap().len(), 2);
    }
}
