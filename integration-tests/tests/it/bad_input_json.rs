//! JSON that is broken in the ways that break parsers.

use anyhow::Result;
use arki_integration_tests::{Suite, api};
use reqwest::Method;

use crate::wirings::in_both_wirings;

in_both_wirings!(json_that_breaks_parsers_is_refused_by_place, addresses_that_are_none_are_refused);

/// Deeper than any stack would take.
const DEPTH: usize = 10_000;

fn nested(open: &str, inside: &str, close: &str) -> Vec<u8> {
    [open.repeat(DEPTH), inside.to_owned(), close.repeat(DEPTH)].concat().into_bytes()
}

async fn json_that_breaks_parsers_is_refused_by_place(suite: Suite) -> Result<()> {
    let api = suite.api();
    let send = async |path: &str, body: Vec<u8>| {
        let request = api.request(Method::POST, path).header("content-type", "application/json");
        api::reply(request.body(body)).await
    };
    let latin = b"{\"displayName\": \"\xe4iti\"}".to_vec();
    let deep_words = |text: &str| format!("{{\"statement\": {text}}}").into_bytes();
    for (what, path, body, field) in [
        ("objects in a string's place", "/v1/units", nested("{\"parent\": ", "1", "}"), "unit.parent"),
        ("lists in an object's place", "/v1/units", nested("[", "", "]"), "unit"),
        ("objects without an end", "/v1/units", nested("{\"parent\": ", "", ""), "unit.parent"),
        (
            "words in words",
            "/v1/visions",
            deep_words(&String::from_utf8(nested("{\"byLanguage\": ", "{}", "}"))?),
            "vision.statement.byLanguage.byLanguage",
        ),
        ("Latin-1", "/v1/units", latin, "unit.displayName"),
        ("half a surrogate", "/v1/units", br#"{"displayName": "\ud800"}"#.to_vec(), "unit.displayName"),
        (
            "a field twice",
            "/v1/units",
            br#"{"displayName": "A", "displayName": "B"}"#.to_vec(),
            "unit.displayName",
        ),
        (
            "a field by both its names",
            "/v1/units",
            br#"{"displayName": "A", "display_name": "B"}"#.to_vec(),
            "unit.displayName",
        ),
        ("a second document", "/v1/units", br#"{"displayName": "A"} {}"#.to_vec(), "unit"),
        ("null", "/v1/units", br#"{"displayName": null}"#.to_vec(), "unit.displayName"),
        ("a number beyond all", "/v1/goals", br#"{"weight": 1e999}"#.to_vec(), "goal.weight"),
        ("a number that is none", "/v1/goals", br#"{"weight": NaN}"#.to_vec(), "goal.weight"),
        ("nothing", "/v1/units", Vec::new(), "unit"),
    ] {
        let reply = send(path, body).await?;
        let said = (reply.status.as_u16(), reply.reason());
        assert_eq!(said, (400, "MALFORMED_REQUEST"), "{what}: {}", reply.body);
        assert_eq!(reply.body["violations"][0]["field"], field, "{what}: {}", reply.body);
        assert_eq!(reply.headers["content-type"], "application/problem+json");
    }
    let nul = send("/v1/units", br#"{"displayName": "A\u0000B"}"#.to_vec()).await?;
    assert_eq!((nul.status.as_u16(), nul.reason()), (400, "INVALID_FIELDS"));

    // Compressed, or said to be: what is read is what was sent.
    for encoding in ["gzip", "br", "gzip, identity"] {
        let request = api.request(Method::POST, "/v1/units").header("content-encoding", encoding);
        let request = request.header("content-type", "application/json");
        let reply = api::reply(request.body(r#"{"displayName": "A"}"#)).await?;
        let said = (reply.status.as_u16(), reply.reason());
        assert_eq!(said, (415, "UNSUPPORTED_MEDIA_TYPE"), "{encoding}: {}", reply.body);
        assert_eq!(reply.headers["accept-encoding"], "identity");
    }
    let units = api.get("/v1/units").await?.ok()?;
    assert_eq!(units["units"].as_array().map(Vec::len), Some(0), "a refused body changed something");
    let plain = api.request(Method::POST, "/v1/units").header("content-encoding", "identity");
    api::reply(plain.json(&serde_json::json!({"displayName": "A"}))).await?.ok()?;
    Ok(())
}

async fn addresses_that_are_none_are_refused(suite: Suite) -> Result<()> {
    let api = suite.api();
    let person = "per_01jd4k8m3vqz6x7r5t9w2c0y1n";
    for (path, status, reason) in [
        ("/v1/units/nonsense".to_owned(), 400, "INVALID_FIELDS"),
        (format!("/v1/units/{person}"), 400, "INVALID_FIELDS"),
        (format!("/v1/units/{}", "x".repeat(5000)), 400, "INVALID_FIELDS"),
        ("/v1/units/%ff".to_owned(), 404, "ROUTE_NOT_FOUND"),
        ("/v1/units/..%2f..%2fadmin.key".to_owned(), 404, "ROUTE_NOT_FOUND"),
        ("/v1/units?pageSize=many".to_owned(), 400, "INVALID_FIELDS"),
        ("/v1/units?pageSize=-1".to_owned(), 400, "INVALID_FIELDS"),
        ("/v1/units?pageToken=%ff%fe".to_owned(), 400, "INVALID_FIELDS"),
        ("/v1/units?pageToken=AAAA".to_owned(), 400, "PAGE_TOKEN_INVALID"),
        ("/v1/units?colour=red".to_owned(), 400, "INVALID_FIELDS"),
        (format!("/v1/people/{person}"), 404, "PERSON_NOT_FOUND"),
    ] {
        let reply = api.get(&path).await?;
        let said = (reply.status.as_u16(), reply.reason());
        assert_eq!(said, (status, reason), "{:.60}: {}", path, reply.body);
    }
    Ok(())
}
