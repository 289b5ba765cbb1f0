//! CRM systems against Arki: what they tell by webhook and in batches ends in one state, whatever happens on the way.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use arki_integration_tests::Suite;
use arki_integration_tests::api::{Api, Reply, reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::wirings::in_both_wirings;

in_both_wirings!(
    hubspot_is_heard_once_whatever_the_order,
    salesforce_and_dynamics_are_heard_once_whatever_the_order,
    a_batch_that_was_cut_off_is_sent_again_and_doubles_nothing,
    what_was_acknowledged_survives_a_power_cut,
);

const SECRET: &str = "a-client-secret-of-nobody";
const PATIENCE: Duration = Duration::from_secs(60);
const SHUFFLES: usize = 3;

/// An endpoint of intake.
struct Hook {
    name: String,
    path: String,
}

async fn hook(api: &Api, provider: &str, organisation: &str, mappings: Value) -> Result<Hook> {
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

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map(|since| i64::try_from(since.as_millis()).unwrap_or_default()).unwrap_or_default()
}

/// What HubSpot sends, signed as it signs.
async fn hubspot(suite: &Suite, path: &str, body: &str, secret: &str, at: i64) -> Result<Reply> {
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
async fn settled(api: &Api, hook: &Hook) -> Result<()> {
    let pending = format!("/v1/{}/deliveries?state=INTAKE_DELIVERY_STATE_PENDING", hook.name);
    api.get_until(&pending, PATIENCE, |reply| {
        reply.body.get("intakeDeliveries").is_none_or(|waiting| waiting == &json!([]))
    })
    .await?;
    let dead =
        api.get(&format!("/v1/{}/deliveries?state=INTAKE_DELIVERY_STATE_DEAD", hook.name)).await?.ok()?;
    ensure!(dead.get("intakeDeliveries").is_none_or(|dead| dead == &json!([])), "{dead}");
    Ok(())
}

/// What there is by now, without what is another's every time.
async fn state(api: &Api) -> Result<Value> {
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

fn contacts() -> Value {
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

/// An outbound message of one contact.
fn outbound(id: &str, organisation: &str, last_name: &str, second: u32) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <soapenv:Body><notifications xmlns=\"http://soap.sforce.com/2005/09/outbound\">\
         <OrganizationId>{organisation}</OrganizationId><ActionId>04k000000000001AAA</ActionId>\
         <SessionId xsi:nil=\"true\"/><EnterpriseUrl>https://example.com/a?b=1&amp;c=2</EnterpriseUrl>\
         <Notification><Id>{id}</Id><sObject xsi:type=\"sf:Contact\" xmlns:sf=\"urn:sobject.enterprise.soap.sforce.com\">\
         <sf:Id>003000000000001AAA</sf:Id><sf:LastName>{last_name}</sf:LastName><sf:FirstName xsi:nil=\"true\"/>\
         <sf:SystemModstamp>2026-03-01T09:30:{second:02}.000Z</sf:SystemModstamp>\
         </sObject></Notification></notifications></soapenv:Body></soapenv:Envelope>"
    )
}

async fn sent(
    suite: &Suite,
    path: &str,
    kind: &str,
    header: Option<(&str, &str)>,
    body: String,
) -> Result<Reply> {
    let request =
        suite.api().with_key("").request(Method::POST, path).header("content-type", kind).body(body);
    let request = header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    reply(request).await
}

async fn salesforce_and_dynamics_are_heard_once_whatever_the_order(suite: Suite) -> Result<()> {
    let api = suite.api();
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);

    let organisation = "00D000000000001EAA";
    let mapping = json!([{
        "object": "Contact", "kind": "CRM_RECORD_KIND_PERSON", "fields": {"display_name": "FirstName LastName"},
    }]);
    let soap = hook(&api, "INTAKE_PROVIDER_SALESFORCE_OUTBOUND", organisation, mapping).await?;
    let path = format!("{}?code={SECRET}", soap.path);
    let xml = "text/xml; charset=utf-8";
    let good = outbound("04l000000000001AAA", organisation, "Esimerkki &amp; Co", 1);
    for (path, body) in [
        (format!("{}?code=another-secret-of-nobody", soap.path), good.clone()),
        (soap.path.clone(), good.clone()),
        (path.clone(), good.replace(organisation, "00D000000000002EAA")),
    ] {
        assert_eq!(sent(&suite, &path, xml, None, body).await?.reason(), "INTAKE_REFUSED");
    }
    let bomb = good.replacen(
        "<soapenv:Envelope",
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><soapenv:Envelope",
        1,
    );
    for body in [
        bomb,
        good.replace("&amp; Co", "&b;"),
        good.replace("UTF-8", "ISO-8859-1"),
        "<a>".repeat(10_000),
        good.replace("</soapenv:Envelope>", ""),
        "{}".to_owned(),
    ] {
        assert_eq!(
            sent(&suite, &path, xml, None, body.clone()).await?.reason(),
            "INTAKE_MALFORMED",
            "{body:.80}"
        );
    }
    let mut messages: Vec<_> = (1..=4)
        .map(|number| {
            let name = if number == 4 { "Esimerkki".to_owned() } else { format!("Vanha {number}") };
            outbound(&format!("04l00000000000{number}AAA"), organisation, &name, number)
        })
        .collect();
    messages = [messages.as_slice(), &messages, &messages].concat();
    messages.shuffle(&mut random);
    for message in messages {
        let request = suite.api().with_key("").request(Method::POST, &path).header("content-type", xml);
        let answer = request.body(message).send().await?;
        assert_eq!(answer.status(), 200);
        assert!(answer.text().await?.contains("<Ack>true</Ack>"));
    }
    settled(&api, &soap).await?;

    let mapping = json!([{
        "object": "Contact", "kind": "CRM_RECORD_KIND_PERSON",
        "fields": {"display_name": "Name.FirstName Name.LastName", "email": "Email"},
    }]);
    let cdc = hook(&api, "INTAKE_PROVIDER_SALESFORCE_CDC", "", mapping).await?;
    let change = |kind: &str, sequence: i64, at: i64, fields: Value| {
        let mut event = json!({"ChangeEventHeader": {
            "entityName": "Contact", "recordIds": ["003000000000009AAA"], "changeType": kind,
            "commitTimestamp": 1_772_000_000_000_i64 + at, "commitNumber": 10_000 + at,
            "transactionKey": format!("tx-{at}"), "sequenceNumber": sequence, "changedFields": [],
        }});
        for (name, value) in fields.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event
    };
    let mut events = vec![
        change(
            "CREATE",
            1,
            1,
            json!({"Name": {"FirstName": "Eero", "LastName": "Vanha"}, "Email": "old@example.com"}),
        ),
        change("UPDATE", 1, 2, json!({"Name": {"LastName": "Keskimm\u{e4}inen"}})),
        change("UPDATE", 2, 2, json!({"Name": {"LastName": "Esimerkki"}})),
        change("UPDATE", 1, 3, json!({"Email": "eero@example.com"})),
        change("UPDATE", 1, 4, json!({"Phone": "+358 00"})),
        change("GAP_UPDATE", 1, 5, json!({})),
    ];
    events = [events.as_slice(), &events, &events].concat();
    events.shuffle(&mut random);
    let basic = format!("Basic {}", STANDARD.encode(format!("relay:{SECRET}")));
    let wrong =
        sent(&suite, &cdc.path, "application/json", Some(("authorization", "Basic eDp5")), "[]".to_owned());
    assert_eq!(wrong.await?.reason(), "INTAKE_REFUSED");
    for event in events {
        let body = json!({"data": {"payload": event}}).to_string();
        let taken =
            sent(&suite, &cdc.path, "application/json", Some(("authorization", &basic)), body).await?;
        assert_eq!(taken.status, 204, "{}", taken.body);
    }
    settled(&api, &cdc).await?;

    let mapping = json!([{
        "object": "contact", "kind": "CRM_RECORD_KIND_PERSON",
        "fields": {"display_name": "fullname", "email": "emailaddress1"},
    }]);
    let dynamics = hook(&api, "INTAKE_PROVIDER_DYNAMICS", "org-1", mapping).await?;
    let context = |number: i64, message: &str, attributes: Value| {
        json!({
            "MessageName": message, "PrimaryEntityName": "contact", "OrganizationId": "org-1",
            "PrimaryEntityId": "5d1a2b3c-0000-4000-8000-000000000001",
            "RequestId": format!("request-{number}"), "OperationId": "00000000-0000-0000-0000-000000000000",
            "OperationCreatedOn": format!("/Date({}+0000)/", 1_772_000_000_000_i64 + number),
            "InputParameters": [{"key": "Target", "value": {"LogicalName": "contact", "Attributes": attributes}}],
        })
    };
    let mut contexts = vec![
        context(
            1,
            "Create",
            json!([{"key": "fullname", "value": "Vanha"}, {"key": "parent", "value": {"Id": "x"}}]),
        ),
        context(2, "Update", json!([{"key": "emailaddress1", "value": "oona@example.com"}])),
        context(3, "Update", json!([{"key": "fullname", "value": "Oona Esimerkki"}])),
        context(4, "Delete", json!([])),
    ];
    let refused = sent(&suite, &dynamics.path, "application/json", None, contexts[0].to_string()).await?;
    assert_eq!(refused.reason(), "INTAKE_REFUSED");
    let foreign = contexts[0].to_string().replace("org-1", "org-2");
    let key = ("x-arki-intake-key", SECRET);
    assert_eq!(
        sent(&suite, &dynamics.path, "application/json", Some(key), foreign).await?.reason(),
        "INTAKE_REFUSED"
    );
    contexts = [contexts.as_slice(), &contexts, &contexts].concat();
    contexts.shuffle(&mut random);
    for (place, context) in contexts.iter().enumerate() {
        let (path, header) = if place % 2 == 0 {
            (format!("{}?code={SECRET}", dynamics.path), None)
        } else {
            (dynamics.path.clone(), Some(key))
        };
        let taken = sent(&suite, &path, "application/json", header, context.to_string()).await?;
        assert_eq!(taken.status, 204, "{}", taken.body);
    }
    settled(&api, &dynamics).await?;

    let state = state(&api).await?;
    let names: Vec<_> = state["people"].as_array().into_iter().flatten().map(|person| &person[2]).collect();
    assert_eq!(names, ["Esimerkki", "Eero Esimerkki", "Oona Esimerkki"], "seed {seed}: {state}");
    assert_eq!(state["people"][1][3], "eero@example.com", "seed {seed}");
    assert_eq!(state["people"][2][1], "PERSON_KIND_FORMER_CUSTOMER", "seed {seed}");
    let reread = api.get("/v1/crmRecords:toReread").await?.ok()?;
    assert_eq!(reread["records"].as_array().map(Vec::len), Some(1), "{reread}");
    assert_eq!(reread["records"][0]["reason"], "REREAD_REASON_GAP");

    // A message that was too large comes without its values.
    let exceeded = Some(("x-ms-dynamics-msg-size-exceeded", "true"));
    let path = format!("{}?code={SECRET}", dynamics.path);
    let body = context(9, "Update", json!([])).to_string();
    assert_eq!(sent(&suite, &path, "application/json", exceeded, body).await?.status, 204);
    settled(&api, &dynamics).await?;
    let reread = api.get("/v1/crmRecords:toReread?source=intake_provider_dynamics").await?.ok()?;
    assert_eq!(reread["records"][0]["reason"], "REREAD_REASON_TRUNCATED", "{reread}");
    Ok(())
}

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
