//! The manifests for Kubernetes: well formed for the versions that they are for, and true to the processes that they
//! start. No cluster is asked: what a scheduler or an admission controller makes of them is not seen here.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};
use arki_integration_tests::{processes::built, tools};
use serde_json::Value;

/// The schemas of Kubernetes, and YAML.
const PYTHON: &[&str] = &["kubernetes-validate==1.37.0"];

/// The oldest version that has what the manifests use (a preStop sleep), and the newest whose schemas there are.
const VERSIONS: [&str; 2] = ["1.30", "1.37"];

const PROGRAMS: [&str; 6] = ["directory", "survey", "scorecard", "goal", "communication", "gateway"];

#[test]
fn the_manifests_are_well_formed() {
    let mut render = Command::new("kubectl");
    render.arg("kustomize").arg(tools::here("../k8s/base"));
    if Command::new("kubectl").arg("version").arg("--client").stdout(Stdio::null()).status().is_err() {
        eprintln!(
            "skipped: kubectl is not on the PATH, so that the manifests are neither rendered nor validated"
        );
        return;
    }
    let rendered = tools::succeed(&mut render).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rendered.yaml");
    std::fs::write(&file, rendered).unwrap();
    let python = tools::python("kubernetes", PYTHON).unwrap();
    for version in VERSIONS {
        let mut validate = Command::new(python.parent().unwrap().join("kubernetes-validate"));
        let said = tools::succeed(validate.args(["--strict", "-k", version]).arg(&file)).unwrap();
        // A kind without a schema is a warning and not an error.
        let good = said.lines().filter(|line| line.contains(" passed for ")).count();
        assert!(good > 30 && good == said.lines().count(), "{version}: {said}");
    }
}

#[test]
fn the_processes_take_what_their_manifests_give_them() {
    check().unwrap();
}

fn check() -> Result<()> {
    let documents = documents()?;
    let of = |kind: &str, name: &str| {
        let found = documents
            .iter()
            .find(|document| document["kind"] == kind && document["metadata"]["name"] == name);
        found.with_context(|| format!("there is no {kind} {name}"))
    };
    for name in PROGRAMS {
        let deployment = of("Deployment", name)?;
        let pod = &deployment["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        let settings = settings(name, container).context(name)?;

        let ports = ports(container);
        let public = if name == "gateway" { "public" } else { "grpc" };
        let process = &settings["process"];
        assert_eq!(port_of(&process["listen"]), ports.get(public).copied(), "{name} listens there");
        assert_eq!(port_of(&process["admin_listen"]), ports.get("admin").copied(), "{name} is probed there");
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            assert_eq!(container[probe]["httpGet"]["port"], "admin", "{name} {probe}");
        }

        // Who calls a peer calls its service, at a port that the service has and its pods listen on.
        let peers = process["peers"].as_table().context("no peers")?;
        for (peer, at) in peers {
            let uri = at["uri"].as_str().context("a peer without an address")?;
            let (host, port) = uri.trim_start_matches("http://").rsplit_once(':').context("no port")?;
            let service = of("Service", host)?;
            assert_eq!(service["spec"]["selector"]["app.kubernetes.io/name"], **peer, "{name} calls {peer}");
            let served = &service["spec"]["ports"][0];
            assert_eq!(served["port"].to_string(), port, "{name} calls {peer}");
            assert_eq!(served["targetPort"], "grpc");
            // The addresses are the same file for all; these are the calls that are made.
            if name != peer && (name == "gateway" || peer == "directory") {
                assert!(allows(of("NetworkPolicy", peer)?, name), "{name} may not call {peer}");
            }
        }

        // A pod that is told to stop has time to be forgotten by its callers, and to finish what it has begun.
        let seconds = |value: &toml::Value| value.as_integer().unwrap_or(i64::MAX);
        let stop = &process["shutdown"];
        let needed = seconds(&stop["unready_seconds"]) + seconds(&stop["deadline_seconds"]);
        let before = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_i64().unwrap_or(0);
        let given = pod["terminationGracePeriodSeconds"].as_i64().context("no grace period")?;
        assert!(
            given >= needed.saturating_add(before),
            "{name}: {given} s are given, {needed} + {before} s needed"
        );

        // Every file of a setting is below a mount.
        let mounts: Vec<_> = container["volumeMounts"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|mount| &mount["mountPath"])
            .collect();
        let assertion = process["assertion_secret_files"].as_array().into_iter().flatten();
        let own = settings[name].as_table().into_iter().flatten();
        let files = assertion.chain(own.filter(|(key, _)| key.ends_with("_file")).map(|(_, file)| file));
        for file in files {
            let file = file.as_str().unwrap_or_default();
            let is_mounted =
                mounts.iter().filter_map(|mount| mount.as_str()).any(|mount| file.starts_with(mount));
            assert!(is_mounted, "{name} has no {file}");
        }

        if name == "directory" {
            // Without it an installation has no tenant, and nobody a key.
            assert!(settings[name].get("admin_key_file").is_some(), "{settings:?}");
        }
        if name != "gateway" {
            let job = of("Job", &format!("{name}-migration"))?;
            let migration = &job["spec"]["template"]["spec"]["containers"][0];
            let migrates = self::settings(name, migration).context("migration")?;
            assert_eq!(migrates[name]["database"], settings[name]["database"], "both mean one database");
        }
    }
    Ok(())
}

/// What the program of a container makes of the container's arguments, environment and configuration file.
fn settings(name: &str, container: &Value) -> Result<toml::Table> {
    let mut program = Command::new(built(&format!("arki-{name}"))?);
    program.env_clear().stdin(Stdio::null());
    for argument in container["args"].as_array().context("no arguments")? {
        program.arg(argument.as_str().context("an argument that is no text")?);
    }
    for variable in container["env"].as_array().context("no environment")? {
        let key = variable["name"].as_str().context("a variable without a name")?;
        let value = match variable["value"].as_str() {
            Some("/etc/arki/arki.toml") => tools::here("../k8s/base/arki.toml").display().to_string(),
            Some(value) => value.to_owned(),
            // From a secret, and the only secret that comes this way is the address of a database.
            None => "postgres://arki:secret@postgres:5432/arki".to_owned(),
        };
        program.env(key, value);
    }
    let printed = tools::succeed(program.arg("--print-config"))?;
    assert!(!printed.contains("secret@"), "{printed}");
    toml::from_str(&printed).with_context(|| format!("{printed} is no TOML"))
}

/// All documents of the base, as they are before they are rendered.
fn documents() -> Result<Vec<Value>> {
    let python = tools::python("kubernetes", PYTHON)?;
    let script = "import json, sys, yaml\n\
                  print(json.dumps([d for f in sys.argv[1:] for d in yaml.safe_load_all(open(f)) if d]))";
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(tools::here("../k8s/base"))? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "yaml") {
            files.push(file);
        }
    }
    let json = tools::succeed(Command::new(python).args(["-c", script]).args(files))?;
    Ok(serde_json::from_str(&json)?)
}

fn ports(container: &Value) -> BTreeMap<&str, i64> {
    let ports = container["ports"].as_array().into_iter().flatten();
    ports.filter_map(|port| Some((port["name"].as_str()?, port["containerPort"].as_i64()?))).collect()
}

fn port_of(listen: &toml::Value) -> Option<i64> {
    listen.as_str()?.rsplit_once(':')?.1.parse().ok()
}

/// Whether a policy lets the pods of `caller` in.
fn allows(policy: &Value, caller: &str) -> bool {
    policy["spec"]["ingress"].as_array().into_iter().flatten().any(|rule| {
        let from = rule["from"].as_array().into_iter().flatten();
        let mut names = from.map(|peer| &peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]);
        names.any(|name| name == caller)
    })
}
