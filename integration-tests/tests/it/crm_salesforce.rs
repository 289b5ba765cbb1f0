//! Salesforce and Dynamics 365 against Arki.

use anyhow::Result;
use arki_integration_tests::Suite;
use arki_integration_tests::api::{Reply, reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::crm::{SECRET, hook, settled, state};
use crate::wirings::in_both_wirings;

in_both_wirings!(salesforce_and_dynamics_are_heard_once_whatever_the_order);

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
