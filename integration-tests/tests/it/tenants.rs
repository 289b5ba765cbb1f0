//! A second tenant sees nothing of the first, whatever names it knows.

use anyhow::Result;
use arki_integration_tests::Suite;
use serde_json::json;

use crate::wirings::in_both_wirings;

in_both_wirings!(a_second_tenant_sees_nothing);

async fn a_second_tenant_sees_nothing(suite: Suite) -> Result<()> {
    let api = suite.api();
    let unit = api.post("/v1/units", &json!({"displayName": "Sales"})).await?.ok()?;
    let role = api.post("/v1/roles", &json!({"displayName": "Seller"})).await?.ok()?;
    let person =
        json!({"kind": "PERSON_KIND_EMPLOYEE", "displayName": "Aino Esimerkki", "unit": unit["name"]});
    let person = api.post("/v1/people", &person).await?.ok()?;
    let account = api.post("/v1/accounts", &json!({"displayName": "Fiction Ltd"})).await?.ok()?;
    let words = json!({"byLanguage": {"en": "Nobody is left alone with a problem"}});
    let vision = api.post("/v1/visions", &json!({"statement": words})).await?.ok()?;
    let message = api
        .post("/v1/messages", &json!({"kind": "MESSAGE_KIND_FOCUS", "subject": words, "body": words}))
        .await?
        .ok()?;
    let questionnaire =
        json!({"displayName": "Q", "title": words, "purpose": words, "languages": ["en"], "questions": []});
    let questionnaire = api.post("/v1/questionnaires", &questionnaire).await?.ok()?;

    let other = api.post("/v1/tenants", &json!({"displayName": "Another"})).await?.ok()?;
    let stranger = api.with_key(other["adminSecret"].as_str().unwrap());
    for resource in [&unit, &role, &person, &account, &vision, &message, &questionnaire] {
        let name = resource["name"].as_str().unwrap();
        let reply = stranger.get(&format!("/v1/{name}")).await?;
        assert_eq!(reply.status, 404, "{name}: {}", reply.body);
        let reply = stranger.patch(&format!("/v1/{name}"), &json!({"displayName": "mine now"})).await?;
        assert!(reply.status == 404 || reply.status == 400, "{name}: {} {}", reply.status, reply.body);
    }
    for list in [
        "units",
        "roles",
        "people",
        "accounts",
        "outcomes",
        "visions",
        "goals",
        "messages",
        "campaigns",
        "questionnaires",
        "waves",
        "metrics",
        "targetProfiles",
    ] {
        let reply = stranger.get(&format!("/v1/{list}")).await?.ok()?;
        let field =
            reply.as_object().unwrap().values().find_map(|value| value.as_array()).map_or(0, Vec::len);
        assert_eq!(field, 0, "{list}: {reply}");
    }
    // What it could not see it did not change either.
    let name = unit["name"].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/{name}")).await?.ok()?["displayName"], "Sales");
    Ok(())
}
