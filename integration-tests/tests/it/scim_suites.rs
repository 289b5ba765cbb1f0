//! Conformance suites that others wrote: `scim2 test` (scim2-tester) and `scim-sanity probe --strict`.
//!
//! `ARKI_SCIM_USERS=50000` loads so many users first, by bulk requests.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, Wiring, tools};
use serde_json::{Value, json};

use crate::scim_provider::{Provider, USER};

const PACKAGES: &[&str] = &[
    "scim2-cli==0.6.0",
    "scim2-tester==0.5.2",
    "scim2-client==0.13.2",
    "scim2-models==0.12.3",
    "scim-sanity==0.7.4",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conformance_suites_find_nothing_to_say() {
    let suite = Suite::start(Wiring::Alone).await.unwrap().unwrap();
    let provider = Provider::new(&suite).await.unwrap();
    if let Some(users) = std::env::var("ARKI_SCIM_USERS").ok().and_then(|users| users.parse().ok()) {
        load(&provider, users).await.unwrap();
    }
    let base = format!("{}/scim/v2", suite.uri);
    let began = Instant::now();
    let said = scim2(&base, &provider.token).unwrap();
    assert!(said.contains("SUCCESS") && !said.contains("ERROR"), "{said}");
    let said = scim_sanity(&base, &provider.token).unwrap();
    assert!(said.contains("All tests passed"), "{said}");
    eprintln!("both suites took {:?}", began.elapsed());
    // The gate must be able to close: the same server behind a line that garbles one name.
    let garbled = garbling(&suite.uri).unwrap();
    assert!(scim2(&format!("{garbled}/scim/v2"), &provider.token).is_err());
    assert!(scim_sanity(&format!("{garbled}/scim/v2"), &provider.token).is_err());
}

fn scim2(base: &str, token: &str) -> Result<String> {
    let program = tools::python("scim", PACKAGES)?.parent().context("a folder")?.join("scim2");
    let mut command = Command::new(program);
    command.args(["--url", base, "test"]).env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {token}"));
    tools::succeed(&mut command)
}

fn scim_sanity(base: &str, token: &str) -> Result<String> {
    let program = tools::python("scim", PACKAGES)?.parent().context("a folder")?.join("scim-sanity");
    let mut command = Command::new(program);
    tools::succeed(command.args(["probe", base, "--token", token, "--i-accept-side-effects", "--strict"]))
}

async fn load(provider: &Provider, users: usize) -> Result<()> {
    let began = Instant::now();
    let numbers: Vec<usize> = (0..users).collect();
    for chunk in numbers.chunks(1_000) {
        let operations: Vec<Value> = chunk.iter().map(|number| user(*number)).collect();
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
        let done = provider.post("/Bulk", &bulk).await?.ok()?;
        let made = done["Operations"].as_array().context("operations")?;
        assert!(made.iter().all(|one| one["status"] == "201"), "{}", made[0]);
    }
    eprintln!("{users} users were loaded in {:?}", began.elapsed());
    for path in [
        "/Users?count=100".to_owned(),
        format!("/Users?count=100&startIndex={}", users / 2),
        format!("/Users?filter=userName+eq+%22user{}@example.com%22", users / 2),
        format!("/Users?filter=externalId+eq+%22x{}%22", users / 2),
        "/Users?filter=title+eq+%22Nobody%22".to_owned(),
        "/Users?sortBy=name.familyName&count=100".to_owned(),
    ] {
        let began = Instant::now();
        let total = provider.get(&path).await?.ok()?["totalResults"].clone();
        eprintln!("{path}: {total} in {:?}", began.elapsed());
    }
    Ok(())
}

fn user(number: usize) -> Value {
    let name = format!("user{number}@example.com");
    json!({"method": "POST", "path": "/Users", "bulkId": number.to_string(), "data": {
        "schemas": [USER],
        "userName": name,
        "externalId": format!("x{number}"),
        "name": {"givenName": "Esimerkki", "familyName": format!("Henkilö {number}")},
        "emails": [{"value": name, "type": "work", "primary": true}],
        "active": true,
        "title": "Clerk",
    }})
}

/// A line to the server that changes `userName` in whatever is answered. Returns its address; it ends with the test.
fn garbling(uri: &str) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let server = uri.trim_start_matches("http://").to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(upstream) = TcpStream::connect(&server) else { return };
            let (Ok(from), Ok(to)) = (client.try_clone(), upstream.try_clone()) else { return };
            std::thread::spawn(move || pass(from, to, |_| {}));
            std::thread::spawn(move || {
                pass(upstream, client, |bytes| {
                    let wrong = String::from_utf8_lossy(bytes).replace("\"userName\":", "\"userNane\":");
                    if wrong.len() == bytes.len() {
                        *bytes = wrong.into_bytes();
                    }
                });
            });
        }
    });
    Ok(address)
}

fn pass(mut from: TcpStream, mut to: TcpStream, change: impl Fn(&mut Vec<u8>)) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(count) = from.read(&mut buffer)
        && count > 0
    {
        let mut bytes = buffer[..count].to_vec();
        change(&mut bytes);
        if to.write_all(&bytes).is_err() {
            return;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
