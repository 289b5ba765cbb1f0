//! A second tenant with every name of the first: each route that takes a name, by REST and by gRPC, and each field that
//! holds one, answers as if there were nothing.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, api, api::Api};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{bad_input_wire::Line, same_by_grpc::SameByGrpc, wirings::in_both_wirings};

in_both_wirings!(names_of_another_tenant_lead_nowhere);

pub(crate) fn words() -> Value {
    json!({"byLanguage": {"en": "Nobody is left alone with a problem"}})
}

/// Something with a name, by the parameter that takes it in a path.
pub(crate) type Names = BTreeMap<&'static str, String>;

async fn created(api: &Api, path: &str, body: Value) -> Result<String> {
    let reply = api.post(path, &body).await?.ok().with_context(|| path.to_owned())?;
    Ok(reply["name"].as_str().context("no name")?.to_owned())
}

/// One of each kind.
pub(crate) async fn everything(api: &Api) -> Result<Names> {
    let text = words();
    let unit = created(api, "/v1/units", json!({"displayName": "Sales"})).await?;
    let person = json!({"kind": "PERSON_KIND_EMPLOYEE", "displayName": "Aino Esimerkki", "unit": unit});
    let person = created(api, "/v1/people", person).await?;
    let questionnaire = json!({
        "displayName": "Q", "title": text, "purpose": text, "languages": ["en"],
        "questions": [{"key": "recommend", "kind": "QUESTION_KIND_NPS", "text": text}]
    });
    let questionnaire = created(api, "/v1/questionnaires", questionnaire).await?;
    let version = created(api, &format!("/v1/{questionnaire}:publish"), json!({})).await?;
    let vision = created(api, "/v1/visions", json!({"statement": text})).await?;
    let message = json!({"kind": "MESSAGE_KIND_FOCUS", "subject": text, "body": text});
    let message = created(api, "/v1/messages", message).await?;
    let question = format!("{questionnaire}/questions/recommend");
    let goal = json!({"vision": vision, "title": text, "everydayText": text, "unit": unit});
    let outcome = json!({"kind": "OUTCOME_KIND_RENEWAL", "time": "2026-01-01T00:00:00Z", "unit": unit});
    let campaign = json!({
        "displayName": "C", "message": message, "audience": {"kind": "employee"},
        "schedule": {"localStart": "2099-01-01T09:00"}
    });
    let metric = json!({
        "displayName": "M", "kind": "METRIC_KIND_NPS", "role": "METRIC_ROLE_CONSEQUENCE", "question": question,
        "owner": person, "reviewDay": {"year": 2099, "month": 1, "day": 1}
    });
    let term = |key: &str| json!({"term": key, "label": text, "role": "TERM_ROLE_WANTED", "lowPercent": 10, "highPercent": 50});
    let profile = json!({
        "displayName": "T", "audience": "PROFILE_AUDIENCE_EMPLOYEES", "question": question,
        "terms": [term("calm"), term("proud")]
    });
    let wave = json!({
        "displayName": "W", "questionnaireVersion": version, "audience": "WAVE_AUDIENCE_EMPLOYEES",
        "anonymity": "ANONYMITY_CONFIDENTIAL", "sender": text
    });
    let provider = json!({"displayName": "P", "issuer": "https://id.example.com", "audiences": ["arki"]});
    let binding =
        json!({"role": "ACCESS_ROLE_ANALYST", "memberKind": "MEMBER_KIND_EMAIL", "member": "a@example.com"});
    let mut names = Names::from([("unit", unit), ("person", person), ("version", version)]);
    for (kind, path, body) in [
        ("role", "/v1/roles", json!({"displayName": "Seller"})),
        (
            "attributeDefinition",
            "/v1/attributeDefinitions",
            json!({"key": format!("site{}", unit_of_key(&names)), "type": "ATTRIBUTE_TYPE_STRING"}),
        ),
        ("account", "/v1/accounts", json!({"displayName": "Fiction Ltd"})),
        ("goal", "/v1/goals", goal),
        ("outcome", "/v1/outcomes", outcome),
        ("campaign", "/v1/campaigns", campaign),
        ("metric", "/v1/metrics", metric),
        ("targetProfile", "/v1/targetProfiles", profile),
        ("wave", "/v1/waves", wave),
        ("identityProvider", "/v1/identityProviders", provider),
        ("roleBinding", "/v1/roleBindings", binding),
    ] {
        names.insert(kind, created(api, path, body).await?);
    }
    let edge = json!({"from": names["unit"], "to": "segments/retail", "words": text});
    names.insert("servesEdge", created(api, "/v1/servesEdges", edge).await?);
    let ambassador = json!({"person": names["person"], "unit": names["unit"], "hoursPerMonth": 4});
    names.insert("ambassador", created(api, "/v1/ambassadors", ambassador).await?);
    let applicants = json!({
        "unit": names["unit"], "month": {"year": 2020, "month": 1, "day": 1}, "kind": "WORKFORCE_KIND_APPLICANTS",
        "count": 12, "base": 2
    });
    let figures = json!({"source": "recruiting", "figures": [applicants]});
    let figures = api.post("/v1/workforceFigures:batchUpsert", &figures).await?.ok()?;
    let figure = figures["results"][0]["name"].as_str().context("no name")?;
    names.insert("workforceFigure", figure.to_owned());
    names.extend([("questionnaire", questionnaire), ("vision", vision), ("message", message)]);
    let key = json!({"displayName": "reader", "scopes": ["goal.read"]});
    let key = api.post("/v1/apiKeys", &key).await?.ok()?;
    names.insert("apiKey", key["apiKey"]["name"].as_str().context("no name")?.to_owned());
    // For events that don't come here, so that its log stays as it is.
    let endpoint = json!({"url": "https://receiver.example.com/", "eventTypes": ["arki.scorecard.*"]});
    let endpoint = api.post("/v1/webhookEndpoints", &endpoint).await?.ok()?;
    let endpoint = endpoint["webhookEndpoint"]["name"].as_str().context("no name")?;
    names.insert("webhookEndpoint", endpoint.to_owned());
    let mapping =
        json!({"object": "contact", "kind": "CRM_RECORD_KIND_PERSON", "fields": {"email": "email"}});
    let endpoint = json!({"provider": "INTAKE_PROVIDER_HUBSPOT", "source": "crm", "mappings": [mapping]});
    let made = api.post("/v1/intakeEndpoints", &json!({"intakeEndpoint": endpoint})).await?.ok()?;
    let endpoint = made["intakeEndpoint"]["name"].as_str().context("no name")?;
    names.insert("intakeEndpoint", endpoint.to_owned());
    let gone = json!({"kind": "PERSON_KIND_CUSTOMER", "displayName": "Gone"});
    let gone = created(api, "/v1/people", gone).await?;
    let erasure = created(api, "/v1/erasures", json!({"person": gone})).await?;
    // Until all have confirmed, it changes by itself.
    let done = |reply: &api::Reply| reply.body["state"] == "ERASURE_STATE_COMPLETED";
    api.get_until(&format!("/v1/{erasure}"), std::time::Duration::from_secs(60), done).await?;
    names.insert("erasure", erasure);
    let purge = created(api, "/v1/purges", json!({})).await?;
    let done = |reply: &api::Reply| reply.body["state"] == "PURGE_STATE_COMPLETED";
    api.get_until(&format!("/v1/{purge}"), std::time::Duration::from_secs(60), done).await?;
    names.insert("purge", purge);
    Ok(names)
}

/// What tells the keys of one tenant from those of another.
fn unit_of_key(names: &Names) -> &str {
    names["unit"].rsplit_once('_').map_or("", |(_, id)| id)
}

/// The path with the names in place of its parameters; none when it takes another kind of thing.
fn filled(path: &str, names: &Names) -> Option<String> {
    // A version is named below its questionnaire, everything else by a collection and an id.
    let mut filled = path.replace("/{version}", "/1");
    while let Some(start) = filled.find('{') {
        let end = start + filled[start..].find('}')?;
        let name = names.get(&filled[start + 1..end])?;
        let collection = filled[..start - 1].rfind('/')? + 1;
        filled.replace_range(collection..=end, name);
    }
    Some(filled)
}

/// A body that would do, were the resource there.
fn body(method: &str, path: &str, names: &Names) -> Option<Value> {
    let day = json!({"year": 2099, "month": 1, "day": 1});
    let verb = path.rsplit_once(':').map(|(_, verb)| verb);
    Some(match (method, verb, path.split('/').nth(2)?) {
        ("get", ..) => return None,
        ("patch", _, "visions") => json!({"statement": words()}),
        ("patch", _, "goals") => json!({"title": words()}),
        ("patch", _, "messages") => json!({"subject": words()}),
        ("patch", _, "outcomes") => json!({"currency": "EUR"}),
        ("patch", _, "intakeEndpoints") => json!({"description": "mine now"}),
        ("patch", _, "webhookEndpoints") => json!({"description": "mine now"}),
        ("patch", _, "roleBindings") => json!({"validTo": "2099-01-01T00:00:00Z"}),
        ("patch", _, "attributeDefinitions") => json!({"isRequired": true}),
        ("patch", _, "servesEdges") => json!({"words": words()}),
        ("patch", _, "ambassadors") => json!({"hoursPerMonth": 5}),
        ("patch", ..) => json!({"displayName": "mine now"}),
        (_, Some("close"), "units") => json!({"validTo": day}),
        (_, Some("changeEmployment"), _) => json!({"state": "EMPLOYMENT_STATE_LEFT"}),
        (_, Some("addExternalId" | "removeExternalId"), _) => {
            json!({"externalId": {"source": "crm", "externalId": "C-1"}})
        }
        (_, Some("assign"), _) => json!({"membership": {"unit": names["unit"]}}),
        (_, Some("commit"), _) => json!({"person": names["person"], "state": "COMMITMENT_STATE_SEEN"}),
        (_, Some("review"), _) => {
            json!({"verdict": "REVIEW_VERDICT_KEEP", "reason": "mine", "nextReviewDay": day})
        }
        _ => json!({}),
    })
}

/// Fields that hold a name of another tenant, in resources that would be fine without.
fn references(theirs: &Names, own: &Names) -> Vec<(&'static str, Value)> {
    let text = words();
    let employee = |field: &str, name: &str| json!({"kind": "PERSON_KIND_EMPLOYEE", "displayName": "B", "unit": own["unit"], field: name});
    let outcome = |field: &str| {
        let name = &theirs[if field == "unit" { "unit" } else { field }];
        json!({"kind": "OUTCOME_KIND_RENEWAL", "time": "2026-01-01T00:00:00Z", field: name})
    };
    let goal = |field: &str, kind: &str| {
        let mut goal = json!({"vision": own["vision"], "title": text, "everydayText": text});
        goal[field] = json!(theirs[kind]);
        goal
    };
    vec![
        ("/v1/units", json!({"displayName": "A", "parent": theirs["unit"]})),
        ("/v1/units", json!({"displayName": "A", "leader": theirs["person"]})),
        ("/v1/units:merge", json!({"from": [theirs["unit"]], "into": own["unit"]})),
        ("/v1/people:merge", json!({"survivor": own["person"], "duplicates": [theirs["person"]]})),
        ("/v1/erasures", json!({"person": theirs["person"]})),
        ("/v1/servesEdges", json!({"from": theirs["unit"], "to": own["unit"]})),
        (
            "/v1/consents",
            json!({
                "person": theirs["person"], "purpose": "CONTACT_PURPOSE_SURVEY", "source": "test",
                "channel": "CONTACT_CHANNEL_EMAIL", "state": "CONSENT_STATE_GRANTED"
            }),
        ),
        ("/v1/ambassadors", json!({"person": theirs["person"], "unit": own["unit"], "hoursPerMonth": 4})),
        ("/v1/people", employee("unit", &theirs["unit"])),
        ("/v1/people", employee("manager", &theirs["person"])),
        ("/v1/people", employee("role", &theirs["role"])),
        (
            "/v1/people",
            json!({"kind": "PERSON_KIND_CUSTOMER", "displayName": "B", "account": theirs["account"]}),
        ),
        ("/v1/accounts", json!({"displayName": "A", "unit": theirs["unit"]})),
        ("/v1/outcomes", outcome("unit")),
        ("/v1/outcomes", outcome("person")),
        ("/v1/outcomes", outcome("account")),
        ("/v1/visions", json!({"statement": text, "sponsor": theirs["person"]})),
        ("/v1/goals", goal("vision", "vision")),
        ("/v1/goals", goal("parent", "goal")),
        ("/v1/goals", goal("unit", "unit")),
        ("/v1/goals", goal("role", "role")),
        ("/v1/goals", goal("owner", "person")),
        (
            "/v1/waves",
            json!({
                "displayName": "W", "questionnaireVersion": theirs["version"], "sender": text,
                "audience": "WAVE_AUDIENCE_EMPLOYEES", "anonymity": "ANONYMITY_CONFIDENTIAL"
            }),
        ),
        (
            "/v1/campaigns",
            json!({
                "displayName": "C", "message": theirs["message"], "audience": {"kind": "employee"},
                "schedule": {"localStart": "2099-01-01T09:00"}
            }),
        ),
    ]
}

/// All that a tenant has, as its lists show it.
async fn shown(api: &Api, document: &Value) -> Result<BTreeMap<String, Value>> {
    let mut shown = BTreeMap::new();
    for (path, verbs) in document["paths"].as_object().context("no paths")? {
        // What asks a question, as people:lookUp does, is no list.
        let is_list = verbs["get"].is_object() && !path.contains(['{', ':']) && path != "/v1/occurrences";
        // The audit log grows with every look.
        let is_log = path.starts_with("/v1/audit");
        if is_list
            && !is_log
            && path != "/v1/apiKeys"
            && path != "/v1/tree"
            && path != "/v1/tenants"
            && path != "/v1/ambassadorTarget"
            && path != "/v1/contactRules"
            && path != "/v1/retentionPolicy"
        {
            let reply = api.get(&format!("{path}?pageSize=1000")).await?;
            // Some lists are for the operator of all tenants.
            if reply.status != StatusCode::FORBIDDEN {
                shown.insert(path.clone(), reply.ok()?);
            }
        }
    }
    Ok(shown)
}

async fn names_of_another_tenant_lead_nowhere(suite: Suite) -> Result<()> {
    let api = suite.api();
    let document = api.get("/openapi.json").await?.ok()?;
    let mut theirs = everything(&api).await?;
    let tenants = api.get("/v1/tenants").await?.ok()?;
    theirs.insert("tenant", tenants["tenants"][0]["name"].as_str().context("no tenant")?.to_owned());
    let before = shown(&api, &document).await?;
    let other = api.post("/v1/tenants", &json!({"displayName": "Another"})).await?.ok()?;
    let key = other["adminSecret"].as_str().context("no key")?;
    let stranger = api.with_key(key);
    let grpc = SameByGrpc::over(Line::with_key(&suite, key).await?)?;
    let own = everything(&stranger).await?;
    let mine = shown(&stranger, &document).await?;

    let mut tried = 0;
    for (path, verbs) in document["paths"].as_object().context("no paths")? {
        let Some(address) = path.contains('{').then(|| filled(path, &theirs)).flatten() else { continue };
        for (verb, operation) in verbs.as_object().context("no verbs")? {
            let method: Method = verb.to_uppercase().parse()?;
            let request = stranger.request(method, &address);
            let reply = match body(verb, path, &own) {
                Some(body) => api::reply(request.json(&body)).await?,
                None => api::reply(request).await?,
            };
            assert_eq!(reply.status, 404, "{verb} {path}: {}", reply.body);
            assert!(reply.reason().ends_with("_NOT_FOUND"), "{verb} {path}: {}", reply.body);
            assert_ne!(reply.reason(), "ROUTE_NOT_FOUND", "{verb} {path}: {}", reply.body);
            let status = grpc.send(operation, &address, body(verb, path, &own)).await?;
            let reason = arki_rpc::Failure::from_status(&status).reason.to_string();
            let told = (status.code(), reason.as_str());
            assert_eq!(told, (tonic::Code::NotFound, reply.reason()), "{verb} {path} by gRPC: {status:?}");
            tried += 1;
        }
    }
    assert!(tried >= 55, "only {tried} routes were tried");
    // What is named below something else is in the log by the name of that.
    for name in theirs.values().filter(|name| name.split('/').count() == 2) {
        let log = stranger
            .get(&format!("/v1/auditEntries?outcome=AUDIT_OUTCOME_NOT_FOUND&resource={name}"))
            .await?;
        let entries = log.ok()?["entries"].as_array().map_or(0, Vec::len);
        assert!(entries > 0, "nothing in the log of {name}");
    }
    for (path, body) in references(&theirs, &own) {
        let reply = stranger.post(path, &body).await?;
        let reason = reply.reason();
        assert!(reply.status == 404 && reason.ends_with("_NOT_FOUND"), "{path} {body}: {}", reply.body);
    }
    assert_eq!(shown(&api, &document).await?, before, "a stranger changed something");
    assert_eq!(shown(&stranger, &document).await?, mine, "a refused call left something behind");
    Ok(())
}
