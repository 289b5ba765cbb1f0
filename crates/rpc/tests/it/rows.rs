//! Every method of the contract has decided who sees which rows, and whether its answer is about people.

use std::collections::HashSet;

use arki_ids::PersonId;
use arki_rpc::server::{Rows, Rule, Rules};
use arki_rpc::{Reach, client};
use prost_reflect::{DescriptorPool, ExtensionDescriptor, Kind, MessageDescriptor, Value};
use tonic::Code;

use crate::echo::*;

fn pool() -> DescriptorPool {
    DescriptorPool::decode(arki_proto::DESCRIPTOR).unwrap()
}

fn is_personal(message: &MessageDescriptor, mark: &ExtensionDescriptor, seen: &mut HashSet<String>) -> bool {
    if !seen.insert(message.full_name().to_owned()) {
        return false;
    }
    if matches!(message.options().get_extension(mark).as_ref(), Value::Bool(true)) {
        return true;
    }
    message.fields().any(|field| match field.kind() {
        Kind::Message(inner) => is_personal(&inner, mark, seen),
        _ => false,
    })
}

#[test]
fn every_answer_that_holds_personal_data_says_so() {
    let (pool, rules) = (pool(), Rules::read(arki_proto::DESCRIPTOR).unwrap());
    let mark = pool.get_extension_by_name("arki.auth.v1.personal").unwrap();
    let mut forgotten = Vec::new();
    let mut found = 0;
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let Some((_, decision)) = rules.find(&path) else { continue };
        if is_personal(&method.output(), &mark, &mut HashSet::new()) {
            found += 1;
            if !decision.personal_data && decision.rule != Rule::Public {
                forgotten.push(path);
            }
        }
    }
    assert!(found >= 10, "only {found} methods answer with personal data");
    assert!(forgotten.is_empty(), "say option (arki.auth.v1.personal_data) = true for {forgotten:#?}");
}

/// A field that holds a name, an address or a telephone number makes its message a personal one.
#[test]
fn every_message_with_an_address_is_marked() {
    let pool = pool();
    let mark = pool.get_extension_by_name("arki.auth.v1.personal").unwrap();
    let is_marked = |message: &MessageDescriptor| {
        matches!(message.options().get_extension(&mark).as_ref(), Value::Bool(true))
    };
    let ours = pool.all_messages().filter(|message| message.full_name().starts_with("arki."));
    // What a caller sends is not what the house tells.
    let told = ours.filter(|message| !message.name().ends_with("Request"));
    let unmarked: Vec<_> = told
        .filter(|message| message.fields().any(|field| matches!(field.name(), "email" | "phone_number")))
        .filter(|message| !is_marked(message))
        .map(|message| message.full_name().to_owned())
        .collect();
    assert!(unmarked.is_empty(), "say option (arki.auth.v1.personal) = true in {unmarked:#?}");
}

#[test]
fn every_method_that_reads_has_decided_its_rows() {
    let pool = pool();
    let reach = pool.get_extension_by_name("arki.auth.v1.reach").unwrap();
    let rules = Rules::read(arki_proto::DESCRIPTOR).unwrap();
    let mut undecided = Vec::new();
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let Some((_, decision)) = rules.find(&path) else { continue };
        let reads = matches!(&decision.rule, Rule::Scope(scope) if scope.ends_with(".read"));
        if reads && !method.options().has_extension(&reach) {
            undecided.push(path);
        }
    }
    assert!(undecided.is_empty(), "say option (arki.auth.v1.reach) for {undecided:#?}");
}

#[test]
fn what_changes_the_house_is_closed_to_whoever_reaches_a_part_of_it() {
    let rules = Rules::read(arki_proto::DESCRIPTOR).unwrap();
    let open = rules.iter().filter(|(_, decision)| decision.rows != Rows::None);
    for (path, decision) in open {
        let Rule::Scope(scope) = &decision.rule else { panic!("{path} is public and has rows") };
        assert!(!scope.ends_with(".admin") && !scope.ends_with(".operate") && scope != "internal", "{path}");
    }
}

#[tokio::test]
async fn the_stack_holds_the_rows_that_the_contract_declares() {
    let peer = serve(EchoServer::new(|request| async move { Ok(request.into_inner().text) }));
    let with = |reach: Reach| {
        let caller = arki_rpc::Caller { reach, ..caller("echo.admin") };
        client::with_caller(echo("hello"), &caller)
    };
    let own = || Reach::Rows(arki_rpc::Rows { person: Some(PersonId::random()), ..Default::default() });
    assert_eq!(call(&peer, GET, with(own())).await.unwrap(), "hello", "the service looks at each row");
    for (path, reach) in [(CREATE, own()), (GET, Reach::Impersonal)] {
        let failure = call(&peer, path, with(reach)).await.unwrap_err();
        assert_eq!((failure.code, &*failure.reason), (Code::PermissionDenied, "OUT_OF_REACH"), "{path}");
    }
    assert_eq!(call(&peer, CREATE, with(Reach::Impersonal)).await.unwrap(), "hello");
    assert_eq!(call(&peer, GET, with(Reach::Tenant)).await.unwrap(), "hello");
}
