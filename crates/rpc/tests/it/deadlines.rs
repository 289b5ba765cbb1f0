use std::sync::Arc;
use std::time::Duration;

use arki_rpc::{client, deadline};
use futures::StreamExt;
use tokio::time::Instant;
use tonic::{Code, Status};

use crate::echo::*;

/// Answers with the milliseconds that it has.
fn telling() -> EchoServer {
    EchoServer::new(|_| async { Ok(deadline::remaining().unwrap().as_millis().to_string()) })
}

fn hanging(alive: Arc<()>) -> EchoServer {
    EchoServer::new(move |_| {
        let alive = alive.clone();
        async move {
            let _alive = alive;
            std::future::pending().await
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_handler_has_the_time_of_its_caller_or_the_default_and_never_more_than_the_longest() {
    let peer = serve(telling());
    assert_eq!(call(&peer, GET, within(by_ann(""), Duration::from_secs(2))).await.unwrap(), "2000");
    assert_eq!(call(&peer, GET, by_ann("")).await.unwrap(), "30000");
    assert_eq!(call(&peer, GET, within(by_ann(""), Duration::from_secs(86_400))).await.unwrap(), "300000");
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_stopped_when_its_time_is_over() {
    let alive = Arc::new(());
    let peer = serve(hanging(alive.clone()));
    let began = Instant::now();
    let failure = call(&peer, GET, within(by_ann(""), Duration::from_secs(2))).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    drop(peer);
    assert_eq!(Arc::strong_count(&alive), 1, "the handler goes on after its deadline");
}

#[tokio::test(start_paused = true)]
async fn a_client_gives_up_at_its_deadline_even_if_the_peer_says_nothing() {
    let silent = arki_rpc::in_process(hanging(Arc::new(())).routes());
    let peer = client::stack(silent, key());
    let failure = call(&peer, CREATE, within(by_ann(""), Duration::from_secs(2))).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
}

#[tokio::test(start_paused = true)]
async fn a_peer_gets_no_more_time_than_the_caller_has_left() {
    let inner = client::stack(serve(telling()), key());
    let outer = serve(EchoServer::new(move |_| {
        let inner = inner.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            Ok(call(&inner, GET, within(by_ann(""), Duration::from_secs(60))).await?)
        }
    }));
    let answer = call(&outer, GET, within(by_ann(""), Duration::from_secs(2))).await.unwrap();
    assert_eq!(answer, "500");
}

#[tokio::test(start_paused = true)]
async fn a_call_without_time_left_is_not_sent() {
    let sent = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = sent.clone();
    let peer = serve(EchoServer::new(move |_| {
        flag.store(true, std::sync::atomic::Ordering::SeqCst);
        async { Ok(String::new()) }
    }));
    let peer = client::stack(peer, key());
    let failure = call(&peer, GET, within(by_ann(""), Duration::ZERO)).await.unwrap_err();
    assert_eq!(failure.code, Code::DeadlineExceeded);
    assert!(!sent.load(std::sync::atomic::Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_at_its_deadline_after_what_came_before() {
    let server = EchoServer::new(|_| async { Ok(String::new()) }).listing(|_| {
        let first = futures::stream::iter([Ok(Echo { text: "first".to_owned() })]);
        first.chain(futures::stream::pending()).boxed()
    });
    let peer = serve(server);
    let mut stream = list(&peer, within(by_ann(""), Duration::from_secs(2))).await.unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().text, "first");
    assert_eq!(stream.message().await.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_reports_its_timeout_as_cancelled_was_late() {
    let late = EchoServer::new(|_| async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        Err(Status::cancelled("Timeout expired"))
    });
    let peer = client::stack(arki_rpc::in_process(late.routes()), key());
    let failure = call(&peer, CREATE, within(by_ann(""), Duration::from_secs(2))).await.unwrap_err();
    assert_eq!(failure.code, Code::DeadlineExceeded);
}
