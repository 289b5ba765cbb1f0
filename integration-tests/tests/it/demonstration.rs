//! The demonstration's numbers, computed again from the raw answers by formulas written here a second time.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use arki_integration_tests::{processes::built, tools};
use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use serde_json::Value;

const Z: f64 = 1.959_963_984_540_054;

#[tokio::test]
async fn the_numbers_follow_from_the_raw_answers() {
    check().await.unwrap();
}

async fn check() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let json = folder.path().join("summary.json");
    let output = Command::new(built("arki")?)
        .args(["demo", "--exit", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .arg("--json")
        .arg(&json)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        bail!("the demonstration failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("synthetic"), "the summary is not labelled: {said}");
    let summary: Value = serde_json::from_slice(&std::fs::read(&json)?)?;
    assert_eq!(summary["organisation"]["employees"], 600);
    assert_eq!(summary["organisation"]["customers"], 5000);

    let raw = Raw::read(&data).await?;
    let mut compared = 0;
    for reading in summary["readings"].as_array().context("no readings")? {
        compared += usize::from(raw.agrees(reading)?);
    }
    assert!(compared >= 60, "only {compared} readings could be compared");
    for gap in summary["gaps"].as_array().context("no gaps")? {
        raw.agrees_on_feelings(gap)?;
    }
    // One mail for each active employee, and not one more.
    let mails = std::fs::read_dir(data.join("outbox"))?.count();
    assert_eq!(summary["message"]["recipients"], mails);
    let coverage = &summary["coverage"];
    let states = ["unseen", "seen", "understood", "committed", "objected"];
    let sum: i64 = states.iter().filter_map(|state| coverage[state].as_i64()).sum();
    assert_eq!(Some(sum), coverage["employees"].as_i64());
    assert_eq!(coverage["holes"].as_array().map(Vec::len), Some(2), "{coverage}");
    Ok(())
}

/// The raw answers, by wave and code of the unit, and the tree of the HR file.
struct Raw {
    answers: Vec<(String, String, Value)>,
    parents: BTreeMap<String, String>,
}

impl Raw {
    async fn read(data: &Path) -> Result<Self> {
        let mut parents = BTreeMap::new();
        let mut hr = csv::Reader::from_path(tools::here("../suite/demo/hr.csv"))?;
        for record in hr.records() {
            let record = record?;
            parents.insert(record[4].to_owned(), record[6].to_owned());
        }
        let query = async |service: &str, sql: &str| {
            let url = format!("sqlite://{}?mode=ro", data.join(format!("{service}.db")).display());
            let database = Database::connect(url).await?;
            database.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await
        };
        let mut codes = BTreeMap::new();
        for row in query("directory", "SELECT id, external_id FROM unit").await? {
            codes.insert(row.try_get::<String>("", "id")?, row.try_get::<String>("", "external_id")?);
        }
        let mut answers = Vec::new();
        for row in query("survey", "SELECT wave_id, unit, answers FROM response").await? {
            let unit: Option<String> = row.try_get("", "unit")?;
            let unit = unit.unwrap_or_default().trim_start_matches("units/").to_owned();
            let given: String = row.try_get("", "answers")?;
            let code = codes.get(&unit).cloned().unwrap_or_default();
            answers.push((row.try_get("", "wave_id")?, code, serde_json::from_str(&given)?));
        }
        Ok(Self { answers, parents })
    }

    /// The answers of a wave to a question in a unit and all below it.
    fn of(&self, wave: &str, unit: &str, question: &str) -> Vec<&Value> {
        let wave = wave.trim_start_matches("waves/");
        let within = |code: &str| {
            let mut at = code;
            loop {
                if at == unit {
                    return true;
                }
                match self.parents.get(at) {
                    Some(parent) if !parent.is_empty() => at = parent,
                    _ => return unit.is_empty(),
                }
            }
        };
        self.answers
            .iter()
            .filter(|(of, code, _)| of == wave && within(code))
            .filter_map(|(_, _, answers)| answers.get(question))
            .collect()
    }

    /// Whether the reading was compared; fails when it disagrees.
    fn agrees(&self, reading: &Value) -> Result<bool> {
        let question = reading["question"].as_str().context("no question")?;
        let unit = reading["unit"].as_str().context("no unit")?;
        let wave = reading["wave"].as_str().context("no wave")?;
        let numbers: Vec<i64> =
            self.of(wave, unit, question).iter().filter_map(|answer| answer["n"].as_i64()).collect();
        let of_staff = ["workplace", "role_clear"].contains(&question);
        let Some(figure) = reading["figure"].as_object() else {
            assert_eq!(reading["shown"], false);
            return Ok(false);
        };
        if of_staff {
            assert!(numbers.len() >= 5, "{unit} is shown with {} answers", numbers.len());
            // Below twenty the figures are rounded on purpose; that they are is the scorecard's own test.
            if numbers.len() < 20 {
                return Ok(false);
            }
        }
        assert_eq!(figure["n"].as_u64(), Some(numbers.len() as u64), "{unit} {question}");
        let (value, low, high) = match question {
            "recommend" | "workplace" => nps(&numbers),
            "satisfied" | "role_clear" => wilson(&numbers, 4),
            _ => wilson(&numbers, 5),
        };
        for (name, expected) in [("value", value), ("low", low), ("high", high)] {
            let told = figure[name].as_f64().context("no number")?;
            // An employee unit whose answers are all alike is told as a band.
            if of_staff && (value <= 10.0 || value >= 90.0) && question == "role_clear" {
                continue;
            }
            assert!(
                (told - expected).abs() < 1e-6,
                "{unit} {question} {name}: {told}, computed again {expected}"
            );
        }
        Ok(true)
    }

    fn agrees_on_feelings(&self, gap: &Value) -> Result<()> {
        let wave = gap["wave"].as_str().context("no wave")?;
        let answers = self.of(wave, "", "feelings");
        assert_eq!(gap["n"].as_u64(), Some(answers.len() as u64));
        for term in gap["terms"].as_array().context("no terms")? {
            let key = term["term"].as_str().context("no term")?;
            let chosen = answers
                .iter()
                .filter(|answer| {
                    answer["f"]["c"].as_array().is_some_and(|all| all.iter().any(|f| f["k"] == key))
                })
                .count();
            let expected = 100.0 * chosen as f64 / answers.len() as f64;
            let told = term["percent"].as_f64().context("no share")?;
            assert!((told - expected).abs() < 1e-6, "{key}: {told}, computed again {expected}");
        }
        Ok(())
    }
}

/// NPS with the adjusted Wald interval: three answers more, three quarters of one at either end.
fn nps(numbers: &[i64]) -> (f64, f64, f64) {
    let n = numbers.len() as f64;
    let promoters = numbers.iter().filter(|&&number| number >= 9).count() as f64;
    let detractors = numbers.iter().filter(|&&number| number <= 6).count() as f64;
    let (p, d) = ((promoters + 0.75) / (n + 3.0), (detractors + 0.75) / (n + 3.0));
    let half = Z * ((p + d - (p - d).powi(2)) / (n + 3.0)).sqrt();
    let within = |value: f64| 100.0 * value.clamp(-1.0, 1.0);
    (within((promoters - detractors) / n), within(p - d - half), within(p - d + half))
}

/// The share of answers from `least` up, in percent, with the Wilson interval.
fn wilson(numbers: &[i64], least: i64) -> (f64, f64, f64) {
    let n = numbers.len() as f64;
    let x = numbers.iter().filter(|&&number| number >= least).count() as f64;
    let centre = (x + Z * Z / 2.0) / (n + Z * Z);
    let half = Z / (n + Z * Z) * (x * (n - x) / n + Z * Z / 4.0).sqrt();
    (100.0 * x / n, 100.0 * (centre - half), 100.0 * (centre + half))
}
