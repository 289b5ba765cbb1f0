//! What every client of SCIM may count on: media types, errors, conditions, bulk, keys.

use std::time::Duration;

use anyhow::Result;
use arki_integration_tests::{Suite, api};
use reqwest::Method;
use serde_json::{Value, json};

use crate::scim_provider::{GROUP, Provider, USER};
use crate::wirings::in_both_wirings;

in_both_wirings!(scim_keeps_its_protocol, keys_of_providers_rotate_and_end_at_their_tenant);

async fn scim_keeps_its_protocol(suite: Suite) -> Result<()> {
    let provider = Provider::new(&suite).await?;
    discovery(&provider).await?;
    refusals(&provider).await?;
    versions(&provider).await?;
    pages_and_null_updates(&provider).await?;
    bulk(&provider).await
}

async fn discovery(provider: &Provider) -> Result<()> {
    let config = provider.get("/ServiceProviderConfig").await?.ok()?;
    assert_eq!(config["bulk"]["supported"], true);
    let schemas = provider.get("/Schemas").await?.ok()?;
    assert!(!schemas.to_string().contains("null"), "Entra ID trips over nulls");
    for schema in schemas["Resources"].as_array().unwrap() {
        let id = schema["id"].as_str().unwrap();
        assert_eq!(provider.get(&format!("/Schemas/{id}")).await?.ok()?["name"], schema["name"]);
        let location = schema["meta"]["location"].as_str().unwrap();
        assert!(location.starts_with("http://127.0.0.1:"), "{location}");
    }
    assert_eq!(provider.get("/ResourceTypes/User").await?.ok()?["endpoint"], "/Users");
    for place in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/ResourceTypes/User"] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let reply = provider.send(method.clone(), place, Some(&json!({}))).await?;
            assert_eq!(
                (reply.status.as_u16(), &reply.headers["allow"]),
                (405, &"GET".parse()?),
                "{method} {place}"
            );
        }
    }
    Ok(())
}

async fn refusals(provider: &Provider) -> Result<()> {
    let user = |fields: Value| {
        let mut user = fields;
        user["schemas"] = json!([USER]);
        user
    };
    for (method, path, body, status, scim_type) in [
        (Method::GET, "/Nothing", None, 404, ""),
        (Method::GET, "/Users/per_none", None, 404, ""),
        (Method::GET, "/Me", None, 404, ""),
        (Method::GET, "/Users?filter=userName+eq", None, 400, "invalidFilter"),
        (Method::GET, "/Users?filter=nothing+eq+%22a%22", None, 400, "invalidFilter"),
        (Method::GET, "/Users?sortBy=nothing", None, 400, "invalidPath"),
        (Method::GET, "/Users?count=many", None, 400, "invalidValue"),
        (Method::GET, "/Users?attributes=a&excludedAttributes=b", None, 400, "invalidValue"),
        (Method::GET, "/Schemas?filter=id+pr", None, 403, ""),
        (Method::POST, "/Users", Some(user(json!({}))), 400, "invalidValue"),
        (Method::POST, "/Users", Some(user(json!({"userName": "nul\u{0}"}))), 400, "invalidValue"),
        (Method::POST, "/Users", Some(user(json!({"userName": 7}))), 400, "invalidValue"),
        (Method::POST, "/Users", Some(json!({"userName": "a"})), 400, "invalidSyntax"),
        (Method::POST, "/Users", Some(json!([])), 400, "invalidSyntax"),
        (Method::POST, "/Users/.search", Some(json!({})), 400, "invalidSyntax"),
        (Method::PUT, "/Users", Some(json!({})), 405, ""),
        (Method::POST, "/Bulk", Some(json!({})), 400, "invalidSyntax"),
    ] {
        let reply = provider.send(method, path, body.as_ref()).await?;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
        assert_eq!(reply.body["scimType"].as_str().unwrap_or_default(), scim_type, "{path}");
    }
    let request = |content_type: &str, body: &'static str| {
        let request = provider.api.request(Method::POST, "/scim/v2/Users");
        api::reply(request.header("content-type", content_type).body(body))
    };
    let broken = request("application/scim+json", "{\"userName\": ").await?;
    assert_eq!((broken.status.as_u16(), &broken.body["scimType"]), (400, &json!("invalidSyntax")));
    assert_eq!(request("text/plain", "a").await?.status, 415);
    let nobody = provider.api.with_key("");
    let nobody = api::reply(nobody.request(Method::GET, "/scim/v2/Users")).await?;
    assert_eq!((nobody.status.as_u16(), &nobody.body["status"]), (401, &json!("401")));
    assert!(nobody.headers.contains_key("www-authenticate"));
    Ok(())
}

async fn versions(provider: &Provider) -> Result<()> {
    let id = provider.user(json!({"userName": "etag@example.com", "displayName": "E"})).await?;
    let at = format!("/scim/v2/Users/{id}");
    let first = provider.get(&format!("/Users/{id}")).await?;
    let etag = first.headers["etag"].to_str()?.to_owned();
    assert_eq!(first.body["meta"]["version"], json!(etag));
    let get = provider.api.request(Method::GET, &at).header("if-none-match", &etag);
    assert_eq!(api::reply(get).await?.status, 304);
    let put = |tag: &str| {
        let body = json!({"schemas": [USER], "userName": "etag@example.com", "displayName": "New"});
        api::reply(provider.api.request(Method::PUT, &at).header("if-match", tag).json(&body))
    };
    let stale = put("W/\"99\"").await?;
    assert_eq!((stale.status.as_u16(), &stale.body["status"]), (412, &json!("412")));
    assert_eq!(put(&etag).await?.status, 200);
    assert_eq!(put(&etag).await?.status, 412);
    let one = provider.get(&format!("/Users/{id}?attributes=userName")).await?.ok()?;
    let names: Vec<&String> = one.as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "schemas", "userName"]);
    Ok(())
}

async fn pages_and_null_updates(provider: &Provider) -> Result<()> {
    for number in 0..11 {
        provider
            .user(json!({"userName": format!("page{number:02}@example.com"), "userType": "paged"}))
            .await?;
    }
    let mut seen = Vec::new();
    for start in [1, 6, 11] {
        let path = format!("/Users?filter=userType+eq+%22paged%22&startIndex={start}&count=5");
        let page = provider.get(&path).await?.ok()?;
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(11), &json!(start)));
        let users = page["Resources"].as_array().unwrap();
        assert_eq!(page["itemsPerPage"], users.len());
        seen.extend(users.iter().map(|user| user["userName"].to_string()));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 11);
    let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userType eq \"paged\"", "sortBy": "userName", "sortOrder": "descending", "count": 2});
    for place in ["/.search", "/Users/.search"] {
        let found = provider.post(place, &search).await?.ok()?;
        assert_eq!(
            (&found["totalResults"], &found["Resources"][0]["userName"]),
            (&json!(11), &json!("page10@example.com"))
        );
    }
    let id = found_id(&provider.find("Users", "userName eq \"PAGE00@example.com\"").await?);
    let fill = json!([{"op": "add", "value": {"title": "T", "nickName": "N", "phoneNumbers": [{"value": "1", "type": "work"}]}}]);
    assert_eq!(provider.patch(&format!("/Users/{id}"), fill).await?.body["title"], "T");
    let empty = json!([
        {"op": "replace", "path": "title", "value": ""},
        {"op": "replace", "path": "phoneNumbers", "value": null},
        {"op": "replace", "path": "userType", "value": null},
    ]);
    let emptied = provider.patch(&format!("/Users/{id}"), empty).await?.ok()?;
    for name in ["title", "phoneNumbers", "userType"] {
        assert_eq!(emptied.get(name), None, "{emptied}");
    }
    Ok(())
}

fn found_id(list: &Value) -> String {
    list["Resources"][0]["id"].as_str().unwrap().to_owned()
}

async fn bulk(provider: &Provider) -> Result<()> {
    let post = |bulk_id: &str, name: &str| json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {"schemas": [USER], "userName": name}});
    let group = json!({"method": "POST", "path": "/Groups", "bulkId": "g", "data": {
        "schemas": [GROUP], "displayName": "Bulk", "members": [{"value": "bulkId:a"}, {"value": "bulkId:b"}]}});
    let bulk = |operations: Value, errors: u64| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "failOnErrors": errors, "Operations": operations});
    let operations = json!([group, post("a", "bulk.a"), post("b", "bulk.b"), post("c", "BULK.a")]);
    let done = provider.post("/Bulk", &bulk(operations, 0)).await?.ok()?;
    let statuses: Vec<&str> =
        done["Operations"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["201", "201", "201", "409"], "{done}");
    let location = done["Operations"][0]["location"].as_str().unwrap();
    let (_, path) = location.split_once("/scim/v2").unwrap();
    assert_eq!(provider.get(path).await?.ok()?["members"].as_array().unwrap().len(), 2);
    let operations = json!([post("a", "bulk.a"), post("d", "bulk.d")]);
    let stopped = provider.post("/Bulk", &bulk(operations, 1)).await?.ok()?;
    assert_eq!(stopped["Operations"].as_array().unwrap().len(), 1);
    assert_eq!(provider.find("Users", "userName eq \"bulk.d\"").await?["totalResults"], 0);
    let many: Vec<Value> = (0..1_001).map(|number| post(&number.to_string(), "x")).collect();
    assert_eq!(provider.post("/Bulk", &bulk(many.into(), 0)).await?.status, 413);
    let large = json!({"schemas": [USER], "userName": "x".repeat(5 * 1024 * 1024)});
    assert_eq!(provider.post("/Bulk", &large).await?.status, 413);
    Ok(())
}

async fn keys_of_providers_rotate_and_end_at_their_tenant(suite: Suite) -> Result<()> {
    let old = Provider::new(&suite).await?;
    let new = Provider::new(&suite).await?;
    let id = old.user(json!({"userName": "ann@example.com", "externalId": "1"})).await?;
    assert_eq!(new.get(&format!("/Users/{id}")).await?.status, 200, "two keys live at the same time");
    assert_eq!(new.api.get("/v1/people").await?.reason(), "SCOPE_MISSING");
    let reader = json!({"displayName": "reader", "scopes": ["directory.read"]});
    let reader = suite.api().post("/v1/apiKeys", &reader).await?.ok()?;
    let reader = Provider { api: suite.api().with_key(reader["secret"].as_str().unwrap()), ..new.clone() };
    assert_eq!(reader.get("/Users").await?.status, 403);
    let revoked = suite.api().post(&format!("/v1/{}:revoke", old.key), &json!({})).await?;
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    old.api.get_until("/scim/v2/Users", Duration::from_secs(30), |reply| reply.status == 401).await?;
    assert_eq!(new.get("/Users").await?.status, 200);

    let other = suite.api().post("/v1/tenants", &json!({"displayName": "Another"})).await?.ok()?;
    let other = suite.api().with_key(other["adminSecret"].as_str().unwrap());
    let stranger = Provider::of(&other).await?;
    assert_eq!(stranger.get("/Users").await?.ok()?["totalResults"], 0);
    assert_eq!(stranger.get(&format!("/Users/{id}")).await?.status, 404);
    assert_eq!(
        stranger
            .patch(&format!("/Users/{id}"), json!([{"op": "add", "path": "title", "value": "M"}]))
            .await?
            .status,
        404
    );
    assert_eq!(stranger.delete(&format!("/Users/{id}")).await?.status, 404);
    stranger.user(json!({"userName": "ann@example.com", "externalId": "1"})).await?;
    Ok(())
}
