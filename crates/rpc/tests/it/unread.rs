use arki_rpc::{Failure, Peer, server};
use bytes::Bytes;
use http_body_util::Full;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::ServiceExt;

use crate::echo::*;

/// A message in its frame, whatever it is.
fn framed(flag: u8, length: u32, message: &[u8]) -> Vec<u8> {
    [&[flag], &length.to_be_bytes()[..], message].concat()
}

async fn refused(peer: &Peer, body: Vec<u8>, encoding: Option<&'static str>) -> (Failure, http::HeaderMap) {
    let mut request = http::Request::post(GET).body(Body::new(Full::new(Bytes::from(body)))).unwrap();
    request.headers_mut().insert("content-type", http::HeaderValue::from_static("application/grpc"));
    if let Some(encoding) = encoding {
        request.headers_mut().insert("grpc-encoding", http::HeaderValue::from_static(encoding));
    }
    request.extensions_mut().insert(caller("echo.write"));
    let response = peer.clone().oneshot(request).await.unwrap();
    let status = Status::from_header_map(response.headers()).unwrap();
    (Failure::from_status(&status), response.headers().clone())
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_the_callers_fault_and_reaches_no_handler() {
    let peer = serve(EchoServer::new(|_| async { panic!("a handler was called") }));
    for (what, body) in [
        ("a wire type that does not exist", framed(0, 2, &[0x0f, 0xff])),
        ("a string that is no UTF-8", framed(0, 4, &[0x0a, 2, 0xc3, 0x28])),
        ("a frame that ends early", framed(0, 100, b"\x0a\x05he")),
        ("half of a frame's head", vec![0, 0, 0]),
        ("no message at all", Vec::new()),
        ("a flag that does not exist", framed(7, 0, &[])),
        ("compression that was not announced", framed(1, 2, &[0x1f, 0x8b])),
    ] {
        let (failure, _) = refused(&peer, body, None).await;
        assert_eq!(
            (failure.code, &*failure.reason),
            (Code::InvalidArgument, "MALFORMED_REQUEST"),
            "{what}: {failure}"
        );
    }
    let (failure, _) = refused(&peer, framed(0, 5 << 20, &vec![0; 5 << 20]), None).await;
    assert_eq!((failure.code, &*failure.reason), (Code::ResourceExhausted, "BODY_TOO_LARGE"));
    assert_eq!(failure.retry_after, None, "waiting does not make it smaller");
}

#[tokio::test]
async fn a_compression_that_is_not_known_is_refused_with_those_that_are() {
    let peer = serve(EchoServer::new(|_| async { panic!("a handler was called") }));
    let (failure, headers) = refused(&peer, framed(1, 2, &[0x1f, 0x8b]), Some("gzip")).await;
    assert_eq!((failure.code, &*failure.reason), (Code::Unimplemented, "UNSUPPORTED_MEDIA_TYPE"));
    assert_eq!(headers["grpc-accept-encoding"], "identity");
}

#[tokio::test]
async fn a_bug_in_a_handler_stays_a_bug() {
    let options = server::Options::new(descriptor(), key());
    let server = EchoServer::new(|_| async { Err(Failure::internal("bug").into()) });
    let peer = server::stack(server.routes(), options).unwrap();
    let failure = call(&peer, GET, by_ann("")).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::Internal, "INTERNAL"));
}

#[tokio::test]
async fn a_reply_that_cannot_be_written_or_a_peers_that_cannot_be_read_is_no_fault_of_the_caller() {
    for said in [
        Status::internal("Error encoding: the buffer is full"),
        Status::internal("Missing response message."),
        Status::internal("Error decompressing: broken, while receiving response with status: 200 OK"),
        Status::out_of_range("Error, encoded message length too large: found 9 bytes, the limit is: 8 bytes"),
    ] {
        let code = said.code();
        let peer = serve(EchoServer::new(move |_| {
            let said = said.clone();
            async move { Err(said) }
        }));
        let failure = call(&peer, GET, by_ann("")).await.unwrap_err();
        assert_eq!(failure.code, code, "{failure}");
    }
}
