//! CRM systems against Arki: what they tell by webhook and in batches ends in one state, whatever happens on the way.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use arki_integration_tests::Suite;
use arki_integration_tests::api::{Api, Reply, reply};
use arki_process::{Clock as _, SystemClock};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::wirings::in_both_wirings;

in_both_wirings!(hubspot_is_heard_once_whatever_the_order, what_was_acknowledged_survives_a_power_cut,);

pub(crate) const SECRET: &str = "a-client-secret-of-nobody";
const PATIENCE: Duration = Duration::from_secs(60);
const SHUFFLES: usize = 3;

/// An endpoint of intake.
pub(crate) struct Hook {
    pub(crate) name: String,
    pub(crate) path: String,
}

pub(crate) async fn hook(api: &Api, provider: &str, organisation: &str, mappings: Value) -> Result<Hook> {
    let body = json!({
        "intakeEndpoint": {
            "provider": provider,
            "source": provider.to_lowercase(),
            "organisationId": organisation,
            "mappings": mappings,
        },
        "secret": SECRET,
    });
    let created = api.post("/v1/intakeEndpoints", &body).await?.ok()?;
    ensure!(
        created.get("secret").is_none_or(|secret| secret == ""),
        "a given secret is not shown: {created}"
    );
    let name = created["intakeEndpoint"]["name"].as_str().context("no name")?.to_owned();
    let path = format!("/hooks/{}", name.trim_start_matches("intakeEndpoints/"));
    Ok(Hook { name, path })
}

pub(crate) fn now() -> i64 {
    SystemClock.now().timestamp_millis()
}

/// What HubSpot sends, signed as it signs.
pub(crate) async fn hubspot(suite: &Suite, path: &str, body: &str, secret: &str, at: i64) -> Result<Reply> {
    let uri = format!("{}{path}", suite.uri);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(format!("POST{uri}{body}{at}").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let request = suite.api().with_key("").request(Method::POST, path);
    reply(
        request
            .header("content-type", "application/json")
            .header("x-hubspot-signature-v3", signature)
            .header("x-hubspot-request-timestamp", at.to_string())
            .body(body.to_owned()),
    )
    .await
}

/// Waits until nothing that was told to an endpoint waits.
pub(crate) async fn settled(api: &Api, hook: &Hook) -> Result<()> {
    settled_within(api, hook, PATIENCE).await
}

/// The same with another patience.
pub(crate) async fn settled_within(api: &Api, hook: &Hook, patience: Duration) -> Result<()> {
    let pending = format!("/v1/{}/deliveries?state=INTAKE_DELIVERY_STATE_PENDING", hook.name);
    api.get_until(&pending, patience, |reply| {
        reply.status.is_success()
            && reply.body.get("intakeDeliveries").is_none_or(|waiting| waiting == &json!([]))
    })
    .await?;
    let dead =
        api.get(&format!("/v1/{}/deliveries?state=INTAKE_DELIVERY_STATE_DEAD", hook.name)).await?.ok()?;
    ensure!(dead.get("intakeDeliveries").is_none_or(|dead| dead == &json!([])), "{dead}");
    Ok(())
}

/// What there is by now, without what is another's every time.
pub(crate) async fn state(api: &Api) -> Result<Value> {
    let people = api.get("/v1/people?pageSize=1000").await?.ok()?;
    let person = |person: &Value| {
        let kept = ["externalId", "kind", "displayName", "email", "attributes", "source"];
        json!(kept.map(|field| person[field].clone()))
    };
    let mut people: Vec<_> = people["people"].as_array().into_iter().flatten().map(person).collect();
    people.sort_by_key(ToString::to_string);
    let outcomes = api.get("/v1/outcomes?pageSize=1000").await?.ok()?;
    let outcome = |outcome: &Value| {
        let kept = ["externalId", "kind", "time", "amountMinor", "currency", "source"];
        json!(kept.map(|field| outcome[field].clone()))
    };
    let mut outcomes: Vec<_> = outcomes["outcomes"].as_array().into_iter().flatten().map(outcome).collect();
    outcomes.sort_by_key(ToString::to_string);
    Ok(json!({"people": people, "outcomes": outcomes}))
}

pub(crate) fn contacts() -> Value {
    json!([
        {
            "object": "contact",
            "kind": "CRM_RECORD_KIND_PERSON",
            "fields": {"display_name": "firstname lastname", "email": "email", "attributes.tier": "tier"},
        },
        {
            "object": "deal",
            "kind": "CRM_RECORD_KIND_OUTCOME",
            "fields": {"kind": "=purchase", "time": "closedate", "amount": "amount", "currency": "=EUR"},
        },
    ])
}

async fn hubspot_is_heard_once_whatever_the_order(suite: Suite) -> Result<()> {
    let api = suite.api();
    let hook = hook(&api, "INTAKE_PROVIDER_HUBSPOT", "62515", contacts()).await?;
    let start = now() - 60_000;
    let event = |id: u64, kind: &str, object: u64, property: &str, value: &str, at: i64| {
        json!({
            "eventId": id, "subscriptionId": 11, "portalId": 62515, "appId": 54, "occurredAt": start + at,
            "subscriptionType": kind, "attemptNumber": 0, "objectId": object,
            "propertyName": property, "propertyValue": value, "changeSource": "CRM",
        })
    };
    let events = [
        event(1, "contact.propertyChange", 501, "firstname", "Aino", 1),
        event(2, "contact.propertyChange", 501, "lastname", "Vanha", 2),
        event(3, "contact.propertyChange", 501, "lastname", "Esimerkki", 3),
        event(4, "contact.propertyChange", 501, "email", "aino@example.com", 4),
        event(5, "contact.propertyChange", 501, "tier", "gold", 5),
        event(6, "contact.propertyChange", 501, "not_mapped", "x", 6),
        event(7, "contact.propertyChange", 502, "email", "eero@example.com", 1),
        event(8, "contact.deletion", 502, "", "", 2),
        event(9, "deal.propertyChange", 901, "closedate", &(start + 7).to_string(), 7),
        event(10, "deal.propertyChange", 901, "amount", "1500.5", 8),
        event(11, "contact.creation", 503, "", "", 1),
    ];
    let body = json!([events[0]]).to_string();
    // What is forged, stale, tampered with, for another organisation or for nobody is refused alike.
    let mut refusals = Vec::new();
    refusals.push(hubspot(&suite, &hook.path, &body, "another-secret-of-nobody", now()).await?);
    refusals.push(hubspot(&suite, &hook.path, &body, SECRET, now() - 301_000).await?);
    let foreign = body.replace("62515", "62516");
    refusals.push(hubspot(&suite, &hook.path, &foreign, SECRET, now()).await?);
    let nobody = "/hooks/ink_01jzz0000000000000000000zz";
    refusals.push(hubspot(&suite, nobody, &body, SECRET, now()).await?);
    refusals.push(hubspot(&suite, "/hooks/nothing", &body, SECRET, now()).await?);
    let unsigned = suite.api().with_key("").request(Method::POST, &hook.path).body(body.clone());
    refusals.push(reply(unsigned).await?);
    for refusal in &refusals {
        assert_eq!(refusal.status, 401, "{}", refusal.body);
        assert_eq!(
            (refusal.reason(), &refusal.body["title"]),
            ("INTAKE_REFUSED", &refusals[0].body["title"])
        );
    }
    for (broken, wanted) in
        [("[", "INTAKE_MALFORMED"), ("{}", "INTAKE_MALFORMED"), ("[{}]", "INTAKE_MALFORMED")]
    {
        assert_eq!(hubspot(&suite, &hook.path, broken, SECRET, now()).await?.reason(), wanted, "{broken}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(hubspot(&suite, &hook.path, &deep, SECRET, now()).await?.reason(), "INTAKE_MALFORMED");
    let large = " ".repeat(1_100_000);
    assert_eq!(hubspot(&suite, &hook.path, &large, SECRET, now()).await?.status, 413);
    assert_eq!(state(&api).await?, json!({"people": [], "outcomes": []}), "nothing was taken yet");

    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    let mut first = None;
    for round in 0..SHUFFLES {
        let mut told = [events.as_slice(), &events, &events].concat();
        told.shuffle(&mut random);
        for part in told.chunks(7) {
            let taken = hubspot(&suite, &hook.path, &json!(part).to_string(), SECRET, now()).await?;
            assert_eq!(taken.status, 204, "{}", taken.body);
        }
        settled(&api, &hook).await?;
        let state = state(&api).await?;
        assert_eq!(first.get_or_insert(state.clone()), &state, "seed {seed}, round {round}");
    }
    let state = first.context("no state")?;
    assert_eq!(
        state["people"],
        json!([
            [
                "501", "PERSON_KIND_CUSTOMER", "Aino Esimerkki", "aino@example.com", {"tier": "gold"},
                "intake_provider_hubspot"
            ],
            ["502", "PERSON_KIND_FORMER_CUSTOMER", "eero@example.com", "eero@example.com", {},
             "intake_provider_hubspot"],
        ]),
        "{state}"
    );
    assert_eq!(state["outcomes"][0][3], "150050", "{state}");
    let log = api.get(&format!("/v1/{}/deliveries?pageSize=1000", hook.name)).await?.ok()?;
    assert_eq!(
        log["intakeDeliveries"].as_array().map(Vec::len),
        Some(events.len() - 1),
        "one for each event"
    );
    let reread = api.get("/v1/crmRecords:toReread").await?.ok()?;
    assert_eq!(reread["records"].as_array().map(Vec::len), Some(1), "{reread}");
    assert_eq!(reread["records"][0]["reason"], "REREAD_REASON_NO_VALUES");
    // Reading it and sending what it says ends it.
    let contact = json!({"externalId": "503", "displayName": "Oona Esimerkki"});
    let batch = json!({"source": "intake_provider_hubspot", "people": [contact]});
    let sent = api.post("/v1/people:batchUpsert", &batch).await?.ok()?;
    assert_eq!(sent["results"][0]["state"], "UPSERT_STATE_CREATED", "{sent}");
    let reread = api.get("/v1/crmRecords:toReread").await?.ok()?;
    assert!(reread.get("records").is_none_or(|records| records == &json!([])), "{reread}");

    // Two secrets are good during a rotation, and the old one no longer than that.
    let other = "another-secret-of-nobody";
    let rotate = |hours: i32, secret: &str| json!({"overlapHours": hours, "secret": secret});
    api.post(&format!("/v1/{}:rotateSecret", hook.name), &rotate(1, other)).await?.ok()?;
    for secret in [SECRET, other] {
        assert_eq!(hubspot(&suite, &hook.path, "[]", secret, now()).await?.status, 204);
    }
    let made = api.post(&format!("/v1/{}:rotateSecret", hook.name), &rotate(0, "")).await?.ok()?;
    let made = made["secret"].as_str().context("no secret was made")?;
    assert_eq!(hubspot(&suite, &hook.path, "[]", other, now()).await?.reason(), "INTAKE_REFUSED");
    assert_eq!(hubspot(&suite, &hook.path, "[]", made, now()).await?.status, 204);
    Ok(())
}

async fn what_was_acknowledged_survives_a_power_cut(mut suite: Suite) -> Result<()> {
    let api = suite.api();
    let hook = hook(&api, "INTAKE_PROVIDER_HUBSPOT", "", contacts()).await?;
    let start = now() - 60_000;
    let mut told = 0;
    for round in 0..3 {
        for _ in 0..20 {
            told += 1;
            let event = json!([{
                "eventId": told, "portalId": 1, "occurredAt": start + told, "objectId": told,
                "subscriptionType": "contact.propertyChange", "propertyName": "email",
                "propertyValue": format!("person{told}@example.com"),
            }]);
            let taken = hubspot(&suite, &hook.path, &event.to_string(), SECRET, now()).await?;
            assert_eq!(taken.status, 204, "{}", taken.body);
        }
        suite.kill_directory().await.with_context(|| format!("round {round}"))?;
    }
    settled(&api, &hook).await?;
    let people = api.get("/v1/people?pageSize=1000").await?.ok()?;
    assert_eq!(people["people"].as_array().map(Vec::len), Some(60), "each once");
    Ok(())
}
