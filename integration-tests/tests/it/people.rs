//! People and the organisation as an administrator knows them, over REST.

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, api, api::Api};
use reqwest::Method;
use serde_json::{Value, json};

use crate::wirings::in_both_wirings;

in_both_wirings!(people_are_known_by_what_the_tenant_says_of_them);

async fn create(api: &Api, path: &str, body: Value) -> Result<Value> {
    api.post(path, &body).await?.ok().with_context(|| path.to_owned())
}

fn name(resource: &Value) -> &str {
    resource["name"].as_str().unwrap_or_default()
}

async fn people_are_known_by_what_the_tenant_says_of_them(suite: Suite) -> Result<()> {
    let api = suite.api();
    let site = json!({"key": "site", "type": "ATTRIBUTE_TYPE_CHOICE", "allowedValues": ["Turku", "Oulu"], "isSegment": true});
    create(&api, "/v1/attributeDefinitions", site).await?;
    let unused = json!({"key": "shoe", "type": "ATTRIBUTE_TYPE_NUMBER"});
    create(&api, "/v1/attributeDefinitions", unused).await?;
    let gone = api::reply(api.request(Method::DELETE, "/v1/attributeDefinitions/shoe")).await?;
    assert_eq!(gone.status, 200, "{}", gone.body);

    let north = create(&api, "/v1/units", json!({"displayName": "North"})).await?;
    let south = create(&api, "/v1/units", json!({"displayName": "South"})).await?;
    let role = create(&api, "/v1/roles", json!({"displayName": "Driver"})).await?;
    let person = |name: &str, site: &str| {
        json!({
            "kind": "PERSON_KIND_EMPLOYEE", "displayName": name, "unit": north["name"], "role": role["name"],
            "attributes": {"site": site}
        })
    };
    let refused = api.post("/v1/people", &person("Aino Esimerkki", "Rauma")).await?;
    let field = refused.body["violations"][0]["field"].as_str().unwrap_or_default();
    assert!(refused.status == 400 && field.contains("site"), "{}", refused.body);
    let aino = create(&api, "/v1/people", person("Aino Esimerkki", "Turku")).await?;
    let double = create(&api, "/v1/people", person("AINO ESIMERKKI", "Oulu")).await?;
    let listed = api.get("/v1/people?attributes=site%3DTurku").await?.ok()?;
    assert_eq!(listed["people"].as_array().map(Vec::len), Some(1), "{listed}");
    let audience = json!({"audience": {
        "kind": "PERSON_KIND_EMPLOYEE", "attributes": [{"key": "site", "values": ["Oulu"]}]
    }});
    let resolved = create(&api, "/v1/audience:resolve", audience).await?;
    assert_eq!(resolved["members"][0]["person"], double["name"]);

    let key = json!({"externalId": {"source": "idp", "externalId": "aino@example.com"}});
    create(&api, &format!("/v1/{}:addExternalId", name(&double)), key).await?;
    let pairs = api.get("/v1/people:duplicates").await?.ok()?;
    assert_eq!(pairs["candidates"][0]["likeness"], json!(["LIKENESS_NAME"]), "{pairs}");
    let merge = json!({"survivor": aino["name"], "duplicates": [double["name"]]});
    let merged = create(&api, "/v1/people:merge", merge).await?;
    assert_eq!(merged["externalIdsMoved"], 1, "{merged}");
    let found = api.get("/v1/people:lookUp?source=idp&externalId=aino%40example.com").await?.ok()?;
    assert_eq!(found["name"], aino["name"]);
    let redirected = api.get(&format!("/v1/{}", name(&double))).await?.ok()?;
    assert_eq!(redirected["name"], aino["name"]);

    let target = api.request(Method::PUT, "/v1/ambassadorTarget").json(&json!({"peoplePerAmbassador": 1}));
    api::reply(target).await?.ok()?;
    let covered = api.get("/v1/ambassadors:coverage?belowTargetOnly=true").await?.ok()?;
    assert_eq!(covered["coverage"][0]["unit"], north["name"], "{covered}");
    let ambassador = json!({"person": aino["name"], "unit": north["name"], "hoursPerMonth": 8});
    create(&api, "/v1/ambassadors", ambassador).await?;
    let covered = api.get("/v1/ambassadors:coverage?belowTargetOnly=true").await?.ok()?;
    assert_eq!(covered["coverage"].as_array().map_or(0, Vec::len), 0, "{covered}");

    let edge =
        json!({"from": north["name"], "to": "segments/retail", "words": {"byLanguage": {"en": "brings it"}}});
    create(&api, "/v1/servesEdges", edge).await?;
    let path = api.get(&format!("/v1/servesEdges:pathToCustomer?from={}", name(&role))).await?.ok()?;
    assert_eq!(path["steps"].as_array().map(Vec::len), Some(2), "{path}");

    let merge = json!({"from": [north["name"]], "into": south["name"], "validFrom": {"year": 2099, "month": 1, "day": 1}});
    let merged = create(&api, "/v1/units:merge", merge).await?;
    assert_eq!(merged["peopleMoved"], 1, "{merged}");
    let leave = json!({"state": "EMPLOYMENT_STATE_LONG_LEAVE"});
    let changed = create(&api, &format!("/v1/{}:changeEmployment", name(&aino)), leave).await?;
    assert_eq!(changed["person"]["employmentState"], "EMPLOYMENT_STATE_LONG_LEAVE", "{changed}");
    let refused = api.post("/v1/people", &json!({"kind": "PERSON_KIND_LEADER", "displayName": "Bo"})).await?;
    assert_eq!(refused.status, 400, "{}", refused.body);
    Ok(())
}
