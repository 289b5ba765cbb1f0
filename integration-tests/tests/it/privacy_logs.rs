//! What the processes say of their work, to their logs and to a collector: nothing of any person.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use arki_integration_tests::{Suite, Wiring, suite::Wishes};
use serde_json::json;

use crate::{
    privacy::{MARK, completed, doors, erase, holds, staff},
    tracing_sink::Sink,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_and_spans_of_arki_alone_hold_nobody() {
    Box::pin(silent(Wiring::Alone)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_and_spans_of_six_processes_hold_nobody() {
    Box::pin(silent(Wiring::Six)).await.unwrap();
}

/// The mark goes in by every door, is asked for, refused, exported and erased, and is in no log and no span; nor are the
/// secrets that were used on the way.
async fn silent(wiring: Wiring) -> Result<()> {
    let sink = Sink::start().await?;
    let wishes = Wishes { collector: Some(sink.uri.clone()), ..Wishes::default() };
    let Some(suite) = Suite::start_with(wiring, wishes).await? else { return Ok(()) };
    let api = suite.api();
    let (aino, _) = staff(&api).await?;
    let token = doors(&suite, &api, &aino).await?;
    for path in [
        format!("/v1/people?email={MARK}@example.com"),
        format!("/v1/people?externalId=E-{MARK}"),
        format!("/v1/people:lookUp?source=crm&externalId=C-{MARK}"),
        format!("/scim/v2/Users?filter=userName+eq+%22{MARK}@example.com%22"),
        format!("/scim/v2/Users?filter=nothing+eq+%22{MARK}%22"),
        format!("/v1/{aino}:export"),
        format!("/v1/nothing/{MARK}"),
    ] {
        api.get(&path).await?;
    }
    // Refused for its form, for its rules, and for what is there already.
    for person in [
        json!({"displayName": MARK, "kind": MARK}),
        json!({"displayName": MARK, "kind": "PERSON_KIND_EMPLOYEE", "email": format!("{MARK}@@example.com")}),
        json!({"displayName": MARK, "kind": "PERSON_KIND_EMPLOYEE", "source": "hr", "externalId": format!("E-{MARK}")}),
    ] {
        let reply = api.post("/v1/people", &person).await?;
        ensure!(!reply.status.is_success(), "{}", reply.body);
    }
    let erasure = erase(&api, &aino).await?;
    completed(&api, &erasure).await?;
    // The spans of the last call: when they have come, those before have too.
    api.post("/v1/roles", &json!({"displayName": "Last"})).await?.ok()?;
    tokio::time::timeout(Duration::from_secs(30), async {
        while !holds(&sink.everything(), "directory.createrole") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await?;

    let mut said = vec![("spans and metrics".to_owned(), sink.everything())];
    logs(suite.folder.path(), &mut said)?;
    ensure!(said.len() > 1 && said.iter().all(|(_, bytes)| !bytes.is_empty()), "nothing was said at all");
    for secret in [MARK, &token.to_ascii_lowercase(), &suite.key.to_ascii_lowercase()] {
        for (place, bytes) in &said {
            ensure!(!holds(bytes, secret), "{place} holds {secret}: {}", around(bytes, secret));
        }
    }
    Ok(())
}

fn logs(folder: &Path, said: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") && !path.ends_with("nats-server.log")
        {
            said.push((path.display().to_string(), std::fs::read(&path)?));
        }
    }
    Ok(())
}

/// What stands around the first place of a text.
fn around(bytes: &[u8], text: &str) -> String {
    let text = text.as_bytes();
    let place = bytes.to_ascii_lowercase().windows(text.len()).position(|window| window == text).unwrap_or(0);
    String::from_utf8_lossy(&bytes[place.saturating_sub(200)..(place + 200).min(bytes.len())]).into_owned()
}
