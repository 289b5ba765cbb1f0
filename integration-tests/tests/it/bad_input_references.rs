//! Names of another tenant in fields that are not looked up when they are written: nothing comes back by them.

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, api::Api};
use serde_json::{Value, json};

use crate::bad_input_tenants::{everything, words};
use crate::wirings::in_both_wirings;

in_both_wirings!(a_name_of_another_tenant_brings_nothing_back);

async fn name(api: &Api, path: &str, body: &Value) -> Result<String> {
    let made = api.post(path, body).await?.ok().with_context(|| path.to_owned())?;
    Ok(made["name"].as_str().context("no name")?.to_owned())
}

/// Nothing in what a tenant reads is what the other one wrote.
fn without_theirs(reply: &Value) {
    let text = reply.to_string();
    for theirs in ["Aino Esimerkki", "Theirs alone"] {
        assert!(!text.contains(theirs), "{text}");
    }
}

async fn a_name_of_another_tenant_brings_nothing_back(suite: Suite) -> Result<()> {
    let api = suite.api();
    let theirs = everything(&api).await?;
    let unit = api.post("/v1/units", &json!({"displayName": "Theirs alone"})).await?.ok()?;
    let unit = unit["name"].as_str().context("no name")?;
    let person = json!({
        "kind": "PERSON_KIND_EMPLOYEE", "displayName": "Aino Esimerkki", "email": "aino@example.com", "unit": unit
    });
    name(&api, "/v1/people", &person).await?;
    let other = api.post("/v1/tenants", &json!({"displayName": "Another"})).await?.ok()?;
    let stranger = api.with_key(other["adminSecret"].as_str().context("no key")?);
    let own = everything(&stranger).await?;
    let text = words();
    let question = format!("{}/questions/recommend", theirs["questionnaire"]);

    // A metric of their question, which nobody answered here.
    let metric = json!({
        "displayName": "M", "kind": "METRIC_KIND_NPS", "role": "METRIC_ROLE_CONSEQUENCE", "question": question,
        "owner": own["person"], "reviewDay": {"year": 2099, "month": 1, "day": 1}
    });
    if let Ok(metric) = name(&stranger, "/v1/metrics", &metric).await {
        let readings = stranger.get(&format!("/v1/{metric}/readings")).await?;
        assert_eq!(readings.reason(), "NO_READINGS", "{}", readings.body);
    }
    // Their person as the owner: the name stays a name.
    let owned = json!({
        "displayName": "M", "kind": "METRIC_KIND_NPS", "role": "METRIC_ROLE_CONSEQUENCE",
        "question": format!("{}/questions/recommend", own["questionnaire"]), "owner": theirs["person"],
        "reviewDay": {"year": 2099, "month": 1, "day": 1}
    });
    let reply = stranger.post("/v1/metrics", &owned).await?;
    without_theirs(&reply.body);
    if let Some(made) = reply.body["name"].as_str() {
        without_theirs(&stranger.get(&format!("/v1/{made}")).await?.ok()?);
    }
    let term = |key: &str| json!({"term": key, "label": text, "role": "TERM_ROLE_WANTED", "lowPercent": 10, "highPercent": 50});
    let profile = json!({
        "displayName": "T", "audience": "PROFILE_AUDIENCE_EMPLOYEES", "question": question,
        "terms": [term("calm"), term("proud")]
    });
    if let Ok(profile) = name(&stranger, "/v1/targetProfiles", &profile).await {
        let gap = stranger.get(&format!("/v1/{profile}/gap")).await?;
        assert!(gap.status == 404, "{}", gap.body);
    }
    let goal = json!({
        "vision": own["vision"], "title": text, "everydayText": text,
        "metric": theirs["metric"]
    });
    let reply = stranger.post("/v1/goals", &goal).await?;
    without_theirs(&reply.body);
    // Their unit as an audience: nobody is in it.
    let audience = json!({"audience": {"kind": "PERSON_KIND_EMPLOYEE", "units": [unit]}});
    let resolved = stranger.post("/v1/audience:resolve", &audience).await?;
    without_theirs(&resolved.body);
    assert_eq!(resolved.body["members"].as_array().map_or(0, Vec::len), 0, "{}", resolved.body);
    let mine = api.post("/v1/audience:resolve", &audience).await?.ok()?;
    assert_eq!(mine["members"].as_array().map(Vec::len), Some(1), "there is somebody: {mine}");
    Ok(())
}
