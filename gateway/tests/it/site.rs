//! The edge's own pages, and what every page has.

use arki_gateway::Config;

use crate::house::{House, request};

#[tokio::test]
async fn the_process_says_that_it_lives() {
    let house = House::new().await;
    for uri in ["/healthz", "/livez", "/readyz"] {
        let answer = house.send(request("GET", uri, "")).await;
        assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"ok\n"[..]), "{uri}");
    }
}

#[tokio::test]
async fn the_openapi_document_is_served_and_need_not_be_read_twice() {
    let house = House::new().await;
    let answer = house.send(request("GET", "/openapi.json", "")).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json()["openapi"], "3.1.1");
    let etag = answer.header("etag").unwrap().to_owned();
    let answer = house.call_with("GET", "/openapi.json", "", &[("if-none-match", &etag)]).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0));
    let answer = house.call_with("GET", "/openapi.json", "", &[("if-none-match", "\"other\"")]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn every_type_of_event_has_its_schema() {
    let house = House::new().await;
    let answer = house.send(request("GET", "/docs/events", "")).await;
    let page = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(page.contains("/docs/events/arki.survey.wave.closed.v1"), "{page}");
    let answer = house.send(request("GET", "/docs/events/arki.survey.wave.closed.v1", "")).await;
    assert_eq!(answer.header("content-type"), Some("application/schema+json"));
    assert_eq!(answer.json()["properties"]["wave"]["type"], "string");
    // What stays inside has no schema outside.
    let answer = house.send(request("GET", "/docs/events/arki.survey.responses.counted.v1", "")).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn the_documents_are_pages_with_a_place_for_each_rpc() {
    let house = House::new().await;
    let answer = house.send(request("GET", "/docs", "")).await;
    let page = String::from_utf8(answer.body.to_vec()).unwrap();
    for part in ["id=\"GardenService.GetPlant\"", "/v1/plants/*:water", "goal.write", "Public: no key needed"]
    {
        assert!(page.contains(part), "{part}");
    }
    for part in ["PrunePlants", "<script", "style=\""] {
        assert!(!page.contains(part), "{part}");
    }
    let style = house.send(request("GET", "/docs/style.css", "")).await;
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
}

#[tokio::test]
async fn reasons_of_errors_have_pages_and_unknown_ones_are_escaped() {
    let house = House::new().await;
    let answer = house.send(request("GET", "/docs/errors/%3Cb%3E", "")).await;
    assert_eq!(answer.status, 404);
    assert!(!String::from_utf8(answer.body.to_vec()).unwrap().contains("<b>"));
    assert_eq!(house.send(request("GET", "/docs/errors", "")).await.status, 200);
}

#[tokio::test]
async fn every_reply_tells_browsers_to_be_careful() {
    let house = House::new().await;
    for uri in ["/docs", "/nowhere", "/v1/plants/mint"] {
        let answer = house.send(request("GET", uri, "")).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{uri}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{uri}");
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"), "{uri}");
    }
}

#[tokio::test]
async fn only_configured_origins_may_call() {
    let origin = "https://console.example";
    let house = House::with(Config { cors_origins: vec![origin.to_owned()], ..Config::default() }).await;
    let preflight = [("origin", origin), ("access-control-request-method", "PATCH")];
    let answer = house.call_with("OPTIONS", "/v1/plants/mint", "", &preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    let answer = house.call_with("GET", "/v1/plants/mint", "", &[("origin", origin)]).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("grpc-status-details-bin") && exposed.contains("etag"));
    let answer = house.call_with("GET", "/v1/plants/mint", "", &[("origin", "https://other.example")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let answer = House::new().await.call_with("OPTIONS", "/v1/plants/mint", "", &preflight).await;
    assert_eq!(answer.status, 405);
}
