//! What comes in wrong gets a clear error that names the input, and changes nothing.

use anyhow::Result;
use arki_integration_tests::{Suite, api};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::wirings::in_both_wirings;

in_both_wirings!(
    malformed_bodies_are_refused_by_name,
    a_broken_file_changes_nothing_and_names_line_and_column,
    keys_are_needed_scoped_and_revocable,
    a_retry_with_the_same_key_has_one_effect,
    words_are_changed_by_the_body_alone,
);

async fn malformed_bodies_are_refused_by_name(suite: Suite) -> Result<()> {
    let api = suite.api();
    let send = async |body: &str, content: &str| {
        let request = api.request(Method::POST, "/v1/units").header("content-type", content.to_owned());
        api::reply(request.body(body.to_owned())).await
    };
    let broken = send("{\"displayName\": ", "application/json").await?;
    assert_eq!((broken.status, broken.reason()), (StatusCode::BAD_REQUEST, "MALFORMED_REQUEST"));
    let unknown = send("{\"displayName\": \"A\", \"colour\": \"red\"}", "application/json").await?;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.body.to_string().contains("colour"), "{}", unknown.body);
    let wrong_type = send("{\"displayName\": 7}", "application/json").await?;
    assert_eq!((wrong_type.status, wrong_type.reason()), (StatusCode::BAD_REQUEST, "MALFORMED_REQUEST"));
    let empty = send("{}", "application/json").await?;
    assert_eq!(empty.reason(), "INVALID_FIELDS");
    assert_eq!(empty.body["violations"][0]["field"], "unit.displayName");
    let media = send("<unit/>", "text/xml").await?;
    assert_eq!(media.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = format!("{{\"displayName\": \"{}\"}}", "x".repeat(5 * 1024 * 1024));
    let large = send(&large, "application/json").await?;
    assert_eq!((large.status, large.reason()), (StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE"));
    let nowhere = api.get("/v1/gaols").await?;
    assert_eq!((nowhere.status, nowhere.reason()), (StatusCode::NOT_FOUND, "ROUTE_NOT_FOUND"));
    let put = api::reply(api.request(Method::PUT, "/v1/units")).await?;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(put.headers.contains_key("allow"));
    for reply in [broken, unknown, wrong_type, empty, media, large, nowhere, put] {
        assert_eq!(reply.headers["content-type"], "application/problem+json", "{}", reply.body);
        assert!(reply.headers.contains_key("x-request-id"));
        assert_eq!(reply.body["status"], reply.status.as_u16());
    }
    let units = api.get("/v1/units").await?.ok()?;
    assert_eq!(units["units"].as_array().map(Vec::len), Some(0), "a refused body changed something");
    Ok(())
}

async fn a_broken_file_changes_nothing_and_names_line_and_column(suite: Suite) -> Result<()> {
    let api = suite.api();
    let columns = json!({
        "Id": "person_id", "Name": "name", "Unit": "unit_id", "Boss": "manager_id", "Start": "start_date"
    });
    let import = async |content: &str| {
        let body = json!({"content": content, "mapping": {"columns": columns}});
        api.post("/v1/hrFiles:import", &body).await?.ok()
    };
    // A byte order mark, semicolons and a quoted line break are fine; a bad date and a circle of managers are not.
    let head = "\u{feff}Id;Name;Unit;Boss;Start\n1;\"Aino\nEsimerkki\";A;;2024-01-01\n";
    let report = import(&format!("{head}2;Eino Mallinen;A;1;31.31.2024\n")).await?;
    let error = &report["errors"][0];
    assert_eq!((error["line"].as_str(), error["column"].as_str()), (Some("4"), Some("Start")), "{report}");
    let circle = "3;Helmi Testinen;A;4;2024-01-01\n4;Onni Koekivi;A;3;2024-01-01\n";
    let report = import(&format!("{head}{circle}")).await?;
    assert_eq!(report["errors"][0]["column"], "Boss", "{report}");
    let people = api.get("/v1/people").await?.ok()?;
    assert_eq!(people["people"].as_array().map(Vec::len), Some(0), "a broken file changed something");
    let fine = format!("{head}2;Eino Mallinen;A;1;2024-01-31\n");
    assert_eq!(import(&fine).await?["errorCount"], "0");
    let again = import(&fine).await?;
    let counts = again["counts"].as_array().unwrap();
    assert!(counts.iter().all(|count| count["created"] == "0" && count["updated"] == "0"), "{again}");
    Ok(())
}

async fn keys_are_needed_scoped_and_revocable(suite: Suite) -> Result<()> {
    let api = suite.api();
    assert_eq!(api.with_key("").get("/v1/units").await?.reason(), "UNAUTHENTICATED");
    assert_eq!(api.with_key("arki_nonsense").get("/v1/units").await?.status, StatusCode::UNAUTHORIZED);
    let key = api
        .post("/v1/apiKeys", &json!({"displayName": "reader", "scopes": ["directory.read"]}))
        .await?
        .ok()?;
    let reader = api.with_key(key["secret"].as_str().unwrap());
    assert!(reader.get("/v1/units").await?.status.is_success());
    let refused = reader.post("/v1/units", &json!({"displayName": "A"})).await?;
    assert_eq!((refused.status, refused.reason()), (StatusCode::FORBIDDEN, "SCOPE_MISSING"));
    let name = key["apiKey"]["name"].as_str().unwrap();
    api.post(&format!("/v1/{name}:revoke"), &json!({})).await?.ok()?;
    let patience = std::time::Duration::from_secs(30);
    reader.get_until("/v1/units", patience, |reply| reply.status == StatusCode::UNAUTHORIZED).await?;
    let listed = api.get("/v1/apiKeys").await?.ok()?;
    assert!(!listed.to_string().contains(key["secret"].as_str().unwrap()));
    Ok(())
}

async fn a_retry_with_the_same_key_has_one_effect(suite: Suite) -> Result<()> {
    let api = suite.api();
    let create = async |name: &str| {
        let request = api.request(Method::POST, "/v1/units").header("idempotency-key", "\"first-unit\"");
        api::reply(request.json(&json!({"displayName": name}))).await
    };
    let first = create("Sales").await?.ok()?;
    assert_eq!(create("Sales").await?.ok()?, first);
    let other = create("Marketing").await?;
    assert_eq!((other.status, other.reason()), (StatusCode::CONFLICT, "REQUEST_ID_REUSED"));
    let units = api.get("/v1/units").await?.ok()?;
    assert_eq!(units["units"].as_array().map(Vec::len), Some(1));
    let etag = first["etag"].as_str().unwrap();
    let path = format!("/v1/{}", first["name"].as_str().unwrap());
    let change = async |etag: &str, name: &str| {
        let request = api.request(Method::PATCH, &path).header("if-match", format!("\"{etag}\""));
        api::reply(request.json(&json!({"displayName": name}))).await
    };
    assert_eq!(change(etag, "Sales and service").await?.ok()?["displayName"], "Sales and service");
    assert_eq!(change(etag, "Sales again").await?.status, StatusCode::PRECONDITION_FAILED);
    Ok(())
}

async fn words_are_changed_by_the_body_alone(suite: Suite) -> Result<()> {
    let api = suite.api();
    let words = |text: &str| json!({"byLanguage": {"en": text}});
    let message = json!({"kind": "MESSAGE_KIND_FOCUS", "subject": words("Before"), "body": words("Before")});
    for (path, field, body) in [
        ("/v1/visions", "statement", json!({"statement": words("Before"), "staffMeaning": words("Before")})),
        ("/v1/messages", "subject", message),
    ] {
        let made = api.post(path, &body).await?.ok()?;
        let address = format!("/v1/{}", made["name"].as_str().unwrap());
        let changed = api.patch(&address, &json!({field: words("After")})).await?.ok()?;
        assert_eq!(changed[field], words("After"), "{path}");
        let other = if field == "statement" { "staffMeaning" } else { "body" };
        assert_eq!(changed[other], words("Before"), "{path}");
    }
    Ok(())
}
