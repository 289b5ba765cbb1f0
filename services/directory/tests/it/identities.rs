use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, employee};

on_each_database!(
    a_person_is_known_by_several_keys,
    a_pair_is_one_persons_whether_primary_or_not,
    the_primary_key_is_changed_with_the_person,
    a_person_has_no_more_than_twenty,
    another_tenant_finds_nobody,
);

fn pair(source: &str, external_id: &str) -> pb::ExternalId {
    pb::ExternalId { source: source.to_owned(), external_id: external_id.to_owned(), is_primary: false }
}

fn add(name: &str, pair: pb::ExternalId) -> pb::AddExternalIdRequest {
    pb::AddExternalIdRequest { name: name.to_owned(), external_id: Some(pair), ..Default::default() }
}

fn remove(name: &str, pair: pb::ExternalId) -> pb::RemoveExternalIdRequest {
    pb::RemoveExternalIdRequest { name: name.to_owned(), external_id: Some(pair), ..Default::default() }
}

fn known(name: &str, source: &str, external_id: &str) -> pb::Person {
    pb::Person { source: source.to_owned(), external_id: external_id.to_owned(), ..employee(name) }
}

async fn who(user: &User, source: &str, external_id: &str) -> Option<String> {
    let request = pb::LookUpPersonRequest { source: source.to_owned(), external_id: external_id.to_owned() };
    let found = user.look_up_person(request).await;
    if found.is_err() {
        found.refused(Code::NotFound, ErrorReason::ExternalIdNotFound);
        return None;
    }
    Some(found.unwrap().person.unwrap().name)
}

async fn a_person_is_known_by_several_keys(server: Server) {
    let user = &server.admin;
    let aino = user.person(known("Aino Esimerkki", "hr", "E-1")).await.unwrap().name;
    user.add_external_id(add(&aino, pair("idp", "aino@example.com"))).await.unwrap();
    let added = user.add_external_id(add(&aino, pair("crm", "C-1"))).await.unwrap().external_ids;
    let primary = pb::ExternalId { is_primary: true, ..pair("hr", "E-1") };
    let expected = [primary.clone(), pair("crm", "C-1"), pair("idp", "aino@example.com")];
    assert_eq!(added, expected);
    // The same once more is no change.
    assert_eq!(user.add_external_id(add(&aino, pair("crm", "C-1"))).await.unwrap().external_ids, expected);
    assert_eq!(user.add_external_id(add(&aino, pair("hr", "E-1"))).await.unwrap().external_ids, expected);
    for (source, key) in [("hr", "E-1"), ("crm", "C-1"), ("idp", "aino@example.com")] {
        assert_eq!(who(user, source, key).await.as_ref(), Some(&aino));
    }
    assert_eq!(who(user, "crm", "E-1").await, None);
    let left = user.remove_external_id(remove(&aino, pair("crm", "C-1"))).await.unwrap().external_ids;
    assert_eq!(left, [primary, pair("idp", "aino@example.com")]);
    assert_eq!(who(user, "crm", "C-1").await, None);
    let gone = user.remove_external_id(remove(&aino, pair("crm", "C-1"))).await;
    gone.refused(Code::NotFound, ErrorReason::ExternalIdNotFound);
    let kept = user.remove_external_id(remove(&aino, pair("hr", "E-1"))).await;
    kept.refused(Code::FailedPrecondition, ErrorReason::PrimaryExternalId);
}

async fn a_pair_is_one_persons_whether_primary_or_not(server: Server) {
    let user = &server.admin;
    let aino = user.person(known("Aino Esimerkki", "hr", "E-1")).await.unwrap().name;
    let bo = user.person(known("Bo Exempel", "hr", "E-2")).await.unwrap().name;
    user.add_external_id(add(&aino, pair("crm", "C-1"))).await.unwrap();
    for taken in [pair("hr", "E-1"), pair("crm", "C-1")] {
        let refused = user.add_external_id(add(&bo, taken)).await;
        refused.refused(Code::AlreadyExists, ErrorReason::ExternalIdTaken);
    }
    let refused = user.person(known("Cai Keksitty", "crm", "C-1")).await;
    refused.refused(Code::AlreadyExists, ErrorReason::ExternalIdTaken);
    let update = pb::UpdatePersonRequest {
        person: Some(pb::Person { name: bo, ..known("", "crm", "C-1") }),
        update_mask: mask(&["source", "external_id"]),
        ..Default::default()
    };
    user.update_person(update).await.refused(Code::AlreadyExists, ErrorReason::ExternalIdTaken);
    // The same key under another source is another pair.
    user.person(known("Dia Keksitty", "hr", "C-1")).await.unwrap();
}

async fn the_primary_key_is_changed_with_the_person(server: Server) {
    let user = &server.admin;
    let aino = user.person(known("Aino Esimerkki", "hr", "E-1")).await.unwrap().name;
    user.add_external_id(add(&aino, pair("crm", "C-1"))).await.unwrap();
    let update = |source: &str, key: &str| pb::UpdatePersonRequest {
        person: Some(pb::Person { name: aino.clone(), ..known("", source, key) }),
        update_mask: mask(&["source", "external_id"]),
        ..Default::default()
    };
    // A further pair can become the primary one; it is not there twice.
    user.update_person(update("crm", "C-1")).await.unwrap();
    let list = pb::ListExternalIdsRequest { name: aino.clone() };
    let listed = user.list_external_ids(list.clone()).await.unwrap().external_ids;
    assert_eq!(listed, [pb::ExternalId { is_primary: true, ..pair("crm", "C-1") }]);
    assert_eq!(who(user, "hr", "E-1").await, None);
    user.update_person(update("hr", "")).await.unwrap();
    assert!(user.list_external_ids(list).await.unwrap().external_ids.is_empty());
    assert_eq!(who(user, "crm", "C-1").await, None);
}

async fn a_person_has_no_more_than_twenty(server: Server) {
    let user = &server.admin;
    let aino = user.person(known("Aino Esimerkki", "hr", "E-1")).await.unwrap().name;
    for number in 1..20 {
        user.add_external_id(add(&aino, pair("crm", &format!("C-{number}")))).await.unwrap();
    }
    let refused = user.add_external_id(add(&aino, pair("crm", "C-20"))).await;
    refused.refused(Code::FailedPrecondition, ErrorReason::TooManyExternalIds);
}

async fn another_tenant_finds_nobody(server: Server) {
    let (owner, stranger) = (&server.admin, server.stranger().await);
    let aino = owner.person(known("Aino Esimerkki", "hr", "E-1")).await.unwrap().name;
    assert_eq!(who(&stranger, "hr", "E-1").await, None);
    let missing = (Code::NotFound, ErrorReason::PersonNotFound);
    stranger.add_external_id(add(&aino, pair("crm", "C-1"))).await.refused(missing.0, missing.1);
    stranger.remove_external_id(remove(&aino, pair("hr", "E-1"))).await.refused(missing.0, missing.1);
    let list = pb::ListExternalIdsRequest { name: aino };
    stranger.list_external_ids(list).await.refused(missing.0, missing.1);
    stranger.person(known("Vieras", "hr", "E-1")).await.unwrap();
}
