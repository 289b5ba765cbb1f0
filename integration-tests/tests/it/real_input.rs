//! Answers of real people, with known results: an employee wave over 99 groups and a 0-10 question.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, tools};
use arki_suite::{import, progress::Progress};
use serde_json::{Value, json};

use crate::wirings::in_both_wirings;

in_both_wirings!(groups_of_employees_give_the_known_share, a_scale_of_eleven_gives_the_known_score);

const ITEMS: [&str; 11] =
    ["AF06", "AF07", "AP12", "AP17", "AP33", "AP34", "AS14", "AS15", "AS16", "AS17", "AS28"];

/// The file, where it can be had.
fn data(name: &str) -> Option<PathBuf> {
    let path = tools::here("../../shared/data").join(name);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// A published questionnaire with a wave that is open; returns both names.
async fn open_wave(suite: &Suite, audience: &str, questions: Value) -> Result<(String, String)> {
    let api = suite.api();
    let questionnaire = api
        .post(
            "/v1/questionnaires",
            &json!({
                "displayName": "Real input", "languages": ["en"], "questions": questions,
                "title": {"byLanguage": {"en": "Real input"}}, "purpose": {"byLanguage": {"en": "To compare with known results"}}
            }),
        )
        .await?
        .ok()?;
    let questionnaire = questionnaire["name"].as_str().context("no name")?.to_owned();
    let version = api.post(&format!("/v1/{questionnaire}:publish"), &json!({})).await?.ok()?;
    let wave = json!({
        "displayName": "Real input", "questionnaireVersion": version["name"], "audience": audience,
        "anonymity": "ANONYMITY_CONFIDENTIAL", "sender": {"byLanguage": {"en": "The tests"}}
    });
    let wave = api.post("/v1/waves", &wave).await?.ok()?;
    let wave = wave["name"].as_str().context("no name")?.to_owned();
    api.post(&format!("/v1/{wave}:open"), &json!({})).await?.ok()?;
    Ok((questionnaire, wave))
}

/// The reading of the whole organisation, once the answers have arrived.
async fn reading_of(suite: &Suite, question: &str, kind: &str, wave: &str, root: &str) -> Result<Value> {
    let api = suite.api();
    let owner = api
        .post("/v1/people", &json!({"kind": "PERSON_KIND_EMPLOYEE", "displayName": "Olli Omistaja"}))
        .await?
        .ok()?;
    let metric = json!({
        "displayName": "Known", "kind": kind, "role": "METRIC_ROLE_CONSEQUENCE", "question": question, "owner": owner["name"],
        "reviewDay": {"year": 2099, "month": 1, "day": 1}
    });
    let metric = api.post("/v1/metrics", &metric).await?.ok()?;
    let path = format!("/v1/{}/readings?wave={wave}&pageSize=1000", metric["name"].as_str().unwrap());
    let reply = api.get_until(&path, Duration::from_secs(60), |reply| reply.status.is_success()).await?;
    let readings = reply.body["readings"].as_array().context("no readings")?.clone();
    readings.into_iter().find(|reading| reading["unit"] == root).context("no reading of the root")
}

fn close(value: &Value, expected: f64, tolerance: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < tolerance, "{value} is not {expected}");
}

async fn import_twice(suite: &Suite, file: &std::path::Path, mapping: &str, rows: usize) -> Result<()> {
    let server = suite.server().await?;
    let start = Instant::now();
    let first = import::responses(&server, file, mapping, &Progress::start()).await?;
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{:?}: {rows} responses imported, {:.0} a second", suite.wiring(), rows as f64 / seconds);
    assert_eq!(
        (first.stored, first.before, first.refused.len()),
        (rows, 0, 0),
        "{:?}",
        first.refused.first()
    );
    let second = import::responses(&server, file, mapping, &Progress::start()).await?;
    assert_eq!((second.stored, second.before), (0, rows));
    Ok(())
}

async fn groups_of_employees_give_the_known_share(suite: Suite) -> Result<()> {
    let Some(file) = data("bhr2000.csv") else { return Ok(()) };
    let api = suite.api();
    let mut hr = "unit,name,parent,person,who\nroot,The whole,,,\n".to_owned();
    let mut reader = csv::Reader::from_path(&file)?;
    for (row, record) in reader.records().enumerate() {
        let group = record?[0].to_owned();
        hr.push_str(&format!("{group},Group {group},root,P{row},Person {row}\n"));
    }
    let columns = json!({
        "unit": "unit_id", "name": "unit_name", "parent": "parent_unit_id", "person": "person_id", "who": "name"
    });
    let report = api
        .post("/v1/hrFiles:import", &json!({"content": hr, "mapping": {"columns": columns}}))
        .await?
        .ok()?;
    assert_eq!(report["errorCount"], "0", "{report}");
    let units = api.get("/v1/units?pageSize=1000").await?.ok()?;
    let root = units["units"].as_array().unwrap().iter().find(|unit| unit["externalId"] == "root").unwrap();

    let questions: Vec<_> = ITEMS
        .iter()
        .map(|item| {
            let key = item.to_lowercase();
            json!({"key": key, "kind": "QUESTION_KIND_AGREEMENT", "text": {"byLanguage": {"en": item}}})
        })
        .collect();
    let (questionnaire, wave) = open_wave(&suite, "WAVE_AUDIENCE_EMPLOYEES", json!(questions)).await?;
    let mut mapping = format!("wave = {wave:?}\nunit = \"GRP\"\n[answers]\n");
    for item in ITEMS {
        mapping.push_str(&format!("{item} = {{ question = {:?} }}\n", item.to_lowercase()));
    }
    import_twice(&suite, &file, &mapping, 5400).await?;

    let question = format!("{questionnaire}/questions/af06");
    api.post(&format!("/v1/{wave}:close"), &json!({})).await?.ok()?;
    let reading =
        reading_of(&suite, &question, "METRIC_KIND_FAVOURABLE", &wave, root["name"].as_str().unwrap())
            .await?;
    let figure = &reading["figure"];
    assert_eq!(figure["n"], "5400");
    close(&figure["value"], 100.0 * 2206.0 / 5400.0, 1e-9);
    close(&figure["low"], 39.548, 5e-4);
    close(&figure["high"], 42.169, 5e-4);
    Ok(())
}

async fn a_scale_of_eleven_gives_the_known_score(suite: Suite) -> Result<()> {
    let Some(file) = data("stackoverflow.csv") else { return Ok(()) };
    let api = suite.api();
    let unit = api.post("/v1/units", &json!({"displayName": "Everyone", "externalId": "all"})).await?.ok()?;
    api.post("/v1/people", &json!({"kind": "PERSON_KIND_CUSTOMER", "displayName": "Kaisa Kehittäjä"}))
        .await?
        .ok()?;
    let question = json!([{"key": "recommend", "kind": "QUESTION_KIND_NPS", "text": {"byLanguage": {"en": "Would you recommend it?"}}}]);
    let (questionnaire, wave) = open_wave(&suite, "WAVE_AUDIENCE_CUSTOMERS", question).await?;
    // The file has no unit column: a copy with one gives every row the same unit.
    let mut reader = csv::Reader::from_path(&file)?;
    let at =
        reader.headers()?.iter().position(|name| name == "CareerSatisfaction").context("no such column")?;
    let mut copy = "unit,score\n".to_owned();
    for record in reader.records() {
        copy.push_str(&format!("all,{}\n", &record?[at]));
    }
    let path = suite.folder.path().join("scores.csv");
    std::fs::write(&path, copy)?;
    let mapping =
        format!("wave = {wave:?}\nunit = \"unit\"\n[answers]\nscore = {{ question = \"recommend\" }}\n");
    import_twice(&suite, &path, &mapping, 5594).await?;
    api.post(&format!("/v1/{wave}:close"), &json!({})).await?.ok()?;
    let question = format!("{questionnaire}/questions/recommend");
    let reading =
        reading_of(&suite, &question, "METRIC_KIND_NPS", &wave, unit["name"].as_str().unwrap()).await?;
    let figure = &reading["figure"];
    assert_eq!(figure["n"], "5594");
    close(&figure["value"], 7.883, 5e-4);
    close(&figure["low"], 6.078, 5e-4);
    close(&figure["high"], 9.680, 5e-4);
    let histogram = figure["histogram"].as_array().unwrap();
    let counted = |low: i64, high: i64| -> i64 {
        let within =
            histogram.iter().filter(|bar| (low..=high).contains(&bar["value"].as_i64().unwrap_or(0)));
        within.map(|bar| bar["count"].as_str().unwrap().parse::<i64>().unwrap()).sum()
    };
    assert_eq!((counted(0, 6), counted(9, 10)), (1119, 1560));
    Ok(())
}
