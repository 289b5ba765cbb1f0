//! What only a socket shows: both versions of HTTP on one port, and callers that misbehave.

use std::net::SocketAddr;
use std::time::Duration;

use arki_gateway::Config;
use arki_process::Tasks;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::house::{House, WRITER};

async fn port(config: Config) -> (House, Tasks, SocketAddr) {
    let house = House::with(config).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tasks = Tasks::new();
    tasks.spawn("port", arki_gateway::serve(listener, house.gateway.clone(), tasks.clone()));
    (house, tasks, address)
}

async fn speak(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn http_1_is_answered_on_the_same_port() {
    let (_house, _tasks, address) = port(Config::default()).await;
    let answer = speak(
        address,
        &format!(
            "GET /v1/plants/mint HTTP/1.1\r\nhost: garden\r\nauthorization: Bearer {WRITER}\r\nconnection: close\r\n\r\n"
        ),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"displayName\":\"Mint\""), "{answer}");
}

#[tokio::test]
async fn a_head_request_has_headers_and_no_body() {
    let (_house, _tasks, address) = port(Config::default()).await;
    let answer = speak(
        address,
        &format!(
            "HEAD /v1/plants/mint HTTP/1.1\r\nhost: garden\r\nauthorization: Bearer {WRITER}\r\nconnection: close\r\n\r\n"
        ),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert!(answer.contains("etag: \"7\""), "{answer}");
}

#[tokio::test]
async fn grpc_over_http_1_is_refused_in_words() {
    let (_house, _tasks, address) = port(Config::default()).await;
    let answer = speak(
        address,
        &format!(
            "POST /arki.goal.v1.GardenService/GetPlant HTTP/1.1\r\nhost: garden\r\nauthorization: Bearer {WRITER}\r\n\
             content-type: application/grpc\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ),
    )
    .await;
    assert!(answer.contains("grpc-status: 3"), "{answer}");
}

#[tokio::test]
async fn a_caller_that_never_finishes_its_headers_is_let_go() {
    let (_house, _tasks, address) = port(Config { header_timeout_seconds: 1, ..Config::default() }).await;
    let answer = speak(address, "GET /livez HTTP/1.1\r\nhost: gar").await;
    assert!(!answer.contains("200 OK"), "{answer}");
}
