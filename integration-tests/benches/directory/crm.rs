//! Customers of a CRM in batches through the public port, on PostgreSQL with six processes, beside an upsert of the same rows
//! in the same database; million by million, with the memory that the processes have at each.
//!
//! `ARKI_BENCH_CRM_CONTACTS` is how many there are, 1,000,000 unless it says otherwise; the full figure is of 10,000,000.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use arki_integration_tests::{Suite, Wiring};
use arki_proto::directory::v1::crm_service_client::CrmServiceClient;
use arki_proto::directory::v1::{BatchUpsertPeopleRequest, CrmPerson, UpsertState};
use arki_suite::progress::Progress;
use arki_suite::remote::Api;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use tokio::task::JoinSet;
use tonic::Code;

/// Contacts, unless the environment says how many.
const CONTACTS: usize = 1_000_000;
/// Contacts that are measured at once.
const PART: usize = 1_000_000;
/// Contacts of a call: the most that the contract allows.
const BATCH: usize = 1_000;
/// Contacts of a statement of the database alone.
const STATEMENT: usize = 100_000;
/// Connections to the gateway, each of which waits for its answer.
const CONNECTIONS: usize = 8;
/// How often a call is tried that is refused because there is too much to do, and the pause before the next time.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);
const SOURCE: &str = "benchmark";
/// Whose memory is looked at.
const PROGRAMS: [&str; 2] = ["arki-gateway", "arki-directory"];

/// One part, by seconds for a million contacts.
struct Measured {
    ours: f64,
    raw: f64,
    /// Resident, in MiB, in the order of the programs.
    memory: Vec<u64>,
}

pub(crate) async fn measure() -> Result<()> {
    let contacts = match std::env::var("ARKI_BENCH_CRM_CONTACTS") {
        Ok(contacts) => contacts.parse().context("ARKI_BENCH_CRM_CONTACTS is no number")?,
        Err(_) => CONTACTS,
    };
    ensure!(contacts > 0, "ARKI_BENCH_CRM_CONTACTS is nobody");
    let Some(mut suite) = Suite::start(Wiring::Six).await? else { return Ok(()) };
    let mut processes = Vec::new();
    for program in PROGRAMS {
        processes.push(suite.process(program).context("no such process")?.id());
    }
    let database = Database::connect(suite.database_url()?).await?;
    database.execute_unprepared("CREATE TABLE raw_person (LIKE directory.person INCLUDING ALL)").await?;
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(suite.server().await?.crm());
    }
    let (progress, mut parts, mut tried_again) = (Progress::start(), Vec::new(), 0);
    let resting = memory(&processes)?;
    for first in (0..contacts).step_by(PART) {
        let numbers = first..(first + PART).min(contacts);
        let millions = numbers.len() as f64 / 1_000_000.0;
        let (ours, again) = load(&clients, numbers.clone(), contacts, &progress).await?;
        let memory = memory(&processes)?;
        let raw = upsert(&database, numbers.clone()).await?;
        tried_again += again;
        let (ours, raw) = (ours.as_secs_f64() / millions, raw.as_secs_f64() / millions);
        println!(
            "CRM contacts, {:>10} to {:>10}: {:>7.0} a second, {ours:.1} s for a million; raw upsert {raw:.1} s, ratio \
             {:.2}; gateway {} MiB, directory {} MiB",
            numbers.start,
            numbers.end,
            1_000_000.0 / ours,
            raw / ours,
            memory[0],
            memory[1]
        );
        parts.push(Measured { ours, raw, memory });
    }
    summary(&parts, contacts, &resting);
    println!("  {tried_again} calls were refused for a moment and sent again");
    compare(&database, contacts).await
}

fn summary(parts: &[Measured], contacts: usize, resting: &[u64]) {
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return };
    let mean = |of: fn(&Measured) -> f64| parts.iter().map(of).sum::<f64>() / parts.len() as f64;
    let (ours, raw) = (mean(|part| part.ours), mean(|part| part.raw));
    println!(
        "CRM contacts, {contacts} in all: {:.0} a second, {:.1} s; raw upsert / arki {:.2}; last million / first {:.2}, \
         raw {:.2}",
        1_000_000.0 / ours,
        ours * contacts as f64 / 1_000_000.0,
        raw / ours,
        last.ours / first.ours,
        last.raw / first.raw
    );
    for (place, program) in PROGRAMS.iter().enumerate() {
        println!(
            "  {program}: {} MiB before, {} MiB after the first million, {} MiB after the last",
            resting[place], first.memory[place], last.memory[place]
        );
    }
}

/// Sends contacts over all connections, and tells how long that took and how many calls had to be sent again.
async fn load(
    clients: &[CrmServiceClient<Api>],
    numbers: Range<usize>,
    all: usize,
    progress: &Progress,
) -> Result<(Duration, usize)> {
    let next = Arc::new(AtomicUsize::new(numbers.start));
    let end = numbers.end;
    let began = Instant::now();
    let mut workers = JoinSet::new();
    for client in clients {
        let (mut client, next) = (client.clone(), Arc::clone(&next));
        workers.spawn(async move {
            let mut tried_again = 0;
            loop {
                let first = next.fetch_add(BATCH, Ordering::Relaxed);
                if first >= end {
                    return anyhow::Ok(tried_again);
                }
                tried_again += send(&mut client, first..(first + BATCH).min(end)).await?;
            }
        });
    }
    let mut tried_again = 0;
    loop {
        match tokio::time::timeout(Duration::from_millis(200), workers.join_next()).await {
            Ok(Some(worker)) => tried_again += worker??,
            Ok(None) => return Ok((began.elapsed(), tried_again)),
            Err(_) => progress.step("contacts", next.load(Ordering::Relaxed).min(end), all),
        }
    }
}

/// Sends one batch and looks at each result. Tells how often it had to be sent again.
async fn send(client: &mut CrmServiceClient<Api>, numbers: Range<usize>) -> Result<usize> {
    let people: Vec<_> = numbers.clone().map(contact).collect();
    let request = BatchUpsertPeopleRequest { source: SOURCE.to_owned(), people, request_id: String::new() };
    for tried in 0..TRIES {
        let results = match client.batch_upsert_people(request.clone()).await {
            Ok(reply) => reply.into_inner().results,
            Err(status) if matches!(status.code(), Code::ResourceExhausted | Code::Unavailable) => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Err(status) => return Err(status).with_context(|| format!("the batch from {}", numbers.start)),
        };
        ensure!(results.len() == numbers.len(), "{} results of {}", results.len(), numbers.len());
        for result in results {
            // What was written before its answer was lost is as it was.
            let is_there = result.state() == UpsertState::Created
                || (tried > 0 && result.state() == UpsertState::Unchanged);
            ensure!(is_there, "{result:?}");
        }
        return Ok(tried);
    }
    bail!("the batch from {} was refused {TRIES} times", numbers.start)
}

fn contact(number: usize) -> CrmPerson {
    CrmPerson {
        external_id: format!("C{number:08}"),
        display_name: Some(format!("Customer {number}")),
        email: Some(format!("c{number}@example.com")),
        language: Some("fi".to_owned()),
        source_time: Some(prost_types::Timestamp { seconds: 1_750_000_000, nanos: 0 }),
        ..Default::default()
    }
}

/// The same rows into a table of the same shape with the same indexes, a few statements for all of them: what the
/// database itself needs.
async fn upsert(database: &DatabaseConnection, numbers: Range<usize>) -> Result<Duration> {
    let began = Instant::now();
    for first in numbers.clone().step_by(STATEMENT) {
        let last = (first + STATEMENT).min(numbers.end) - 1;
        let sql = format!(
            "INSERT INTO raw_person (tenant_id, id, kind, display_name, email, email_key, name_key, language, \
             external_id, source, attributes, revision, create_time, update_time) \
             SELECT 'tenant', 'per_' || lpad(n::text, 26, '0'), 'customer', 'Customer ' || n, \
             'c' || n || '@example.com', 'c' || n || '@example.com', 'customer ' || n, 'fi', \
             'C' || lpad(n::text, 8, '0'), '{SOURCE}', '{{}}', 1, now(), now() \
             FROM generate_series({first}, {last}) AS n \
             ON CONFLICT (tenant_id, id) DO UPDATE SET display_name = excluded.display_name"
        );
        database.execute_unprepared(&sql).await?;
    }
    Ok(began.elapsed())
}

/// Both sides must have the same rows with the same values, or the times say nothing.
async fn compare(database: &DatabaseConnection, contacts: usize) -> Result<()> {
    let sql = format!(
        "SELECT CAST(count(*) AS bigint) AS rows, \
         CAST(count(*) FILTER (WHERE (ours.display_name, ours.email, ours.language) \
         IS DISTINCT FROM (raw.display_name, raw.email, raw.language)) AS bigint) AS others \
         FROM (SELECT * FROM directory.person WHERE source = '{SOURCE}') AS ours \
         FULL JOIN raw_person AS raw ON raw.external_id = ours.external_id"
    );
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await?.context("no count")?;
    let (rows, others): (i64, i64) = (row.try_get("", "rows")?, row.try_get("", "others")?);
    ensure!(usize::try_from(rows)? == contacts && others == 0, "{rows} of {contacts}, {others} differ");
    println!("  every acknowledged contact is stored once, as the raw upsert has it");
    Ok(())
}

/// What each process has in memory, in MiB.
fn memory(processes: &[u32]) -> Result<Vec<u64>> {
    processes.iter().map(|process| Ok(crate::memory(*process, "VmRSS")? / 1_024)).collect()
}
