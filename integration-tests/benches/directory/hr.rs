//! A whole HR file through the public port, from CSV to people on disk, on PostgreSQL, beside an upsert of the same rows in
//! the same database; the same file once more, and with one row in a hundred changed.
//!
//! `PEOPLE` is how many there are, 500,000 unless it says otherwise.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use arki_integration_tests::{Suite, Wiring, api, api::Api};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::{Value, json};

use crate::memory;

/// Employees of the full file, unless `PEOPLE` says how many.
const PEOPLE: usize = 500_000;
/// How much is uploaded in a call, in bytes.
const CALL: usize = 8 << 20;

pub(crate) async fn measure() -> Result<()> {
    let people = match std::env::var("PEOPLE") {
        Ok(people) => people.parse().context("PEOPLE is no number")?,
        Err(_) => PEOPLE,
    };
    let Some(small) = run(people / 10).await? else { return Ok(()) };
    let Some(large) = run(people).await? else { return Ok(()) };
    println!(
        "HR file, {} to {people} people: full sync {:.1} times as long",
        people / 10,
        large.as_secs_f64() / small.as_secs_f64()
    );
    Ok(())
}

/// Measures a file of so many people on an Arki of its own.
async fn run(people: usize) -> Result<Option<Duration>> {
    let Some(mut suite) = Suite::start(Wiring::Six).await? else { return Ok(None) };
    let api = suite.api();
    let database = Database::connect(suite.database_url()?).await?;
    let content = file(people, |_| false);
    let raw = upsert(&database, &content).await?;
    let process = suite.process("arki-directory").context("no such process")?.id();
    let before = memory(process, "VmRSS")?;
    let full = timed(&api, &content, people).await?;
    let most = memory(process, "VmHWM")?;
    let changes = written(&database).await?;
    let same = timed(&api, &content, 0).await?;
    let untouched = written(&database).await? - changes;
    let changed = timed(&api, &file(people, |number| number % 100 == 0), people.div_ceil(100)).await?;
    let touched = written(&database).await? - changes - untouched;
    println!(
        "HR file, {people:>7} people: full sync {full:.1?}, raw upsert {raw:.1?}, ratio {:.2}; it took {} MiB",
        raw.as_secs_f64() / full.as_secs_f64(),
        most.saturating_sub(before) / 1024
    );
    println!("  unchanged {same:.1?}, {untouched} rows of people written");
    println!("  1 % changed {changed:.1?}, {touched} rows of people written");
    Ok(Some(full))
}

/// A file of so many people. Whoever `is_changed` has another address.
fn file(people: usize, is_changed: impl Fn(usize) -> bool) -> String {
    let mut text =
        "Employee ID,Worker,Email,Supervisory Organization,Business Title,Manager ID,Location,Country\n"
            .to_owned();
    for number in 0..people {
        let manager = if number == 0 { String::new() } else { format!("E{:07}", number / 8) };
        let host = if is_changed(number) { "example.org" } else { "example.com" };
        let _ = writeln!(
            text,
            "E{number:07},Person {number},e{number}@{host},Team {},Driver {},{manager},Place {},FI",
            number % 2_000,
            number % 40,
            number % 50
        );
    }
    text
}

/// Loads a file and expects so many people to change.
async fn timed(api: &Api, content: &str, changes: usize) -> Result<Duration> {
    let began = Instant::now();
    let import = json!({"profile": "workday", "mode": "HR_FILE_MODE_FULL", "applyWhenPlanned": true});
    let made = api.post("/v1/imports", &import).await?.ok()?;
    let name = made["name"].as_str().context("no name")?.to_owned();
    let mut at = 0;
    while at < content.len() {
        let mut lines = String::new();
        while at < content.len() && lines.len() < CALL {
            let end = (at + 512 * 1024).min(content.len());
            let piece = json!({
                "offset": at.to_string(),
                "content": &content[at..end],
                "isLast": end == content.len(),
            });
            let _ = writeln!(lines, "{piece}");
            at = end;
        }
        let request = api
            .request(reqwest::Method::POST, &format!("/v1/{name}:upload"))
            .header("content-type", "application/x-ndjson")
            .body(lines);
        api::reply(request).await?.ok()?;
    }
    let moves =
        |state: &Value| matches!(state.as_str(), Some("IMPORT_STATE_PLANNING" | "IMPORT_STATE_APPLYING"));
    let path = format!("/v1/{name}");
    let ended = api.get_until(&path, Duration::from_secs(3_600), |reply| {
        reply.status.is_success() && !moves(&reply.body["state"])
    });
    let ended = ended.await?.ok()?;
    let took = began.elapsed();
    ensure!(ended["state"] == "IMPORT_STATE_APPLIED", "{ended}");
    let counts = ended["report"]["counts"].as_array().cloned().unwrap_or_default();
    let people = counts.iter().find(|count| count["kind"] == "people").context("no count of people")?;
    let number = |field: &str| people[field].as_str().and_then(|text| text.parse().ok()).unwrap_or(0_usize);
    ensure!(number("created") + number("updated") == changes, "{people}, and {changes} should change");
    Ok(took)
}

/// The same rows into a table of the same shape with the same indexes, in one statement: what the database itself needs.
async fn upsert(database: &DatabaseConnection, content: &str) -> Result<Duration> {
    let sql = "CREATE TABLE raw_person (LIKE directory.person INCLUDING ALL)";
    database.execute_unprepared(sql).await?;
    let mut rows = String::from("[");
    for (number, line) in content.lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        if number > 0 {
            rows.push(',');
        }
        let row =
            json!([cells[0], cells[1], cells[2], cells[5], {"location": cells[6], "country": cells[7]}]);
        rows.push_str(&row.to_string());
    }
    rows.push(']');
    database.execute_unprepared("CREATE TABLE raw_file (body jsonb)").await?;
    let backend = database.get_database_backend();
    let statement = Statement::from_sql_and_values(
        backend,
        "INSERT INTO raw_file SELECT jsonb_array_elements(CAST($1 AS jsonb))",
        [rows.into()],
    );
    database.execute_raw(statement).await?;
    let began = Instant::now();
    let sql = "INSERT INTO raw_person (tenant_id, id, kind, display_name, email, email_key, name_key, employment, \
               external_id, source, attributes, revision, create_time, update_time) \
               SELECT 'tenant', body ->> 0, 'employee', body ->> 1, body ->> 2, body ->> 2, lower(body ->> 1), 'active', \
               body ->> 0, 'workday', body -> 4, 1, now(), now() FROM raw_file \
               ON CONFLICT (tenant_id, id) DO UPDATE SET display_name = excluded.display_name";
    database.execute_unprepared(sql).await?;
    let took = began.elapsed();
    database.execute_unprepared("DROP TABLE raw_file, raw_person").await?;
    Ok(took)
}

/// Rows of people that were inserted, changed or removed so far, over their tables.
async fn written(database: &DatabaseConnection) -> Result<i64> {
    let sql = "SELECT CAST(COALESCE(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) AS bigint) AS rows \
               FROM pg_stat_user_tables WHERE schemaname = 'directory' AND relname IN \
               ('person', 'membership', 'employment', 'person_identity', 'person_attribute')";
    // The statistics of a transaction come a little after it.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await?.context("no statistics")?;
    Ok(row.try_get("", "rows")?)
}
