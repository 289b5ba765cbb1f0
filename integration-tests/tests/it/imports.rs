//! HR files as large as organisations have them, through the public port.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use arki_integration_tests::{Suite, api::Api};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::imports_files::{System, export, key, shuffled};
use crate::wirings::in_both_wirings;

in_both_wirings!(
    exports_of_every_system_are_loaded_at_size,
    a_large_file_is_loaded_in_little_memory,
    half_a_file_is_stopped_and_a_broken_one_told_by_line_and_column,
);

/// Rows of each export. A debug build takes some seconds for so many.
const ROWS: usize = 5_000;
/// How long an import may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);
/// What an import of 100,000 rows may add to the memory of the process that does it, in KiB: 200 bytes for each person, the
/// parts that are on their way, and what the pools and caches of a process grow to anyway.
const GROWTH: u64 = 256 * 1024;

/// Makes an import. After a large one the disk of a laptop is busy for a moment, in which callers are asked to come again.
pub(crate) async fn create(api: &Api, profile: &str, apply: bool) -> Result<String> {
    let import = json!({"profile": profile, "mode": "HR_FILE_MODE_FULL", "applyWhenPlanned": apply});
    let began = std::time::Instant::now();
    loop {
        let reply = api.post("/v1/imports", &import).await?;
        if reply.status != StatusCode::SERVICE_UNAVAILABLE || began.elapsed() > PATIENCE {
            return Ok(reply.ok()?["name"].as_str().context("no name")?.to_owned());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Uploads a file in pieces, as lines of JSON, several calls after each other.
pub(crate) async fn upload(api: &Api, import: &str, content: &str) -> Result<()> {
    let (mut at, mut line) = (0, String::new());
    loop {
        let mut end = (at + 512 * 1024).min(content.len());
        while !content.is_char_boundary(end) {
            end += 1;
        }
        let is_last = end == content.len();
        let piece = json!({"offset": at.to_string(), "content": &content[at..end], "isLast": is_last});
        line.push_str(&piece.to_string());
        line.push('\n');
        at = end;
        if is_last || line.len() > 4 << 20 {
            let request = api
                .request(reqwest::Method::POST, &format!("/v1/{import}:upload"))
                .header("content-type", "application/x-ndjson")
                .body(std::mem::take(&mut line));
            arki_integration_tests::api::reply(request).await?.ok()?;
        }
        if is_last {
            return Ok(());
        }
    }
}

/// The import once it goes no further by itself.
pub(crate) async fn settled(api: &Api, import: &str) -> Result<Value> {
    let path = format!("/v1/{import}");
    let moves =
        |state: &Value| matches!(state.as_str(), Some("IMPORT_STATE_PLANNING" | "IMPORT_STATE_APPLYING"));
    let reply =
        api.get_until(&path, PATIENCE, |reply| reply.status.is_success() && !moves(&reply.body["state"]));
    reply.await?.ok()
}

/// Loads a file and expects it to be applied.
pub(crate) async fn load(api: &Api, profile: &str, content: &str) -> Result<Value> {
    let import = create(api, profile, true).await?;
    upload(api, &import, content).await?;
    let import = settled(api, &import).await?;
    if import["state"] != "IMPORT_STATE_APPLIED" {
        let errors = api.get(&format!("/v1/{}/errors", import["name"].as_str().unwrap_or_default())).await?;
        bail!("{import}: {}", errors.body);
    }
    Ok(import)
}

/// How many of a kind were new, changed and as before.
pub(crate) fn counts(import: &Value, kind: &str) -> (u64, u64, u64) {
    let counts = import["report"]["counts"].as_array().cloned().unwrap_or_default();
    let found = counts.into_iter().find(|count| count["kind"] == kind).unwrap_or_default();
    let number = |field: &str| found[field].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
    (number("created"), number("updated"), number("unchanged"))
}

async fn exports_of_every_system_are_loaded_at_size(suite: Suite) -> Result<()> {
    let api = suite.api();
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    for system in System::ALL {
        let content = export(system, seed, ROWS);
        let rows = ROWS as u64;
        let import = load(&api, system.profile(), &content).await.with_context(|| format!("{system:?}"))?;
        // What Workday's CSV tells, its JSON tells once more.
        let expected = if system == System::WorkdayJson { (0, 0, rows) } else { (rows, 0, 0) };
        assert_eq!(counts(&import, "people"), expected, "{system:?}: {import}");
        if system == System::WorkdayJson {
            continue;
        }
        let again = load(&api, system.profile(), &shuffled(&content, seed)).await;
        // SuccessFactors repeats its heading in the second line, which a shuffled file has elsewhere.
        if system != System::SuccessFactors {
            let again = again?;
            assert_eq!((counts(&again, "people"), &again["totalChanges"]), ((0, 0, rows), &json!("0")));
        }
    }
    let one = api.get(&format!("/v1/people?externalId={}", key(17))).await?.ok()?;
    assert_eq!(one["people"].as_array().map(Vec::len), Some(3), "one of each source: {one}");
    Ok(())
}

async fn a_large_file_is_loaded_in_little_memory(mut suite: Suite) -> Result<()> {
    let api = suite.api();
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    // A debug build takes a minute for so many, and longer where the rest of six processes hears of them too.
    let (program, rows) =
        if suite.process("arki").is_some() { ("arki", 100_000) } else { ("arki-directory", 20_000) };
    let content = export(System::Workday, seed, rows);
    let process = suite.process(program).context("no such process")?.id();
    // Whatever a process grows to when it does this at all.
    load(&api, "workday", &export(System::Workday, seed, 500)).await?;
    let before = memory(process, "VmRSS")?;
    let import = load(&api, "workday", &content).await?;
    assert_eq!(
        counts(&import, "people").0 + counts(&import, "people").1 + counts(&import, "people").2,
        rows as u64
    );
    let most = memory(process, "VmHWM")?;
    eprintln!("{} KiB for a file of {} KiB", most.saturating_sub(before), content.len() / 1024);
    ensure!(most < before + GROWTH, "it grew from {before} to {most} KiB");
    let again = load(&api, "workday", &content).await?;
    assert_eq!((counts(&again, "people"), &again["totalChanges"]), ((0, 0, rows as u64), &json!("0")));
    Ok(())
}

/// A line of what the system knows of the memory of a process, in KiB.
fn memory(process: u32, field: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with(field)).context("no such field")?;
    Ok(line.split_whitespace().nth(1).context("no number")?.parse()?)
}

async fn half_a_file_is_stopped_and_a_broken_one_told_by_line_and_column(suite: Suite) -> Result<()> {
    let api = suite.api();
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let content = export(System::Workday, seed, 2_000);
    load(&api, "workday", &content).await?;
    let half: String = content.lines().take(1_001).map(|line| format!("{line}\n")).collect();
    let import = create(&api, "workday", true).await?;
    upload(&api, &import, &half).await?;
    let braked = settled(&api, &import).await?;
    assert_eq!(braked["state"], "IMPORT_STATE_BRAKED", "{braked}");
    assert_eq!(braked["report"]["leavers"], "1000");
    let left = api.get(&format!("/v1/{import}/changes?action=leave&pageSize=1000")).await?.ok()?;
    assert_eq!(left["changes"].as_array().map(Vec::len), Some(1000));
    let plan = braked["report"]["plan"].clone();
    api.post(&format!("/v1/{import}:confirm"), &json!({"plan": plan})).await?.ok()?;
    let applied = settled(&api, &import).await?;
    assert_eq!(applied["state"], "IMPORT_STATE_APPLIED", "{applied}");

    let mut lines: Vec<String> = content.lines().map(str::to_owned).collect();
    lines[500] = lines[500].replace("@example.com", "");
    lines[900].push_str(",too,many");
    let import = create(&api, "workday", true).await?;
    upload(&api, &import, &lines.join("\n")).await?;
    let failed = settled(&api, &import).await?;
    assert_eq!(
        (&failed["state"], &failed["problem"]),
        (&json!("IMPORT_STATE_FAILED"), &json!("IMPORT_FILE_ERRORS"))
    );
    let errors = api.get(&format!("/v1/{import}/errors")).await?.ok()?;
    let errors = errors["errors"].as_array().context("no errors")?;
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert_eq!((&errors[0]["line"], &errors[0]["column"]), (&json!("501"), &json!("Email - Primary Work")));
    assert_eq!(errors[1]["line"], "901");
    Ok(())
}
