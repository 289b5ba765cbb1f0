//! The edge of the whole contract, with nobody behind it.

use std::sync::Arc;

use arki_gateway::{Config, Gateway, Peers};
use arki_process::{Context, SystemClock};
use arki_rpc::{Peer, Unreachable, client};
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;

use crate::house::{WRITER, authorize, request};

async fn gateway() -> Gateway {
    let context = Context::alone(Arc::new(SystemClock));
    let nobody = || {
        let nobody = Peer::new(tower::service_fn(|_| async { Err(Unreachable::new("nobody is here")) }));
        client::stack(nobody, context.assertion.clone())
    };
    let peers = Peers {
        directory: nobody(),
        survey: nobody(),
        scorecard: nobody(),
        goal: nobody(),
        communication: nobody(),
    };
    Gateway::build(Config::default(), peers, &context).await.unwrap()
}

async fn send(gateway: &Gateway, request: Request<Body>) -> (u16, serde_json::Value) {
    let (parts, body) = gateway.answer(request).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn every_binding_of_the_contract_can_be_served_and_is_documented() {
    let gateway = gateway().await;
    let (status, document) = send(&gateway, request("GET", "/openapi.json", "")).await;
    assert_eq!(status, 200);
    let moving = &document["paths"]["/v1/units/{unit}:move"]["post"];
    assert_eq!(moving["operationId"], "MoveUnit");
    // The pattern of the whole name, `^units/unt_…$`, without what stands in the path anyway.
    let pattern = moving["parameters"][0]["schema"]["pattern"].as_str().unwrap();
    assert!(pattern.starts_with("^unt_[") && pattern.ends_with('$'), "{pattern}");
    assert!(document["paths"].as_object().unwrap().len() > 50);
}

#[tokio::test]
async fn every_reason_of_the_contract_has_a_page() {
    let gateway = gateway().await;
    for reason in ["UNIT_NOT_FOUND", "INVALID_FIELDS", "RATE_LIMITED", "ROUTE_NOT_FOUND"] {
        let (status, _) = send(&gateway, request("GET", &format!("/docs/errors/{reason}"), "")).await;
        assert_eq!(status, 200, "{reason}");
    }
}

#[tokio::test]
async fn when_the_directory_is_away_nobody_is_called_a_stranger() {
    let gateway = gateway().await;
    let mut request = request("GET", "/v1/units", "");
    authorize(&mut request, WRITER);
    let (status, problem) = send(&gateway, request).await;
    assert_eq!((status, &problem["reason"]), (503, &"UNAVAILABLE".into()));
}

#[tokio::test]
async fn a_route_that_only_services_may_call_is_not_there() {
    let gateway = gateway().await;
    let mut request = request("POST", "/arki.directory.v1.DirectoryService/AuthenticateApiKey", "");
    request.headers_mut().insert("content-type", http::HeaderValue::from_static("application/grpc-web"));
    authorize(&mut request, WRITER);
    let (parts, _) = gateway.answer(request).await.into_parts();
    assert_eq!(parts.headers.get("grpc-status").unwrap(), "12");
}
