//! A client of a CRM that loses the answers.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::Result;
use arki_integration_tests::processes::built;
use arki_integration_tests::{Suite, Wiring};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::wirings::in_both_wirings;

in_both_wirings!(a_batch_that_was_cut_off_is_sent_again_and_doubles_nothing);

/// Sends a request and goes away before the answer.
async fn cut_off(suite: &Suite, path: &str, body: &str, bytes: Option<usize>) -> Result<()> {
    let host = suite.uri.trim_start_matches("http://");
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        suite.key,
        body.len()
    );
    let mut stream = TcpStream::connect(host).await?;
    let bytes = bytes.unwrap_or(request.len()).min(request.len());
    stream.write_all(&request.as_bytes()[..bytes]).await?;
    stream.flush().await?;
    Ok(())
}

async fn a_batch_that_was_cut_off_is_sent_again_and_doubles_nothing(suite: Suite) -> Result<()> {
    let api = suite.api();
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let batch = |number: usize| {
        let people: Vec<_> = (0..50)
            .map(|place| {
                // One of each batch is wrong, until somebody looks at it.
                let email = if place == 7 { "nowhere" } else { "aino@example.com" };
                json!({"externalId": format!("{number}-{place}"), "displayName": "Aino Esimerkki", "email": email})
            })
            .collect();
        json!({"source": "crm", "people": people, "requestId": format!("batch-{number}")})
    };
    let created = |answer: &Value| {
        let results = answer["results"].as_array().into_iter().flatten();
        results.filter(|result| result["state"] == "UPSERT_STATE_CREATED").count()
    };
    for number in 0..6 {
        let body = batch(number).to_string();
        let cut = (number % 2 == 1).then(|| usize::try_from(seed).unwrap_or(usize::MAX) % (body.len() + 300));
        for _ in 0..2 {
            cut_off(&suite, "/v1/people:batchUpsert", &body, cut).await?;
        }
        // With the request's id the answer is the first one, whether or not the first was heard.
        let first = api.post("/v1/people:batchUpsert", &batch(number)).await?.ok()?;
        assert_eq!(created(&first), 49, "seed {seed}, batch {number}: {first}");
        assert_eq!(api.post("/v1/people:batchUpsert", &batch(number)).await?.ok()?, first);
        // And without one, everything is as it was.
        let mut without = batch(number);
        without["requestId"] = json!("");
        let again = api.post("/v1/people:batchUpsert", &without).await?.ok()?;
        let states: Vec<_> =
            again["results"].as_array().into_iter().flatten().map(|result| &result["state"]).collect();
        assert_eq!(states.iter().filter(|state| **state == "UPSERT_STATE_UNCHANGED").count(), 49, "{again}");
        assert_eq!(again["results"][7]["error"]["field"], "email");
        // Only what failed is sent again.
        let corrected =
            json!({"externalId": format!("{number}-7"), "displayName": "Aino", "email": "aino@example.com"});
        let alone = json!({"source": "crm", "people": [corrected]});
        assert_eq!(created(&api.post("/v1/people:batchUpsert", &alone).await?.ok()?), 1);
    }
    let people = api.get("/v1/people?pageSize=1000").await?.ok()?;
    assert_eq!(people["people"].as_array().map(Vec::len), Some(300), "seed {seed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_is_loaded_part_by_part_and_goes_on_where_it_stopped() {
    let suite = Suite::start(Wiring::Alone).await.unwrap().unwrap();
    Box::pin(large_file(suite)).await.unwrap();
}

async fn large_file(suite: Suite) -> Result<()> {
    let file = suite.folder.path().join("customers.csv");
    let mapping = suite.folder.path().join("mapping.toml");
    std::fs::write(&mapping, "[columns]\nid = \"person_id\"\nname = \"name\"\nmail = \"email\"\n")?;
    let mut text = "id,name,mail\n".to_owned();
    for number in 0..2_500 {
        // One row, in the last part, is wrong.
        let mail = if number == 2_200 { "nowhere".to_owned() } else { format!("p{number}@example.com") };
        writeln!(text, "{number},\"Aino\nEsimerkki\",{mail}")?;
    }
    std::fs::write(&file, &text)?;
    let load = |more: &[&str]| -> Result<std::process::Output> {
        let mut command = Command::new(built("arki")?);
        command.args(["import", "crm"]).arg(&file).arg("--mapping").arg(&mapping);
        Ok(command.args(["--server", &suite.uri, "--key", &suite.key]).args(more).output()?)
    };
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let tried = load(&["--dry-run"])?;
    // Each row takes two lines here.
    assert!(said(&tried).contains("line 4402, mail"), "{}", said(&tried));
    let count = async || -> Result<usize> {
        let mut count = 0;
        let mut token = String::new();
        loop {
            let page = suite.api().get(&format!("/v1/people?pageSize=1000&pageToken={token}")).await?.ok()?;
            count += page["people"].as_array().map_or(0, Vec::len);
            match page["nextPageToken"].as_str() {
                Some(next) if !next.is_empty() => next.clone_into(&mut token),
                _ => return Ok(count),
            }
        }
    };
    assert_eq!(count().await?, 0, "a dry run writes nothing");
    let stopped = load(&[])?;
    assert!(!stopped.status.success());
    assert_eq!(count().await?, 2_000, "what stands before the part with the error: {}", said(&stopped));
    std::fs::write(&file, text.replace("nowhere", "p2200@example.com"))?;
    let gone_on = load(&["--from-line", "4002"])?;
    assert!(said(&gone_on).contains("500 rows"), "{}", said(&gone_on));
    assert_eq!(count().await?, 2_500);
    let again = load(&[])?;
    assert!(said(&again).contains("people 0 new, 0 changed, 2500 as before"), "{}", said(&again));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_of_a_large_file_counts_each_account_once_as_the_load_does() {
    let suite = Suite::start(Wiring::Alone).await.unwrap().unwrap();
    let file = suite.folder.path().join("customers.csv");
    let mapping = suite.folder.path().join("mapping.toml");
    std::fs::write(
        &mapping,
        "[columns]\nid = \"person_id\"\nname = \"name\"\nfirm = \"account_id\"\nfirm_name = \"account_name\"\n",
    )
    .unwrap();
    let mut text = "id,name,firm,firm_name\n".to_owned();
    for number in 0..2_500 {
        // Every account has customers in every part.
        let firm = number % 10;
        writeln!(text, "{number},Aino Esimerkki,A{firm},Keksitty {firm} Oy").unwrap();
    }
    std::fs::write(&file, &text).unwrap();
    let load = |more: &[&str]| {
        let mut command = Command::new(built("arki").unwrap());
        command.args(["import", "crm"]).arg(&file).arg("--mapping").arg(&mapping);
        command.args(["--server", &suite.uri, "--key", &suite.key]).args(more);
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    for said in [load(&["--dry-run"]), load(&[])] {
        assert!(said.contains("accounts 10 new, 0 changed"), "{said}");
        assert!(said.contains("people 2500 new, 0 changed, 0 as before"), "{said}");
    }
    let again = load(&["--dry-run"]);
    assert!(again.contains("accounts 0 new, 0 changed") && again.contains("people 0 new"), "{again}");
}
