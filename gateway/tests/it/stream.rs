//! Streams as JSON lines.

use http::HeaderValue;
use serde_json::{Value, json};

use crate::house::{Answer, House, WRITER, authorize, request};

fn lines(answer: &Answer) -> Vec<Value> {
    answer
        .body
        .split(|byte| *byte == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect()
}

async fn send_lines(house: &House, uri: &str, body: &str) -> Answer {
    let mut request = request("POST", uri, body);
    authorize(&mut request, WRITER);
    request.headers_mut().insert("content-type", HeaderValue::from_static("application/x-ndjson"));
    house.send(request).await
}

#[tokio::test]
async fn a_streamed_reply_is_a_line_for_each_message() {
    let house = House::new().await;
    let answer = house.call("GET", "/v1/plants:watch?count=3", "").await;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let names: Vec<_> = lines(&answer).iter().map(|line| line["displayName"].clone()).collect();
    assert_eq!(names, ["Mint 0", "Mint 1", "Mint 2"]);
    assert!(house.call("GET", "/v1/plants:watch", "").await.body.is_empty());
}

#[tokio::test]
async fn a_stream_that_fails_ends_in_a_problem() {
    let house = House::new().await;
    let answer = house.call("GET", "/v1/plants:watch?count=2&fail=true", "").await;
    assert_eq!(answer.status, 200);
    let lines = lines(&answer);
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[2]["status"], &lines[2]["reason"]), (&json!(429), &json!("OVERLOADED")));
    assert_eq!(lines[2]["instance"], answer.header("x-request-id").unwrap());
}

#[tokio::test]
async fn a_stream_that_fails_before_its_first_line_is_refused_as_a_whole() {
    let house = House::new().await;
    let answer = house.call("GET", "/v1/plants:watch?fail=true", "").await;
    assert_eq!(answer.refusal(), (429, "OVERLOADED".to_owned()));
}

#[tokio::test]
async fn lines_become_a_stream_with_the_path_in_each_message() {
    let house = House::new().await;
    let body = "{\"plant\": {\"leaves\": 1}}\n\n{\"plant\": {\"leaves\": 2}}\r\n{}";
    let answer = send_lines(&house, "/v1/beds/7/plants:count", body).await;
    assert_eq!(answer.json(), json!({"count": 3, "bed": "beds/7"}));
    assert!(house.notebook.all().iter().all(|(_, asked, _)| asked["bed"] == "beds/7"));
}

#[tokio::test]
async fn a_broken_line_is_named_and_breaks_the_stream_off() {
    let house = House::new().await;
    let body = "{\"plant\": {\"leaves\": 1}}\n{\"plant\": {\"leaves\": \"x\"}}\n{}";
    let answer = send_lines(&house, "/v1/beds/7/plants:count", body).await;
    assert_eq!(answer.refusal(), (400, "MALFORMED_REQUEST".to_owned()));
    let problem = answer.json();
    assert_eq!(problem["metadata"]["line"], "2");
    assert_eq!(problem["violations"][0]["field"], "plant.leaves");
}

#[tokio::test]
async fn lines_are_answered_by_lines() {
    let house = House::new().await;
    let body = "{\"plant\": {\"displayName\": \"Mint\"}}\n{\"plant\": {\"displayName\": \"Thyme\"}}\n";
    let answer = send_lines(&house, "/v1/plants:row", body).await;
    assert_eq!(lines(&answer), [json!({"displayName": "Mint"}), json!({"displayName": "Thyme"})]);
    let body = "{\"plant\": {\"displayName\": \"Mint\"}}\n{\"colour\": 1}\n";
    let answer = send_lines(&house, "/v1/plants:row", body).await;
    let last = lines(&answer).pop().unwrap();
    assert_eq!((&last["status"], &last["violations"][0]["field"]), (&json!(400), &json!("colour")));
}

#[tokio::test]
async fn a_stream_of_another_type_is_refused() {
    let house = House::new().await;
    let headers = [("content-type", "text/csv")];
    let answer = house.call_with("POST", "/v1/beds/7/plants:count", "{}", &headers).await;
    assert_eq!(answer.refusal(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
}

#[tokio::test]
async fn a_list_is_a_stream_that_is_read_before_it_is_sent() {
    let house = House::new().await;
    let answer = house.call("POST", "/v1/beds/7/plants:count", "[{\"plant\": {\"leaves\": 1}}, {}]").await;
    assert_eq!(answer.json(), json!({"count": 2, "bed": "beds/7"}));
    let answer = house.call("POST", "/v1/plants:row", "[{\"plant\": {\"displayName\": \"Mint\"}}]").await;
    assert_eq!(lines(&answer), [json!({"displayName": "Mint"})]);
    let before = house.notebook.all().len();
    let broken = "[{\"plant\": {\"displayName\": \"Mint\"}},\n {\"colour\": 1}]";
    let answer = house.call("POST", "/v1/plants:row", broken).await;
    assert_eq!(answer.refusal(), (400, "MALFORMED_REQUEST".to_owned()));
    assert_eq!(answer.json()["metadata"]["line"], "2");
    for body in ["{}", "[{}", ""] {
        let answer = house.call("POST", "/v1/plants:row", body).await;
        assert_eq!(answer.status, if body.is_empty() { 415 } else { 400 }, "{body}");
    }
    assert_eq!(house.notebook.all().len(), before);
}
