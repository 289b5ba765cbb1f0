//! The audit log, from outside: what is read, refused and changed is in it, and stays in it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, api, api::Api};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::wirings::in_both_wirings;

in_both_wirings!(
    what_is_read_refused_and_changed_is_in_the_log,
    strangers_are_counted_and_cannot_fill_the_log,
    no_answer_with_personal_data_is_without_its_entry,
);

const PATIENCE: Duration = Duration::from_secs(30);

async fn person(api: &Api, name: &str) -> Result<String> {
    let person = json!({"kind": "PERSON_KIND_EMPLOYEE", "displayName": name, "email": "aino@example.com"});
    let person = api.post("/v1/people", &person).await?.ok()?;
    Ok(person["name"].as_str().context("no name")?.to_owned())
}

async fn entries(api: &Api, filter: &str) -> Result<Vec<Value>> {
    let reply = api.get(&format!("/v1/auditEntries?pageSize=1000&{filter}")).await?.ok()?;
    Ok(reply["entries"].as_array().cloned().unwrap_or_default())
}

async fn what_is_read_refused_and_changed_is_in_the_log(suite: Suite) -> Result<()> {
    let api = suite.api();
    let person = person(&api, "Aino Esimerkki").await?;
    let key = json!({"displayName": "reader", "scopes": ["directory.read"]});
    let key = api.post("/v1/apiKeys", &key).await?.ok()?;
    let reader = api.with_key(key["secret"].as_str().context("no secret")?);
    let subject = key["apiKey"]["name"].as_str().context("no name")?.to_owned();

    let read = reader.get(&format!("/v1/{person}")).await?;
    assert_eq!(read.status, 200, "{}", read.body);
    let request = reader.request(Method::PATCH, &format!("/v1/{person}")).header("x-request-id", "order-17");
    assert_eq!(api::reply(request.json(&json!({"displayName": "B"}))).await?.status, 403);
    let nobody = "people/per_00000000000000000000000009";
    assert_eq!(reader.get(&format!("/v1/{nobody}")).await?.status, 404);
    reader.get("/v1/units").await?.ok()?;

    let found = entries(&api, &format!("subject={subject}")).await?;
    let shown: Vec<_> = found
        .iter()
        .map(|entry| (&entry["action"], &entry["outcome"], &entry["resources"], &entry["reason"]))
        .collect();
    assert_eq!(
        json!(shown),
        json!([
            ["directory.GetPerson", "AUDIT_OUTCOME_NOT_FOUND", [nobody], "PERSON_NOT_FOUND"],
            ["directory.UpdatePerson", "AUDIT_OUTCOME_DENIED", [person], "SCOPE_MISSING"],
            ["directory.GetPerson", "AUDIT_OUTCOME_ALLOWED", [person], ""],
        ]),
        "newest first, and nothing of a read that is not about people"
    );
    assert_eq!(found[1]["requestId"], "order-17");
    assert_eq!(found[2]["requestId"], read.headers["x-request-id"].to_str()?);
    let change = entries(&api, &format!("resource={subject}&action=directory.CreateApiKey")).await?;
    assert_eq!(change.len(), 1, "{change:?}");
    assert!(!json!(found).to_string().contains("Aino") && !json!(found).to_string().contains("example.com"));

    let verdict = api.get("/v1/auditLog:verify").await?.ok()?;
    assert_eq!(verdict["isWhole"], true, "{verdict}");
    let export = api.request(Method::GET, "/v1/auditLog:export").send().await?.text().await?;
    let mut previous = vec![0_u8; 32];
    for line in export.lines() {
        let line: Value = serde_json::from_str(line)?;
        previous.extend_from_slice(line["content"].as_str().context("no content")?.as_bytes());
        previous = Sha256::digest(&previous).to_vec();
        let hex: String = previous.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(line["hash"], hex, "{line}");
    }
    assert!(export.lines().count() >= 4);
    Ok(())
}

async fn strangers_are_counted_and_cannot_fill_the_log(suite: Suite) -> Result<()> {
    let api = suite.api();
    let stranger = api.with_key("arki_nobodys");
    for _ in 0..60 {
        assert_eq!(stranger.get("/v1/units").await?.status, 401);
    }
    let count = |reply: &api::Reply| -> u64 {
        let entries = reply.body["entries"].as_array().cloned().unwrap_or_default();
        entries.iter().filter_map(|entry| entry["count"].as_str()?.parse::<u64>().ok()).sum()
    };
    let path = "/v1/auditEntries?installation=true&subject=anonymous";
    let told = api.get_until(path, PATIENCE, |reply| count(reply) >= 60).await?;
    let entries = told.body["entries"].as_array().map_or(0, Vec::len);
    assert!(entries < 60, "an entry a call: {entries}");
    let mine = api.get("/v1/auditEntries?subject=anonymous").await?.ok()?;
    assert_eq!(mine["entries"].as_array().map_or(0, Vec::len), 0, "they are of no tenant");
    Ok(())
}

async fn no_answer_with_personal_data_is_without_its_entry(mut suite: Suite) -> Result<()> {
    let api = suite.api();
    let person = person(&api, "Aino Esimerkki").await?;
    let mut read = Vec::new();
    for _ in 0..20 {
        let reply = api.get(&format!("/v1/{person}")).await?;
        assert_eq!(reply.status, 200);
        read.push(reply.headers["x-request-id"].to_str()?.to_owned());
    }
    // Killed, not stopped: what was answered must be on the disk already.
    suite.kill_directory().await?;
    let found = entries(&suite.api(), &format!("resource={person}&action=directory.GetPerson")).await?;
    let known: Vec<_> = found.iter().filter_map(|entry| entry["requestId"].as_str()).collect();
    assert!(read.iter().all(|id| known.contains(&id.as_str())), "{read:?} {known:?}");
    assert_eq!(suite.api().get("/v1/auditLog:verify").await?.ok()?["isWhole"], true);
    Ok(())
}
