//! Requests into messages: bodies, parameters, headers, masks.

use std::sync::Arc;

use http::{HeaderValue, Method, Request, StatusCode};
use serde_json::{Value, json};

use super::{contract, nobody, reference, shapes};
use crate::refusal::Refusal;
use crate::rest::request::{self, Assembled};
use crate::rest::route::Route;
use crate::rest::{Match, Rest};
use crate::wiring::Peers;

fn rest() -> Rest {
    let peers = Peers {
        directory: nobody(),
        survey: nobody(),
        scorecard: nobody(),
        goal: nobody(),
        communication: nobody(),
    };
    Rest::new(&contract(), &peers).unwrap()
}

fn try_assemble(
    method: Method,
    uri: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> (Arc<Route>, Result<Assembled, Refusal>) {
    let mut request = Request::new(());
    *request.uri_mut() = uri.parse().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::try_from(*value).unwrap());
    }
    let (parts, ()) = request.into_parts();
    let Match::Route(route, captured) = rest().find(&method, parts.uri.path()) else {
        panic!("no route for {method} {uri}");
    };
    let assembled = request::assemble(&shapes(), &route, &parts, &captured, body.as_bytes());
    (route, assembled)
}

/// The message without the fields that have their default.
fn assemble(method: Method, uri: &str, headers: &[(&'static str, &str)], body: &str) -> Value {
    let assembled = try_assemble(method, uri, headers, body).1.unwrap();
    let options = prost_reflect::SerializeOptions::new();
    assembled.message.serialize_with_options(serde_json::value::Serializer, &options).unwrap()
}

/// The status and the violations of what is refused.
fn refused(method: Method, uri: &str, headers: &[(&'static str, &str)], body: &str) -> (StatusCode, Value) {
    let refusal = try_assemble(method, uri, headers, body).1.unwrap_err();
    let problem: Value = serde_json::from_slice(&refusal.problem("req", false)).unwrap();
    (refusal.status(false), problem)
}

#[test]
fn path_body_and_query_each_fill_their_fields() {
    assert_eq!(assemble(Method::GET, "/v1/plants/mint", &[], ""), json!({"name": "plants/mint"}));
    assert_eq!(
        assemble(Method::POST, "/v1/plants?requestId=r1", &[], r#"{"displayName": "Mint", "leaves": 3}"#),
        json!({"plant": {"displayName": "Mint", "leaves": 3}, "requestId": "r1"})
    );
    assert_eq!(
        assemble(Method::POST, "/v1/plants/mint:water", &[], r#"{"litres": 1, "name": "plants/other"}"#),
        json!({"name": "plants/mint", "litres": 1.0})
    );
    assert_eq!(
        assemble(Method::PUT, "/v1/plants/mint", &[], r#"{"display_name": "Mint"}"#),
        json!({"plant": {"name": "plants/mint", "displayName": "Mint"}})
    );
    assert_eq!(
        assemble(Method::DELETE, "/v1/plants/mint?force=true", &[], ""),
        json!({"name": "plants/mint", "force": true})
    );
    assert_eq!(assemble(Method::POST, "/v1/plants/mint:water", &[], ""), json!({"name": "plants/mint"}));
}

#[test]
fn query_parameters_are_typed() {
    let table = [
        ("pageSize=7", json!({"pageSize": 7})),
        ("page_size=7", json!({"pageSize": 7})),
        ("bed=a%2Bb+c", json!({"bed": "a+b c"})),
        (
            "habits=HABIT_ANNUAL&habits=HABIT_PERENNIAL",
            json!({"habits": ["HABIT_ANNUAL", "HABIT_PERENNIAL"]}),
        ),
        ("inFlower=false", json!({"inFlower": false})),
        ("planted=2026-05-31", json!({"planted": {"year": 2026, "month": 5, "day": 31}})),
        ("planted.year=2026&planted.month=5", json!({"planted": {"year": 2026, "month": 5}})),
        ("since=2026-01-31T12:00:00Z", json!({"since": "2026-01-31T12:00:00Z"})),
        ("watering=3.5s", json!({"watering": "3.500s"})),
        ("seeds=-9007199254740993", json!({"seeds": "-9007199254740993"})),
        ("height=1e3", json!({"height": 1000.0})),
        ("fields=displayName,soil.acidity", json!({"fields": "displayName,soil.acidity"})),
        ("&&bed=x", json!({"bed": "x"})),
    ];
    for (query, message) in table {
        assert_eq!(assemble(Method::GET, &format!("/v1/plants?{query}"), &[], ""), message, "{query}");
    }
    assert_eq!(assemble(Method::GET, "/v1/beds/7/plants", &[], ""), json!({"bed": "beds/7"}));
}

#[test]
fn every_wrong_parameter_is_named() {
    let uri = "/v1/plants?pageSize=x&colour=red&habits=HABIT_BLUE&seeds=1.5&height=NaN&bed=a&bed=b&planted=2026\
               &inFlower=1&since=today&pageToken=%ff";
    let (status, problem) = refused(Method::GET, uri, &[], "");
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["reason"], "INVALID_FIELDS");
    let fields: Vec<_> =
        problem["violations"].as_array().unwrap().iter().map(|v| v["field"].as_str().unwrap()).collect();
    assert_eq!(
        fields,
        [
            "pageSize",
            "colour",
            "habits",
            "seeds",
            "height",
            "bed",
            "planted",
            "inFlower",
            "since",
            "pageToken"
        ]
    );
}

#[test]
fn a_field_of_the_path_or_the_body_is_no_parameter() {
    for uri in ["/v1/beds/7/plants?bed=beds/8", "/v1/plants/mint?name=plants/x"] {
        let (status, _) = refused(Method::GET, uri, &[], "");
        assert_eq!(status, StatusCode::BAD_REQUEST, "{uri}");
    }
    let (status, _) = refused(Method::POST, "/v1/plants?plant.leaves=3", &[], "{}");
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = refused(Method::POST, "/v1/plants/mint:water?litres=3", &[], "{}");
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[test]
fn a_wrong_body_is_refused_with_its_place() {
    let table = [
        ("{", "", 1),
        ("{\"displayName\": \"Mint\",\n \"colour\": 1}", "plant.colour", 2),
        ("{\"leaves\": \"3\"}", "plant.leaves", 1),
        ("{\"leaves\": 3.5}", "plant.leaves", 1),
        ("{\"leaves\": 2147483648}", "plant.leaves", 1),
        ("{\"soil\": {\"mixture\": {\"sand\": true}}}", "plant.soil.mixture.sand", 1),
        ("{\"tags\": [\"a\", 1]}", "plant.tags[1]", 1),
        ("{\"labels\": {\"a\": 1}}", "plant.labels.a", 1),
        ("{\"neighbours\": [{\"habit\": \"HABIT_BLUE\"}]}", "plant.neighbours[0].habit", 1),
        ("{\"habit\": 1}", "plant.habit", 1),
        ("{\"leaves\": null}", "plant.leaves", 1),
        ("{\"leaves\": 1, \"leaves\": 2}", "plant.leaves", 1),
        ("{\"pot\": \"a\", \"bed\": \"b\"}", "plant.bed", 1),
        ("{\"createTime\": \"yesterday\"}", "plant.createTime", 1),
        ("{\"picture\": \"?\"}", "plant.picture", 1),
        ("{} {}", "plant", 1),
        ("[]", "plant", 1),
        ("{\"seeds\": \"x\"}", "plant.seeds", 1),
    ];
    for (body, field, line) in table {
        let (status, problem) = refused(Method::POST, "/v1/plants", &[], body);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(problem["reason"], "MALFORMED_REQUEST", "{body}");
        assert_eq!(problem["metadata"]["line"], line.to_string(), "{body}");
        assert!(problem["metadata"]["column"].as_str().unwrap().parse::<usize>().is_ok(), "{body}");
        let expected = if field.is_empty() { "plant" } else { field };
        assert_eq!(problem["violations"][0]["field"], expected, "{body}: {problem}");
    }
}

#[test]
fn a_body_nested_beyond_reason_is_refused() {
    let body = format!("{}{}", "{\"neighbours\": [".repeat(100), "]}".repeat(100));
    let (status, _) = refused(Method::POST, "/v1/plants", &[], &body);
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[test]
fn a_partial_update_changes_what_its_body_names() {
    let body = r#"{"name": "plants/x", "displayName": "Mint", "leaves": 0, "createTime": "2026-01-01T00:00:00Z",
                   "soil": {"mixture": {"sand": 0, "clay": 3}}, "tags": ["a"], "labels": {"k": "v"}, "etag": "7",
                   "numbers": {}, "neighbours": [{"leaves": 1}], "watering": "1s"}"#;
    let message = assemble(Method::PATCH, "/v1/plants/mint", &[], body);
    let mask = message["updateMask"].as_str().unwrap();
    assert_eq!(mask, "displayName,leaves,soil,tags,labels,numbers,neighbours,watering");
    assert_eq!(message["plant"]["name"], "plants/mint");
}

#[test]
fn a_mask_that_is_given_stands() {
    let message = assemble(Method::PATCH, "/v1/plants/mint?updateMask=displayName,soil.acidity", &[], "{}");
    assert_eq!(message["updateMask"], "displayName,soil.acidity");
    let body = r#"{"plant": {"leaves": 3}, "requestId": "r"}"#;
    let message = assemble(Method::PATCH, "/v1/plants/mint/whole", &[], body);
    assert_eq!(message["updateMask"], "leaves");
    let body = r#"{"plant": {"leaves": 3}, "updateMask": "tags"}"#;
    let message = assemble(Method::PATCH, "/v1/plants/mint/whole", &[], body);
    assert_eq!(message["updateMask"], "tags");
    let message = assemble(Method::PUT, "/v1/plants/mint", &[], r#"{"leaves": 3}"#);
    assert_eq!(message.get("updateMask"), None);
}

#[test]
fn an_update_that_names_nothing_is_refused() {
    for body in ["{}", r#"{"name": "plants/mint", "etag": "1"}"#] {
        let (status, problem) = refused(Method::PATCH, "/v1/plants/mint", &[], body);
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(problem["violations"][0]["field"], "updateMask");
    }
}

#[test]
fn a_resource_that_is_not_sent_is_missed() {
    for (method, uri) in [(Method::POST, "/v1/plants"), (Method::PATCH, "/v1/plants/mint?updateMask=leaves")]
    {
        let (status, problem) = refused(method, uri, &[], "");
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(problem["reason"], "MALFORMED_REQUEST");
        assert_eq!(problem["violations"][0]["field"], "plant");
    }
}

#[test]
fn headers_fill_the_etag_and_the_request_id() {
    for value in ["\"7\"", "W/\"7\"", "7"] {
        let message = assemble(Method::PATCH, "/v1/plants/mint", &[("if-match", value)], r#"{"leaves": 1}"#);
        assert_eq!(message["plant"]["etag"], "7", "{value}");
    }
    let message = assemble(Method::POST, "/v1/plants/mint:water", &[("if-match", "\"7\"")], "");
    assert_eq!(message["etag"], "7");
    for value in ["\"k-1\"", "k-1"] {
        let headers = [("idempotency-key", value)];
        let (_, assembled) = try_assemble(Method::POST, "/v1/plants", &headers, r#"{"displayName": "Mint"}"#);
        let assembled = assembled.unwrap();
        assert!(assembled.repeatable);
        assert_eq!(reference(&assembled.message)["requestId"], "k-1");
    }
    let message = assemble(Method::POST, "/v1/plants/mint:water", &[("if-match", "*")], "");
    assert_eq!(message.get("etag"), None);
}

#[test]
fn headers_that_contradict_the_request_are_refused() {
    let table: [(Method, &str, &'static str, &str, &str); 7] = [
        (Method::POST, "/v1/plants", "if-match", "\"7\"", "{}"),
        (Method::PATCH, "/v1/plants/mint", "if-match", "{}", r#"{"leaves": 1}"#),
        (Method::POST, "/v1/plants", "idempotency-key", "\"\"", "{}"),
        (Method::PATCH, "/v1/plants/mint", "if-match", "\"7\"", r#"{"leaves": 1, "etag": "8"}"#),
        (Method::POST, "/v1/plants/mint:water", "if-match", "\"7\", \"8\"", ""),
        (Method::DELETE, "/v1/plants/mint", "if-match", "\"7\"", ""),
        (Method::POST, "/v1/plants/mint:water", "idempotency-key", "a", r#"{"requestId": "b"}"#),
    ];
    for (method, uri, header, value, body) in table {
        let (status, problem) = refused(method, uri, &[(header, value)], body);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{uri}");
        assert_eq!(problem["violations"][0]["field"], header, "{uri}");
    }
}
