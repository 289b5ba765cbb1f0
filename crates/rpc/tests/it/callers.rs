use arki_rpc::{Caller, assertion, client};
use tonic::Code;
use tonic::metadata::MetadataValue;

use crate::echo::*;

/// Answers with who called.
fn whoami() -> EchoServer {
    EchoServer::new(|request| async move {
        let caller = Caller::of(&request)?;
        Ok(format!("{} {} {}", caller.tenant, caller.subject, caller.scopes))
    })
}

fn shown(caller: &Caller) -> String {
    format!("{} {} {}", caller.tenant, caller.subject, caller.scopes)
}

#[tokio::test]
async fn the_handler_sees_who_called_in_this_process_and_over_the_wire() {
    let ann = caller("echo.read");
    let in_process = serve(whoami());
    for peer in [in_process.clone(), over_wire(in_process)] {
        let peer = client::stack(peer, key());
        let answer = call(&peer, GET, client::with_caller(echo(""), &ann)).await.unwrap();
        assert_eq!(answer, shown(&ann));
    }
}

#[tokio::test]
async fn a_call_without_a_caller_is_refused_unless_the_method_is_public() {
    let peer = serve(EchoServer::new(|_| async { Ok("pong".to_owned()) }));
    let failure = call(&peer, GET, echo("")).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::Unauthenticated, "UNAUTHENTICATED"));
    assert_eq!(call(&peer, PING, echo("")).await.unwrap(), "pong");
}

#[tokio::test]
async fn a_caller_that_came_over_the_wire_without_a_signature_is_nobody() {
    let peer = over_wire(serve(whoami()));
    let failure = call(&peer, GET, client::with_caller(echo(""), &caller("admin"))).await.unwrap_err();
    assert_eq!(failure.code, Code::Unauthenticated);
}

#[tokio::test]
async fn a_caller_without_the_scope_is_refused_and_told_which() {
    let peer = client::stack(serve(whoami()), key());
    let reader = caller("echo.read");
    let failure = call(&peer, CREATE, client::with_caller(echo(""), &reader)).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::PermissionDenied, "SCOPE_MISSING"));
    assert_eq!(failure.metadata["scope"], "echo.write");
    let writer = caller("echo.write");
    assert_eq!(call(&peer, CREATE, client::with_caller(echo(""), &writer)).await.unwrap(), shown(&writer));
}

#[tokio::test]
async fn an_assertion_of_another_key_or_another_method_is_refused() {
    let peer = over_wire(serve(whoami()));
    let stranger = client::stack(peer.clone(), Hand::new().key(2));
    let failure = call(&stranger, GET, by_ann("")).await.unwrap_err();
    assert_eq!(failure.code, Code::Unauthenticated);

    let captured = key().sign(&caller("echo.write"), GET);
    let with = |assertion: &str| {
        let mut request = echo("");
        request.metadata_mut().insert(assertion::HEADER, MetadataValue::try_from(assertion).unwrap());
        request
    };
    call(&peer, GET, with(&captured)).await.unwrap();
    assert_eq!(call(&peer, CREATE, with(&captured)).await.unwrap_err().code, Code::Unauthenticated);
    let tampered = captured.replacen(captured.chars().next().unwrap(), "Z", 1);
    assert_eq!(call(&peer, GET, with(&tampered)).await.unwrap_err().code, Code::Unauthenticated);
    let nonsense = call(&peer, PING, with("nonsense")).await.unwrap_err();
    assert_eq!(nonsense.code, Code::Unauthenticated, "even where no caller is needed");
}

#[tokio::test]
async fn an_assertion_expires() {
    let hand = Hand::new();
    let peer = over_wire(serve_with(whoami(), |options| options.assertion = hand.key(1)));
    let assertion = hand.key(1).sign(&caller("echo.read"), GET);
    let request = || {
        let mut request = echo("");
        request.metadata_mut().insert(assertion::HEADER, MetadataValue::try_from(&assertion).unwrap());
        request
    };
    call(&peer, GET, request()).await.unwrap();
    hand.advance(71);
    assert_eq!(call(&peer, GET, request()).await.unwrap_err().code, Code::Unauthenticated);
}

#[tokio::test]
async fn a_client_never_hands_on_an_assertion_that_it_was_given() {
    let peer = client::stack(over_wire(serve(whoami())), key());
    let mut request = echo("");
    let given = key().sign(&caller("admin"), GET);
    request.metadata_mut().insert(assertion::HEADER, MetadataValue::try_from(given).unwrap());
    assert_eq!(call(&peer, GET, request).await.unwrap_err().code, Code::Unauthenticated);
}
