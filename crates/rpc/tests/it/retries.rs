use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arki_rpc::{Failure, Peer, Unreachable, client};
use tokio::time::Instant;
use tonic::{Code, Status};

use crate::echo::*;

/// A peer that answers from the `good`th try on, and how often it was called.
fn failing_until(good: u32, status: fn() -> Status) -> (Peer, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let tries = count.clone();
    let server = EchoServer::new(move |request| {
        let attempt = tries.fetch_add(1, Ordering::SeqCst) + 1;
        async move { if attempt >= good { Ok(request.into_inner().text) } else { Err(status()) } }
    });
    (client::stack(serve(server), key()), count)
}

fn away() -> Status {
    Status::unavailable("the database is away")
}

#[tokio::test(start_paused = true)]
async fn a_read_is_tried_three_times_with_the_same_body() {
    let (peer, count) = failing_until(3, away);
    assert_eq!(call(&peer, GET, by_ann("hello")).await.unwrap(), "hello");
    assert_eq!(count.load(Ordering::SeqCst), 3);

    let (peer, count) = failing_until(4, away);
    assert_eq!(call(&peer, GET, by_ann("hello")).await.unwrap_err().code, Code::Unavailable);
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_write_is_tried_once_unless_its_request_says_that_it_may_be_repeated() {
    let (peer, count) = failing_until(2, away);
    assert_eq!(call(&peer, CREATE, by_ann("hello")).await.unwrap_err().code, Code::Unavailable);
    assert_eq!(count.load(Ordering::SeqCst), 1);

    let (peer, count) = failing_until(2, away);
    assert_eq!(call(&peer, CREATE, client::retryable(by_ann("hello"))).await.unwrap(), "hello");
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn only_an_absent_peer_is_tried_again() {
    for status in [
        || Failure::internal("bug").into(),
        || Status::resource_exhausted("full"),
        || Status::aborted("changed"),
        || Status::deadline_exceeded("late"),
    ] {
        let (peer, count) = failing_until(2, status);
        assert_eq!(call(&peer, GET, by_ann("")).await.unwrap_err().code, status().code());
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_took_its_time_to_say_that_it_is_unavailable_is_not_asked_again() {
    let count = Arc::new(AtomicU32::new(0));
    let tries = count.clone();
    let server = EchoServer::new(move |_| {
        tries.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            Err(away())
        }
    });
    let peer = client::stack(serve(server), key());
    assert_eq!(call(&peer, GET, by_ann("")).await.unwrap_err().code, Code::Unavailable);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_too_large_to_keep_arrives_whole_and_is_sent_once() {
    let large = "x".repeat(100_000);
    let (peer, _) = failing_until(1, away);
    assert_eq!(call(&peer, GET, by_ann(&large)).await.unwrap(), large);

    let (peer, count) = failing_until(2, away);
    assert_eq!(call(&peer, GET, by_ann(&large)).await.unwrap_err().code, Code::Unavailable);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn tries_end_with_the_time() {
    let (peer, count) = failing_until(9, away);
    let began = Instant::now();
    let failure = call(&peer, GET, within(by_ann(""), Duration::from_millis(20))).await.unwrap_err();
    assert_eq!(failure.code, Code::Unavailable, "the pause would pass the deadline, so the refusal stands");
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert!(began.elapsed() < Duration::from_millis(20));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_cannot_be_reached_is_unavailable_and_says_when_to_retry() {
    let broken =
        Peer::new(tower::service_fn(|_| async { Err::<http::Response<_>, _>(Unreachable::new("refused")) }));
    let peer = client::stack(broken, key());
    let failure = call(&peer, CREATE, by_ann("")).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::Unavailable, "UNAVAILABLE"));
    assert!(failure.retry_after.is_some());
}
