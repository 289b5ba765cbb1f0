//! Limits of size, rate and time.

use std::time::{Duration, Instant};

use arki_gateway::Config;
use axum::body::Body;
use http::{HeaderValue, Request};

use crate::house::{House, READER, WRITER, authorize, request};

#[tokio::test]
async fn a_body_larger_than_the_limit_is_refused_with_and_without_its_length() {
    let house = House::with(Config { body_limit_bytes: 100, ..Config::default() }).await;
    let body = format!("{{\"displayName\": \"{}\"}}", "x".repeat(200));
    let answer = house.call("POST", "/v1/plants", &body).await;
    assert_eq!(answer.refusal(), (413, "BODY_TOO_LARGE".to_owned()));
    assert_eq!(answer.json()["metadata"]["limit_bytes"], "100");

    let chunks = futures::stream::iter([Ok::<_, std::convert::Infallible>(body.clone())]);
    let mut request = Request::post("/v1/plants").body(Body::from_stream(chunks)).unwrap();
    request.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    authorize(&mut request, WRITER);
    assert_eq!(house.send(request).await.refusal(), (413, "BODY_TOO_LARGE".to_owned()));
    assert!(house.notebook.all().is_empty());
}

#[tokio::test]
async fn imports_may_be_larger() {
    let config = Config { body_limit_bytes: 100, import_body_limit_bytes: 1000, ..Config::default() };
    let house = House::with(config).await;
    let body = |length| format!("{{\"content\": \"{}\"}}", "x".repeat(length));
    let answer = house.call("POST", "/v1/catalogues:import", &body(500)).await;
    assert_eq!(answer.json()["size"], "500");
    let answer = house.call("POST", "/v1/catalogues:import", &body(1000)).await;
    assert_eq!(answer.refusal(), (413, "BODY_TOO_LARGE".to_owned()));
}

#[tokio::test]
async fn a_hasty_key_is_slowed_down_and_others_are_not() {
    let house = House::with(Config { key_requests_per_second: 2, ..Config::default() }).await;
    let began = Instant::now();
    let calls = (0..50).map(|_| house.call("GET", "/v1/plants/mint", ""));
    let statuses: Vec<_> =
        futures::future::join_all(calls).await.into_iter().map(|answer| answer.status.as_u16()).collect();
    let allowed = statuses.iter().filter(|status| **status == 200).count();
    // Two at once, and two more for each second that a slow machine takes.
    let most = 2.0 + 2.0 * began.elapsed().as_secs_f64();
    assert!(allowed >= 2 && allowed as f64 <= most.ceil(), "{allowed} of {most}: {statuses:?}");
    let refused = loop {
        let answer = house.call("GET", "/v1/plants/mint", "").await;
        if answer.status != 200 {
            break answer;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "it is slowed down no more");
    };
    assert_eq!(refused.refusal(), (429, "RATE_LIMITED".to_owned()));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.json()["metadata"]["limit"], "2");

    let mut other = request("GET", "/v1/plants/mint", "");
    authorize(&mut other, READER);
    assert_eq!(house.send(other).await.status, 200);
}

#[tokio::test]
async fn keys_of_one_tenant_share_its_limit() {
    // The first call of a key is refused only for what another key did. On a slow machine a second may pass between
    // the two, so there are some tries.
    for _ in 0..20 {
        let house = House::with(Config { tenant_requests_per_second: 1, ..Config::default() }).await;
        assert_eq!(house.call("GET", "/v1/plants/mint", "").await.status, 200);
        let mut other = request("GET", "/v1/plants/mint", "");
        authorize(&mut other, READER);
        let answer = house.send(other).await;
        if answer.status != 200 {
            assert_eq!(answer.refusal(), (429, "RATE_LIMITED".to_owned()));
            return;
        }
    }
    panic!("the other key was never refused");
}

#[tokio::test(start_paused = true)]
async fn a_request_has_its_time_and_no_more() {
    let house = House::with(Config { deadline_seconds: 3, ..Config::default() }).await;
    let began = tokio::time::Instant::now();
    let answer = house.call("GET", "/v1/plants/slow", "").await;
    assert_eq!(answer.refusal(), (504, "DEADLINE_EXCEEDED".to_owned()));
    assert!(began.elapsed() <= Duration::from_millis(3_100), "{:?}", began.elapsed());
}
