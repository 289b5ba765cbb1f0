//! Clients in other languages, from PyPI and npm, installed under `target/` at fixed versions when a test needs them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::{Context as _, Result, bail};

/// Where the tools live between runs.
fn workshop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/clients")
}

/// A folder of the workspace.
pub fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A Python environment with these packages; tests that run at the same time wait for one another.
///
/// # Errors
/// When PyPI does not give them.
pub fn python(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = workshop().join(name);
    let _lock = lock(name)?;
    let program = folder.join("bin/python");
    let mark = folder.join("installed");
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(program);
    }
    succeed(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    succeed(Command::new(&program).args(install).args(packages))?;
    std::fs::write(mark, wanted)?;
    Ok(program)
}

/// A folder with these npm packages installed.
///
/// # Errors
/// When npm does not give them.
pub fn node(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = workshop().join(name);
    let _lock = lock(name)?;
    let mark = folder.join("installed");
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("package.json"), "{\"private\": true, \"type\": \"module\"}")?;
    let install = ["install", "--silent", "--no-audit", "--no-fund"];
    succeed(
        Command::new("npm")
            .args(install)
            .args(packages)
            .current_dir(&folder)
            .env("PUPPETEER_SKIP_DOWNLOAD", "1")
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
    )?;
    std::fs::write(mark, wanted)?;
    Ok(folder)
}

/// Runs a command that must succeed, and returns what it printed.
///
/// # Errors
/// With all that it printed when it fails.
pub fn succeed(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } =
        command.output().with_context(|| format!("starting {}", command.get_program().display()))?;
    let said = String::from_utf8_lossy(&stdout).into_owned();
    if !status.success() {
        bail!(
            "{} ended with {status}:\n{said}\n{}",
            command.get_program().display(),
            String::from_utf8_lossy(&stderr)
        );
    }
    Ok(said)
}

fn lock(name: &str) -> Result<std::fs::File> {
    std::fs::create_dir_all(workshop())?;
    let file = std::fs::File::create(workshop().join(format!("{name}.lock")))?;
    file.lock()?;
    Ok(file)
}
