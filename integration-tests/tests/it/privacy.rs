//! Forgetting people and showing what is held of them, from outside: through every door in, out of every table again.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result, ensure};
use arki_integration_tests::{
    Suite, Wiring,
    api::{self, Api},
    receiver::Receiver,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::wirings::in_both_wirings;

in_both_wirings!(
    who_is_erased_leaves_no_trace_in_any_database_or_file,
    an_export_holds_what_came_in_by_every_door_and_is_for_administrators,
    a_power_cut_at_any_time_loses_no_erasure,
);

/// Text that is nowhere but in what a person is known by or said.
pub(crate) const MARK: &str = "zqxj7";

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const SERVICES: [&str; 5] = ["directory", "survey", "scorecard", "goal", "communication"];

pub(crate) async fn created(api: &Api, path: &str, body: Value) -> Result<Value> {
    api.post(path, &body).await?.ok().with_context(|| path.to_owned())
}

pub(crate) fn name(resource: &Value) -> Result<String> {
    Ok(resource["name"].as_str().with_context(|| format!("no name: {resource}"))?.to_owned())
}

/// Two employees from a file, of whom the first has the mark in every field.
pub(crate) async fn staff(api: &Api) -> Result<(String, String)> {
    let file = format!(
        "id,name,email,unit\nE-{MARK},Aino {MARK},{MARK}@example.com,U1\nE-2,Bo Exempel,bo@example.com,U1\n"
    );
    let columns = json!({"id": "person_id", "name": "name", "email": "email", "unit": "unit_id"});
    let file = json!({"content": file, "mapping": {"columns": columns}, "requestId": "hr-1"});
    let report = created(api, "/v1/hrFiles:import", file).await?;
    ensure!(report["errorCount"] == "0", "{report}");
    let mut found = Vec::new();
    for key in [format!("E-{MARK}"), "E-2".to_owned()] {
        let people = api.get(&format!("/v1/people?externalId={key}")).await?.ok()?;
        found.push(name(&people["people"][0])?);
    }
    Ok((found.remove(0), found.remove(0)))
}

/// The mark through every door: an identity provider, a survey, a commitment, a message. Answers with the token of the
/// survey's link.
pub(crate) async fn doors(suite: &Suite, api: &Api, person: &str) -> Result<String> {
    let mut answered = String::new();
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("{MARK}@example.com"), "externalId": format!("X-{MARK}"),
        "name": {"familyName": format!("Esimerkki {MARK}"), "givenName": "Aino"},
        "emails": [{"value": format!("{MARK}@example.com")}, {"value": format!("home-{MARK}@example.net")}],
        "phoneNumbers": [{"value": format!("+358 {MARK}")}]
    });
    let user = created(api, "/scim/v2/Users", user).await?;
    ensure!(Some(person.trim_start_matches("people/")) == user["id"].as_str(), "{user}");
    created(
        api,
        &format!("/v1/{person}:addExternalId"),
        json!({"externalId": {"source": "crm", "externalId": format!("C-{MARK}")}}),
    )
    .await?;

    let words = json!({"byLanguage": {"en": "How is it?"}});
    let questionnaire = json!({
        "displayName": "Pulse", "title": words, "purpose": words, "languages": ["en"],
        "questions": [
            {"key": "recommend", "kind": "QUESTION_KIND_NPS", "text": words, "required": true},
            {"key": "comment", "kind": "QUESTION_KIND_OPEN_TEXT", "text": words}
        ]
    });
    let questionnaire = name(&created(api, "/v1/questionnaires", questionnaire).await?)?;
    let version = created(api, &format!("/v1/{questionnaire}:publish"), json!({})).await?;
    for anonymity in ["ANONYMITY_CONFIDENTIAL", "ANONYMITY_ANONYMOUS"] {
        let wave = json!({
            "displayName": anonymity, "questionnaireVersion": version["name"],
            "audience": "WAVE_AUDIENCE_EMPLOYEES", "anonymity": anonymity, "sender": words
        });
        let wave = name(&created(api, "/v1/waves", wave).await?)?;
        created(api, &format!("/v1/{wave}:open"), json!({})).await?;
        if anonymity == "ANONYMITY_ANONYMOUS" {
            continue;
        }
        let asked = api.get(&format!("/v1/{wave}/invitations?person={person}")).await?.ok()?;
        let token = asked["invitations"][0]["token"].as_str().context("no token")?.to_owned();
        let answers = json!({"answers": [
            {"question": "recommend", "number": 3}, {"question": "comment", "text": format!("I, {MARK}, think so")}
        ]});
        created(&api.with_key(""), &format!("/v1/forms/{token}:submit"), answers).await?;
        answered = token;
    }

    let vision = json!({
        "statement": words, "customerMeaning": words, "staffMeaning": words, "sponsor": person
    });
    let vision = name(&created(api, "/v1/visions", vision).await?)?;
    created(api, &format!("/v1/{vision}:activate"), json!({})).await?;
    let goal = json!({"vision": vision, "title": words, "everydayText": words, "owner": person});
    let goal = name(&created(api, "/v1/goals", goal).await?)?;
    created(api, &format!("/v1/{goal}:activate"), json!({})).await?;
    let commitment = json!({
        "person": person, "state": "COMMITMENT_STATE_COMMITTED", "ownWords": format!("{MARK} does it"),
        "requestId": "commit-1"
    });
    created(api, &format!("/v1/{goal}:commit"), commitment).await?;

    let message = json!({"kind": "MESSAGE_KIND_FOCUS", "subject": words, "body": words});
    let message = created(api, "/v1/messages", message).await?;
    let campaign = json!({
        "displayName": "Now", "message": message["name"], "audience": {"kind": "employee"},
        "schedule": {"localStart": api::at_once()}
    });
    let campaign = name(&created(api, "/v1/campaigns", campaign).await?)?;
    created(api, &format!("/v1/{campaign}:activate"), json!({})).await?;
    let deadline = std::time::Instant::now() + PATIENCE;
    while !files_with(suite, MARK)? {
        ensure!(std::time::Instant::now() < deadline, "no letter to the person came");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(answered)
}

/// Whether a file of the outbox holds a text.
pub(crate) fn files_with(suite: &Suite, text: &str) -> Result<bool> {
    for entry in std::fs::read_dir(suite.outbox())? {
        // A draft may be gone by now.
        let bytes = std::fs::read(entry?.path()).unwrap_or_default();
        if holds(&bytes, text) {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.to_ascii_lowercase().windows(text.len()).any(|window| window == text.as_bytes())
}

pub(crate) async fn database(suite: &Suite, service: &str) -> Result<DatabaseConnection> {
    let options = match suite.wiring() {
        Wiring::Alone => {
            let file = suite.folder.path().join(format!("data/{service}.db"));
            ConnectOptions::new(format!("sqlite://{}", file.display()))
        }
        Wiring::Six => {
            let mut options = ConnectOptions::new(suite.database_url()?);
            options.set_schema_search_path(service);
            options
        }
    };
    Ok(Database::connect(options).await?)
}

/// The tables of all services in which a text is, as `service.table`.
async fn tables_with(suite: &Suite, text: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for service in SERVICES {
        let db = database(suite, service).await?;
        for (table, bytes) in arki_privacy::schema::dump(&db).await? {
            if holds(&bytes, text) {
                found.push(format!("{service}.{table}"));
            }
        }
        db.close().await?;
    }
    Ok(found)
}

pub(crate) async fn erase(api: &Api, person: &str) -> Result<String> {
    let request = api.request(reqwest::Method::POST, "/v1/erasures").header("idempotency-key", person);
    let reply = api::reply(request.json(&json!({"person": person}))).await?;
    name(&reply.ok().context("/v1/erasures")?)
}

/// The erasure once every service has confirmed.
pub(crate) async fn completed(api: &Api, erasure: &str) -> Result<Value> {
    let done = |reply: &arki_integration_tests::api::Reply| {
        matches!(reply.body["state"].as_str(), Some("ERASURE_STATE_COMPLETED" | "ERASURE_STATE_PARTLY"))
    };
    api.get_until(&format!("/v1/{erasure}"), PATIENCE, done).await?.ok()
}

async fn who_is_erased_leaves_no_trace_in_any_database_or_file(suite: Suite) -> Result<()> {
    let api = suite.api();
    let receiver = Receiver::listen().await?;
    created(&api, "/v1/webhookEndpoints", json!({"url": receiver.url, "eventTypes": ["*"]})).await?;
    let (aino, bo) = staff(&api).await?;
    doors(&suite, &api, &aino).await?;
    let before = tables_with(&suite, MARK).await?;
    for table in ["directory.person", "directory.scim_user", "survey.response", "goal.commitment"] {
        ensure!(before.iter().any(|found| found == table), "the mark is not in {table}: {before:?}");
    }

    let erasure = erase(&api, &aino).await?;
    let done = completed(&api, &erasure).await?;
    // The person was asked in an anonymous wave, whose answers are nobody's.
    assert_eq!(done["limits"], json!(["ERASURE_LIMIT_ANONYMOUS_RESPONSES"]), "{done}");
    assert_eq!(tables_with(&suite, MARK).await?, Vec::<String>::new());
    assert!(!files_with(&suite, MARK)?, "no letter is left");
    let id = aino.trim_start_matches("people/");
    let with_id = tables_with(&suite, id).await?;
    let may = |table: &String| {
        ["audit_entry", "erasure", "outbox", "webhook_event", "webhook_delivery"]
            .iter()
            .any(|kept| table.ends_with(&format!(".{kept}")))
    };
    assert!(with_id.iter().all(may), "the id leads to nobody and is kept only in the proof: {with_id:?}");
    if suite.wiring() == Wiring::Alone {
        for service in SERVICES {
            let db = database(&suite, service).await?;
            db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
            db.close().await?;
            for file in [format!("data/{service}.db"), format!("data/{service}.db-wal")] {
                let bytes = std::fs::read(suite.folder.path().join(&file)).unwrap_or_default();
                assert!(!holds(&bytes, MARK), "free pages of {file} are written over");
            }
        }
    }

    receiver
        .until("the receiver hears whom to forget", |heard| {
            heard.iter().any(|one| one.attribute("type") == "arki.directory.person.erased.v1")
        })
        .await?;
    the_report_is_proved(&api, &done).await?;
    assert_eq!(api.get(&format!("/v1/{aino}")).await?.reason(), "PERSON_NOT_FOUND");
    assert_eq!(api.get(&format!("/v1/{aino}:export")).await?.reason(), "PERSON_NOT_FOUND");
    assert_eq!(api.get(&format!("/v1/{bo}")).await?.status, 200);

    let back =
        json!({"displayName": "A", "kind": "PERSON_KIND_CUSTOMER", "email": format!("{MARK}@example.com")});
    let refused = api.post("/v1/people", &back).await?;
    assert_eq!((refused.reason(), &refused.body["metadata"]["name"]), ("PERSON_ERASED", &json!(erasure)));
    created(&api, &format!("/v1/{erasure}:lift"), json!({})).await?;
    created(&api, "/v1/people", back).await?;
    Ok(())
}

/// The hash of the report, computed from what the API says alone, is in the chain of the audit log.
async fn the_report_is_proved(api: &Api, done: &Value) -> Result<()> {
    let micros = |time: &Value| -> String {
        let text = time.as_str().unwrap_or_default().trim_end_matches('Z');
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}.{part:0<6}Z")
    };
    let empty = Vec::new();
    let confirmations: BTreeMap<&str, Value> = done["confirmations"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .map(|one| {
            let counts = one["counts"].as_array().unwrap_or(&empty).iter();
            let counts: BTreeMap<&str, i64> = counts
                .map(|count| {
                    let rows = count["rows"].as_str().and_then(|rows| rows.parse().ok()).unwrap_or_default();
                    (count["kind"].as_str().unwrap_or_default(), rows)
                })
                .collect();
            let said = json!({"confirm_time": micros(&one["confirmTime"]), "counts": counts});
            (one["service"].as_str().unwrap_or_default(), said)
        })
        .collect();
    assert_eq!(confirmations.len(), SERVICES.len());
    let tenants = api.get("/v1/tenants").await?.ok()?;
    let report = json!({
        "confirmations": confirmations, "create_time": micros(&done["createTime"]), "erasure": done["name"],
        "limits": ["anonymous_responses"], "person": done["person"], "tenant": tenants["tenants"][0]["name"]
    });
    let hash: String = Sha256::digest(report.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(done["reportHash"], json!(hash), "{report}");
    let entries = api.get("/v1/auditEntries?action=directory.CompleteErasure").await?.ok()?;
    let resources = &entries["entries"][0]["resources"];
    assert!(
        resources.as_array().is_some_and(|all| all.contains(&json!(format!("sha256:{hash}")))),
        "{entries}"
    );
    let verified = api.get("/v1/auditLog:verify").await?.ok()?;
    assert_eq!(verified["isWhole"], true, "{verified}");
    Ok(())
}

async fn an_export_holds_what_came_in_by_every_door_and_is_for_administrators(suite: Suite) -> Result<()> {
    let api = suite.api();
    let (aino, bo) = staff(&api).await?;
    doors(&suite, &api, &aino).await?;
    let export = api.get(&format!("/v1/{aino}:export")).await?.ok()?;
    assert_eq!((&export["schema"], &export["person"]), (&json!("arki.person.v1"), &json!(aino)));
    let empty = Vec::new();
    let parts = export["parts"].as_array().unwrap_or(&empty);
    let services: Vec<_> = parts.iter().map(|part| part["service"].as_str().unwrap_or_default()).collect();
    assert_eq!(services, SERVICES);
    let mut held: Vec<Value> = Vec::new();
    for part in parts {
        for section in part["sections"].as_array().unwrap_or(&empty) {
            for row in section["rows"].as_array().unwrap_or(&empty) {
                held.push(json!([part["service"], section["kind"], row["values"]]));
            }
        }
    }
    let text = Value::from(held.clone()).to_string();
    let checksum: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(export["checksum"], json!(checksum));
    for (kind, value) in [
        ("person", MARK.to_owned()),
        ("person_identity", format!("C-{MARK}")),
        ("scim_user", format!("+358 {MARK}")),
        ("response", format!("I, {MARK}, think so")),
        ("commitment", format!("{MARK} does it")),
        ("delivery", aino.trim_start_matches("people/").to_owned()),
        ("goal", aino.trim_start_matches("people/").to_owned()),
    ] {
        let is_in = |one: &Value| one[1] == *kind && one.to_string().contains(&value);
        assert!(held.iter().any(is_in), "{kind} with {value} of {text}");
    }
    assert!(!text.contains("token_hash") && !text.contains("bo@example.com"), "{text}");
    let survey = parts.iter().find(|part| part["service"] == "survey").context("no survey")?;
    assert_eq!(survey["limits"], json!(["anonymous_responses"]));

    let key = json!({"displayName": "reader", "scopes": ["directory.read", "directory.write"]});
    let key = created(&api, "/v1/apiKeys", key).await?;
    let reader = api.with_key(key["secret"].as_str().context("no secret")?);
    assert_eq!(reader.get(&format!("/v1/{bo}:export")).await?.reason(), "SCOPE_MISSING");
    assert_eq!(reader.post("/v1/erasures", &json!({"person": bo})).await?.reason(), "SCOPE_MISSING");
    let entries = api.get("/v1/auditEntries?action=directory.ExportPerson").await?.ok()?;
    let outcomes: Vec<_> =
        entries["entries"].as_array().unwrap_or(&empty).iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, [&json!("AUDIT_OUTCOME_DENIED"), &json!("AUDIT_OUTCOME_ALLOWED")]);
    Ok(())
}

/// Alone all is down together, see the power cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_waits_for_a_service_that_is_down() {
    if let Some(suite) = Suite::start(Wiring::Six).await.unwrap() {
        Box::pin(waits_for_goal(suite)).await.unwrap();
    }
}

async fn waits_for_goal(mut suite: Suite) -> Result<()> {
    let api = suite.api();
    let (aino, _) = staff(&api).await?;
    suite.process("arki-goal").context("no such process")?.kill()?;
    let erasure = erase(&api, &aino).await?;
    let others = |reply: &arki_integration_tests::api::Reply| {
        let all = reply.body["confirmations"].as_array().cloned().unwrap_or_default();
        all.iter().filter(|one| !one["confirmTime"].is_null()).count() == 4
    };
    let waiting = api.get_until(&format!("/v1/{erasure}"), PATIENCE, others).await?.ok()?;
    assert_eq!(waiting["state"], "ERASURE_STATE_RUNNING");
    let goal =
        waiting["confirmations"].as_array().context("none")?.iter().find(|one| one["service"] == "goal");
    assert!(goal.is_some_and(|goal| goal["waiting"].is_string()), "its age is shown: {waiting}");
    suite.start_again("goal").await?;
    assert_eq!(completed(&api, &erasure).await?["state"], "ERASURE_STATE_COMPLETED");
    Ok(())
}

async fn a_power_cut_at_any_time_loses_no_erasure(mut suite: Suite) -> Result<()> {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let mut people = Vec::new();
    for place in 0..12 {
        let person = json!({
            "kind": "PERSON_KIND_CUSTOMER", "displayName": format!("Kaisa {MARK} {place}"),
            "email": format!("{MARK}{place}@example.com"), "source": "crm", "externalId": format!("{MARK}-{place}")
        });
        people.push(name(&created(&suite.api(), "/v1/people", person).await?)?);
    }
    let api = suite.api();
    let asking = people.clone();
    let mut asked = tokio::task::JoinSet::new();
    asked.spawn(async move {
        for person in asking {
            // One that is not answered is asked again below, with the same request id.
            let _ = erase(&api, &person).await;
        }
    });
    tokio::time::sleep(Duration::from_millis(chance.random_range(1..400))).await;
    suite.kill_directory().await?;
    asked.join_all().await;
    let api = suite.api();
    for person in &people {
        let erasure = erase(&api, person).await?;
        assert_eq!(completed(&api, &erasure).await?["state"], "ERASURE_STATE_COMPLETED");
    }
    let listed = api.get("/v1/erasures?pageSize=1000").await?.ok()?;
    assert_eq!(listed["erasures"].as_array().map(Vec::len), Some(people.len()), "each once");
    assert_eq!(tables_with(&suite, MARK).await?, Vec::<String>::new());
    let verified = api.get("/v1/auditLog:verify").await?.ok()?;
    assert_eq!(verified["isWhole"], true, "{verified}");
    Ok(())
}
