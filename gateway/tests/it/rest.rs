//! REST through the whole stack.

use serde_json::json;

use crate::house::{House, READER, authorize, request};

#[tokio::test]
async fn a_plant_is_read_with_its_etag_and_its_defaults() {
    let house = House::new().await;
    let answer = house.call("GET", "/v1/plants/mint", "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("etag"), Some("\"7\""));
    let plant = answer.json();
    assert_eq!(plant["name"], "plants/mint");
    assert_eq!(plant["seeds"], "9007199254740993");
    assert_eq!(plant["leaves"], 0);
    assert_eq!(plant["tags"], json!([]));
    assert_eq!(plant.get("stars"), None);
    assert_eq!(plant.get("soil"), None);
    assert_eq!(plant["createTime"], "2026-01-31T12:00:00Z");
}

#[tokio::test]
async fn every_reply_has_a_request_id_and_a_trace() {
    let house = House::new().await;
    for uri in ["/v1/plants/mint", "/v1/plants/missing", "/nowhere", "/livez"] {
        let answer = house.call("GET", uri, "").await;
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert_eq!(id.len(), 32, "{uri}");
        assert_eq!(answer.header("traceparent").unwrap().split('-').count(), 4, "{uri}");
    }
    let answer = house.call_with("GET", "/livez", "", &[("x-request-id", "order-17")]).await;
    assert_eq!(answer.header("x-request-id"), Some("order-17"));
    let answer = house.call_with("GET", "/livez", "", &[("x-request-id", "a b")]).await;
    assert_ne!(answer.header("x-request-id"), Some("a b"));
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let answer = house.call_with("GET", "/livez", "", &[("traceparent", traceparent)]).await;
    assert!(answer.header("traceparent").unwrap().contains("0af7651916cd43dd8448eb211c80319c"));
}

#[tokio::test]
async fn a_plant_is_created_once_by_its_idempotency_key() {
    let house = House::new().await;
    let body =
        r#"{"displayName": "Mint", "planted": {"year": 2026, "month": 5, "day": 1}, "watering": "3.5s"}"#;
    let answer = house.call_with("POST", "/v1/plants", body, &[("idempotency-key", "\"k1\"")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["name"], "plants/new");
    let (rpc, asked, subject) = house.notebook.all().pop().unwrap();
    assert_eq!(rpc, "CreatePlant");
    assert_eq!(asked["requestId"], "k1");
    assert_eq!(asked["plant"]["planted"], json!({"year": 2026, "month": 5, "day": 1}));
    assert_eq!(subject.as_deref(), Some("apiKeys/arki_writer"));
}

#[tokio::test]
async fn a_lost_update_is_412_with_if_match_and_409_without() {
    let house = House::new().await;
    let answer =
        house.call_with("PATCH", "/v1/plants/mint", r#"{"leaves": 3}"#, &[("if-match", "\"6\"")]).await;
    assert_eq!(answer.refusal(), (412, "ETAG_MISMATCH".to_owned()));
    let answer = house.call("PATCH", "/v1/plants/mint", r#"{"leaves": 3, "etag": "6"}"#).await;
    assert_eq!(answer.refusal(), (409, "ETAG_MISMATCH".to_owned()));
    let answer =
        house.call_with("PATCH", "/v1/plants/mint", r#"{"leaves": 3}"#, &[("if-match", "\"7\"")]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(house.notebook.last()["updateMask"], "leaves");
}

#[tokio::test]
async fn verbs_bindings_and_empty_replies_work() {
    let house = House::new().await;
    let answer = house.call("POST", "/v1/plants/mint:water", r#"{"litres": 2}"#).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, Some("\"8\"")));
    assert_eq!(house.call("DELETE", "/v1/plants/mint?force=true", "").await.json(), json!({}));
    assert_eq!(house.notebook.last(), json!({"name": "plants/mint", "force": true}));
    let answer = house.call("GET", "/v1/beds/7/plants?pageSize=1", "").await;
    assert_eq!(answer.json()["plants"][0]["displayName"], "Mint");
    assert_eq!(house.notebook.last(), json!({"bed": "beds/7", "pageSize": 1}));
}

#[tokio::test]
async fn failures_of_a_service_become_problems() {
    let house = House::new().await;
    let answer = house.call("GET", "/v1/plants/missing", "").await;
    assert_eq!(answer.refusal(), (404, "UNIT_NOT_FOUND".to_owned()));
    assert_eq!(answer.json()["metadata"]["name"], "plants/missing");
    let answer = house.call("GET", "/v1/plants/full", "").await;
    assert_eq!(answer.refusal(), (429, "OVERLOADED".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("2"));
    for name in ["bug", "panic"] {
        let answer = house.call("GET", &format!("/v1/plants/{name}"), "").await;
        assert_eq!(answer.refusal(), (500, "INTERNAL".to_owned()));
        assert_eq!(answer.json()["detail"], "internal error");
    }
}

#[tokio::test]
async fn what_is_not_there_or_not_possible_is_said() {
    let house = House::new().await;
    for (method, uri, refusal) in [
        ("GET", "/v1/gaols", (404, "ROUTE_NOT_FOUND")),
        ("GET", "/v1/plants/a/b", (404, "ROUTE_NOT_FOUND")),
        ("POST", "/v1/plants:prune", (404, "ROUTE_NOT_FOUND")),
        ("DELETE", "/v1/plants", (405, "METHOD_NOT_ALLOWED")),
        ("OPTIONS", "/v1/plants", (405, "METHOD_NOT_ALLOWED")),
        ("POST", "/livez", (405, "METHOD_NOT_ALLOWED")),
    ] {
        let answer = house.call(method, uri, "").await;
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.to_owned()), "{method} {uri}");
    }
    assert_eq!(house.call("DELETE", "/v1/plants", "").await.header("allow"), Some("POST, GET"));
}

#[tokio::test]
async fn a_key_decides_who_calls_and_what_may_be_done() {
    let house = House::new().await;
    let answer = house.send(request("GET", "/v1/plants/mint", "")).await;
    assert_eq!(answer.refusal(), (401, "UNAUTHENTICATED".to_owned()));
    assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
    for (key, method, status) in
        [("arki_unknown", "GET", 401), ("none", "GET", 401), (READER, "GET", 200), (READER, "DELETE", 403)]
    {
        let mut request = request(method, "/v1/plants/mint", "");
        authorize(&mut request, key);
        assert_eq!(house.send(request).await.status, status, "{key} {method}");
    }
    let answer = house.send(request("GET", "/v1/seeds/t0ken", "")).await;
    assert_eq!(answer.json(), json!({"displayName": "Oak"}));
    assert_eq!(house.notebook.all().pop().unwrap().2, None);
}

#[tokio::test]
async fn types_that_are_not_spoken_are_refused() {
    let house = House::new().await;
    for content_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded"] {
        let headers = [("content-type", content_type)];
        let answer = house.call_with("POST", "/v1/plants", "{}", &headers).await;
        assert_eq!(answer.refusal(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    }
    let answer = house.call_with("GET", "/v1/plants/mint", "", &[("accept", "text/csv")]).await;
    assert_eq!(answer.refusal(), (406, "NOT_ACCEPTABLE".to_owned()));
}

#[tokio::test]
async fn a_broken_body_names_its_place_and_reaches_no_service() {
    let house = House::new().await;
    let answer = house.call("POST", "/v1/plants", "{\"displayName\": \"Mint\",\n\"colour\": 1}").await;
    assert_eq!(answer.refusal(), (400, "MALFORMED_REQUEST".to_owned()));
    let problem = answer.json();
    assert_eq!(problem["metadata"]["line"], "2");
    assert_eq!(problem["violations"][0]["field"], "plant.colour");
    assert!(house.notebook.all().is_empty());
}
