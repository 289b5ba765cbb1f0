//! Which crate may depend on which.

use std::{collections::BTreeMap, process::Command};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::run;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

const SERVICES: [&str; 5] =
    ["arki-directory", "arki-survey", "arki-scorecard", "arki-goal", "arki-communication"];

/// What each crate may depend on, of ours. Tests may use what they like.
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let service = vec![
        "arki-proto",
        "arki-ids",
        "arki-words",
        "arki-stats",
        "arki-rpc",
        "arki-events",
        "arki-database",
        "arki-privacy",
        "arki-process",
    ];
    let directory: Vec<_> = service.iter().copied().chain(["arki-scim", "arki-webhooks"]).collect();
    let mut allowed = BTreeMap::from([
        ("arki-proto", vec![]),
        ("arki-ids", vec![]),
        ("arki-words", vec![]),
        ("arki-stats", vec![]),
        ("arki-scim", vec![]),
        ("arki-webhooks", vec!["arki-proto"]),
        ("arki-rpc", vec!["arki-proto", "arki-ids"]),
        ("arki-database", vec!["arki-ids"]),
        ("arki-events", vec!["arki-proto", "arki-ids", "arki-database"]),
        ("arki-privacy", vec!["arki-proto", "arki-ids", "arki-database", "arki-events"]),
        ("arki-process", vec!["arki-rpc"]),
        (
            "arki-gateway",
            vec![
                "arki-proto",
                "arki-ids",
                "arki-webhooks",
                "arki-words",
                "arki-rpc",
                "arki-scim",
                "arki-process",
            ],
        ),
    ]);
    for name in SERVICES {
        allowed.insert(name, service.clone());
    }
    allowed.insert("arki-directory", directory);
    allowed
}

pub(super) fn broken() -> Result<Vec<String>> {
    let text =
        run::output(Command::new("cargo").args(["metadata", "--format-version=1", "--no-deps", "--locked"]))?;
    let metadata: Metadata = serde_json::from_str(&text).context("reading cargo metadata")?;
    Ok(judged(&metadata, &allowed()))
}

fn judged(metadata: &Metadata, allowed: &BTreeMap<&str, Vec<&str>>) -> Vec<String> {
    let mut broken = Vec::new();
    for package in &metadata.packages {
        let Some(may) = allowed.get(package.name.as_str()) else { continue };
        for dependency in package.dependencies.iter().filter(|d| d.kind.is_none()) {
            let ours = dependency.name.starts_with("arki-");
            if ours && !may.contains(&dependency.name.as_str()) {
                broken.push(format!("arrow: {} must not depend on {}", package.name, dependency.name));
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_depends_on_another_breaks_the_rule() {
        let text = r#"{"packages": [{"name": "arki-goal", "dependencies": [
            {"name": "arki-survey", "kind": null}, {"name": "arki-ids", "kind": null},
            {"name": "arki-survey", "kind": "dev"}]}]}"#;
        let metadata: Metadata = serde_json::from_str(text).unwrap();
        assert_eq!(judged(&metadata, &allowed()), ["arrow: arki-goal must not depend on arki-survey"]);
    }
}
