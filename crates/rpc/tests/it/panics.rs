use futures::StreamExt;
use tonic::Code;

use crate::echo::*;

#[tokio::test]
async fn a_panic_is_one_internal_answer_that_tells_nothing() {
    let peer = serve(EchoServer::new(|request| async move {
        let text = request.into_inner().text;
        assert!(text != "boom", "the answers of ann are broken");
        Ok(text)
    }));
    let failure = call(&peer, GET, by_ann("boom")).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::Internal, "INTERNAL"));
    assert_eq!(failure.message, "internal error");
    assert_eq!(call(&peer, GET, by_ann("hello")).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_panic_in_a_stream_ends_that_stream() {
    let server = EchoServer::new(|_| async { Ok("hello".to_owned()) }).listing(|_| {
        futures::stream::iter(0..3)
            .map(|n| {
                assert!(n < 1, "the second item is broken");
                Ok(Echo { text: n.to_string() })
            })
            .boxed()
    });
    let peer = serve(server);
    let mut stream = list(&peer, by_ann("")).await.unwrap();
    let mut seen = Vec::new();
    let end = loop {
        match stream.message().await {
            Ok(Some(item)) => seen.push(item.text),
            Ok(None) => panic!("the stream ended as if it were complete"),
            Err(status) => break status,
        }
    };
    assert_eq!((end.code(), end.message()), (Code::Internal, "internal error"));
    assert!(seen.len() <= 1);
    assert_eq!(call(&peer, GET, by_ann("")).await.unwrap(), "hello");
}
