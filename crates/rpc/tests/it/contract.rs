use arki_rpc::server::{self, Error, Options, Rows, Rule, Rules};
use arki_rpc::{Peer, client, in_process};
use prost::Message;
use prost_types::FileDescriptorSet;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::echo::*;

fn answering() -> EchoServer {
    EchoServer::new(|request| async move { Ok(request.into_inner().text) })
}

/// The contract as a tool that doesn't know the option would rewrite it.
fn without_rules() -> &'static [u8] {
    FileDescriptorSet::decode(descriptor()).unwrap().encode_to_vec().leak()
}

#[test]
fn a_contract_with_a_method_that_has_no_rule_is_not_served() {
    let refused = server::stack(answering().routes(), Options::new(without_rules(), key()));
    match refused.err() {
        Some(Error::NoRule(method)) => assert!(method.starts_with("arki.echo.v1.EchoService."), "{method}"),
        other => panic!("expected the method without a rule, got {other:?}"),
    }
    assert!(matches!(Rules::read(b"nonsense"), Err(Error::Descriptor(_))));
}

#[test]
fn a_rule_is_read_as_the_contract_declares_it() {
    let rules = Rules::read(descriptor()).unwrap();
    let rule = |path| rules.find(path).map(|(_, decision)| decision.rule.clone());
    assert_eq!(rule(CREATE), Some(Rule::Scope("echo.write".to_owned())));
    assert_eq!(rule(PING), Some(Rule::Public));
    let (_, create) = rules.find(CREATE).unwrap();
    assert_eq!((create.rows, create.personal_data), (Rows::None, false), "what is not said is closed");
    let (_, get) = rules.find(GET).unwrap();
    assert_eq!((get.rows, get.personal_data), (Rows::Within, true));
    assert_eq!(rules.find(HIDDEN), None);
}

#[test]
fn every_method_of_the_house_has_a_rule() {
    let rules = Rules::read(arki_proto::DESCRIPTOR).unwrap();
    assert!(rules.iter().all(|(path, _)| path.starts_with("/arki.")));
    assert!(rules.iter().next().is_some());
}

#[tokio::test]
async fn a_method_outside_the_contract_is_not_served_even_if_it_is_there() {
    let peer = serve(answering());
    let failure = call(&peer, HIDDEN, by_ann("")).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::Unimplemented, "ROUTE_NOT_FOUND"));
    let unguarded = in_process(answering().routes());
    assert_eq!(call(&unguarded, HIDDEN, echo("here")).await.unwrap(), "here");
}

#[tokio::test]
async fn a_generated_client_runs_on_a_peer_and_health_needs_no_caller_nor_a_place() {
    let (_reporter, health) = tonic_health::server::health_reporter();
    let mut options = Options::new(descriptor(), key());
    options.concurrency = 0;
    let peer: Peer = server::stack(answering().routes().add_service(health), options).unwrap();
    assert_eq!(call(&peer, GET, by_ann("")).await.unwrap_err().code, Code::ResourceExhausted);
    let mut client = HealthClient::new(client::stack(peer, key()));
    // In a task of its own, which only takes what is `Send`: that is how services hold their clients.
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { client.check(HealthCheckRequest { service: String::new() }).await });
    tasks.join_next().await.unwrap().unwrap().unwrap();
}
