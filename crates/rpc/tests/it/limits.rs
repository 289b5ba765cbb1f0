use std::sync::Arc;

use arki_rpc::failure::RETRY_AFTER;
use futures::StreamExt;
use tokio::sync::Notify;
use tonic::Code;

use crate::echo::*;

#[tokio::test]
async fn one_call_too_many_is_refused_at_once_with_a_time_to_retry() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, door) = (entered.clone(), leave.clone());
    let server = EchoServer::new(move |request| {
        let (inside, door) = (inside.clone(), door.clone());
        async move {
            if request.into_inner().text == "wait" {
                inside.notify_one();
                door.notified().await;
            }
            Ok("done".to_owned())
        }
    });
    let peer = serve_with(server, |options| options.concurrency = 1);
    let first = call(&peer, GET, by_ann("wait"));
    let second = async {
        entered.notified().await;
        let failure = call(&peer, GET, by_ann("")).await.unwrap_err();
        leave.notify_one();
        failure
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!((second.code, &*second.reason), (Code::ResourceExhausted, "OVERLOADED"));
    assert_eq!(second.retry_after, Some(RETRY_AFTER));
    assert_eq!(first.unwrap(), "done");
    assert_eq!(call(&peer, GET, by_ann("")).await.unwrap(), "done", "the place is free again");
}

#[tokio::test]
async fn a_stream_keeps_its_place_until_it_ends_or_is_dropped() {
    let server = EchoServer::new(|_| async { Ok("done".to_owned()) })
        .listing(|_| futures::stream::repeat_with(|| Ok(Echo { text: "more".to_owned() })).boxed());
    let peer = serve_with(server, |options| options.concurrency = 1);
    let mut stream = list(&peer, by_ann("")).await.unwrap();
    stream.message().await.unwrap().unwrap();
    assert_eq!(call(&peer, GET, by_ann("")).await.unwrap_err().code, Code::ResourceExhausted);
    drop(stream);
    assert_eq!(call(&peer, GET, by_ann("")).await.unwrap(), "done");
}

#[tokio::test]
async fn a_caller_who_is_refused_takes_no_place() {
    let peer =
        serve_with(EchoServer::new(|_| async { Ok("done".to_owned()) }), |options| options.concurrency = 0);
    assert_eq!(call(&peer, GET, echo("")).await.unwrap_err().code, Code::Unauthenticated);
}
