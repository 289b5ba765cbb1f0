//! A client of a CRM that loses the answers.

use anyhow::Result;
use arki_integration_tests::Suite;
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
