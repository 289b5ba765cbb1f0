//! Retries and pages.

use arki_proto::directory::v1 as pb;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, on_each_database};
use chrono::TimeDelta;
use tonic::Code;

use crate::server::Server;
use crate::user::employee;

on_each_database!(
    the_same_request_again_gets_the_first_answer,
    a_page_token_is_good_for_its_own_list_alone,
    a_call_needs_a_caller_with_the_scope,
);

async fn the_same_request_again_gets_the_first_answer(server: Server) {
    let user = &server.admin;
    let person =
        pb::CreatePersonRequest { person: Some(employee("Aino Esimerkki")), request_id: "r-1".to_owned() };
    let first = user.create_person(person.clone()).await.unwrap();
    server.wait(TimeDelta::hours(1));
    assert_eq!(user.create_person(person.clone()).await.unwrap(), first);
    let listed = user.list_people(pb::ListPeopleRequest::default()).await.unwrap();
    assert_eq!(listed.people.len(), 1);

    let other = pb::CreatePersonRequest { person: Some(employee("Bo Exempel")), ..person.clone() };
    let refused =
        user.create_person(other).await.refused(Code::InvalidArgument, HouseReason::RequestIdReused);
    assert_eq!(refused.metadata["request_id"], "r-1");
    // Somebody else with the same id and the same body is not answered with what the first one was told.
    let somebody = server.user(&["directory.write"]);
    somebody.create_person(person).await.refused(Code::InvalidArgument, HouseReason::RequestIdReused);
    // Another method, or another tenant, has ids of its own.
    let unit = pb::Unit { display_name: "Shop".to_owned(), ..Default::default() };
    let unit = pb::CreateUnitRequest { unit: Some(unit), request_id: "r-1".to_owned() };
    let created = user.create_unit(unit.clone()).await.unwrap().unit.unwrap();
    let stranger = server.stranger().await;
    let foreign = stranger.create_unit(unit.clone()).await.unwrap().unit.unwrap();
    assert_ne!(created.name, foreign.name);

    // What was refused is not remembered.
    let request = pb::MoveUnitRequest {
        name: created.name.clone(),
        parent: foreign.name,
        request_id: "r-2".to_owned(),
        ..Default::default()
    };
    assert!(user.move_unit(request.clone()).await.is_err());
    user.move_unit(pb::MoveUnitRequest { parent: String::new(), ..request }).await.unwrap();
}

async fn a_page_token_is_good_for_its_own_list_alone(server: Server) {
    let user = &server.admin;
    for name in ["Driver", "Clerk", "Guide"] {
        user.role(name).await;
        user.account(name, "").await;
    }
    let page_size = 1;
    let first = user.list_roles(pb::ListRolesRequest { page_size, ..Default::default() }).await.unwrap();
    let page_token = first.next_page_token;
    // Pages may change their size on the way.
    let rest = pb::ListRolesRequest { page_size: 10, page_token: page_token.clone() };
    assert_eq!(user.list_roles(rest).await.unwrap().roles.len(), 2);
    let invalid = (Code::InvalidArgument, HouseReason::PageTokenInvalid);
    let accounts = pb::ListAccountsRequest { page_size, page_token: page_token.clone() };
    user.list_accounts(accounts).await.refused(invalid.0, invalid.1);
    let roles = pb::ListRolesRequest { page_size, page_token: page_token.clone() };
    server.stranger().await.list_roles(roles).await.refused(invalid.0, invalid.1);
    let damaged = pb::ListRolesRequest { page_size, page_token: format!("{page_token}x") };
    user.list_roles(damaged).await.refused(invalid.0, invalid.1);
    let people = user.list_people(pb::ListPeopleRequest { page_size: 1_001, ..Default::default() }).await;
    assert_eq!(people.fields(), ["page_size"]);
}

async fn a_call_needs_a_caller_with_the_scope(server: Server) {
    let reader = server.user(&["directory.read"]);
    reader.list_people(pb::ListPeopleRequest::default()).await.unwrap();
    let create = pb::CreatePersonRequest { person: Some(employee("Aino Esimerkki")), ..Default::default() };
    let refused =
        reader.create_person(create).await.refused(Code::PermissionDenied, HouseReason::ScopeMissing);
    assert_eq!(refused.metadata["scope"], "directory.write");
    let hash = pb::AuthenticateApiKeyRequest { key_hash: vec![0; 32].into() };
    server.admin.authenticate_api_key(hash).await.refused(Code::PermissionDenied, HouseReason::ScopeMissing);
}
