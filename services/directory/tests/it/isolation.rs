//! A second tenant sees nothing.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_rpc::time::timestamp;
use arki_test_support::{Refused, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{date, employee};

on_each_database!(
    every_read_and_write_finds_nothing_of_another_tenant,
    keys_of_source_systems_are_free_again
);

async fn every_read_and_write_finds_nothing_of_another_tenant(server: Server) {
    let owner = &server.admin;
    let stranger = server.stranger().await;
    let unit = owner.unit("Shop", "").await.name;
    let role = owner.role("Driver").await.name;
    let person = pb::Person {
        unit: unit.clone(),
        email: "a@example.com".to_owned(),
        external_id: "E".to_owned(),
        ..employee("Aino Esimerkki")
    };
    let person = owner.person(person).await.unwrap().name;
    let account = owner.account("Keksitty Oy", &unit).await.name;
    let outcome = pb::Outcome {
        kind: pb::OutcomeKind::Churn.into(),
        time: Some(timestamp(server.now())),
        ..Default::default()
    };
    let outcome_name = owner.outcome(outcome.clone()).await.unwrap().name;
    let api_key =
        owner.list_api_keys(pb::ListApiKeysRequest::default()).await.unwrap().api_keys[0].name.clone();

    let missing = |reason| (Code::NotFound, reason);
    let no_unit = missing(ErrorReason::UnitNotFound);
    let name = || unit.clone();
    stranger.get_unit(pb::GetUnitRequest { name: name() }).await.refused(no_unit.0, no_unit.1);
    stranger
        .list_unit_versions(pb::ListUnitVersionsRequest { name: name() })
        .await
        .refused(no_unit.0, no_unit.1);
    let change = pb::Unit { name: name(), display_name: "Mine".to_owned(), ..Default::default() };
    let update = pb::UpdateUnitRequest { unit: Some(change), ..Default::default() };
    stranger.update_unit(update).await.refused(no_unit.0, no_unit.1);
    let request = pb::MoveUnitRequest { name: name(), ..Default::default() };
    stranger.move_unit(request).await.refused(no_unit.0, no_unit.1);
    let request =
        pb::CloseUnitRequest { name: name(), valid_to: Some(date(2027, 1, 1)), ..Default::default() };
    stranger.close_unit(request).await.refused(no_unit.0, no_unit.1);
    let child = pb::Unit { display_name: "Child".to_owned(), parent: name(), ..Default::default() };
    let request = pb::CreateUnitRequest { unit: Some(child), request_id: String::new() };
    stranger.create_unit(request).await.refused(no_unit.0, no_unit.1);
    assert!(stranger.list_units(pb::ListUnitsRequest::default()).await.unwrap().units.is_empty());
    assert!(stranger.get_tree(pb::GetTreeRequest::default()).await.unwrap().units.is_empty());

    let no_role = missing(ErrorReason::RoleNotFound);
    stranger.get_role(pb::GetRoleRequest { name: role.clone() }).await.refused(no_role.0, no_role.1);
    let change = pb::Role { name: role.clone(), display_name: "Mine".to_owned(), ..Default::default() };
    let update = pb::UpdateRoleRequest { role: Some(change), ..Default::default() };
    stranger.update_role(update).await.refused(no_role.0, no_role.1);
    assert!(stranger.list_roles(pb::ListRolesRequest::default()).await.unwrap().roles.is_empty());

    let no_person = missing(ErrorReason::PersonNotFound);
    let get = pb::GetPersonRequest { name: person.clone() };
    stranger.get_person(get).await.refused(no_person.0, no_person.1);
    let list = pb::ListMembershipsRequest { name: person.clone() };
    stranger.list_memberships(list).await.refused(no_person.0, no_person.1);
    let change = pb::Person { name: person.clone(), ..employee("Mine") };
    let update = pb::UpdatePersonRequest { person: Some(change), ..Default::default() };
    stranger.update_person(update).await.refused(no_person.0, no_person.1);
    let membership = Some(pb::Membership { unit: name(), ..Default::default() });
    let request = pb::AssignMembershipRequest { name: person.clone(), membership, ..Default::default() };
    stranger.assign_membership(request).await.refused(no_person.0, no_person.1);
    for request in [
        pb::ListPeopleRequest::default(),
        pb::ListPeopleRequest { email: "a@example.com".to_owned(), ..Default::default() },
        pb::ListPeopleRequest { external_id: "E".to_owned(), ..Default::default() },
    ] {
        assert!(stranger.list_people(request).await.unwrap().people.is_empty());
    }
    let request = pb::ListPeopleRequest { unit: name(), ..Default::default() };
    stranger.list_people(request).await.refused(no_unit.0, no_unit.1);
    let managed = pb::Person { manager: person.clone(), ..employee("Mine") };
    stranger.person(managed).await.refused(no_person.0, no_person.1);
    let placed = pb::Person { unit: name(), ..employee("Mine") };
    stranger.person(placed).await.refused(no_unit.0, no_unit.1);
    let kind = pb::PersonKind::Employee.into();
    let everybody = pb::Audience { kind, ..Default::default() };
    let request = pb::ResolveAudienceRequest { audience: Some(everybody.clone()), ..Default::default() };
    assert!(stranger.resolve_audience(request).await.unwrap().members.is_empty());
    let of_unit = pb::Audience { units: vec![name()], ..everybody };
    let request = pb::ResolveAudienceRequest { audience: Some(of_unit), ..Default::default() };
    stranger.resolve_audience(request).await.refused(no_unit.0, no_unit.1);

    let no_account = missing(ErrorReason::AccountNotFound);
    let get = pb::GetAccountRequest { name: account.clone() };
    stranger.get_account(get).await.refused(no_account.0, no_account.1);
    let change = pb::Account { name: account.clone(), display_name: "Mine".to_owned(), ..Default::default() };
    let update = pb::UpdateAccountRequest { account: Some(change), ..Default::default() };
    stranger.update_account(update).await.refused(no_account.0, no_account.1);
    assert!(stranger.list_accounts(pb::ListAccountsRequest::default()).await.unwrap().accounts.is_empty());

    let no_outcome = missing(ErrorReason::OutcomeNotFound);
    let get = pb::GetOutcomeRequest { name: outcome_name.clone() };
    stranger.get_outcome(get).await.refused(no_outcome.0, no_outcome.1);
    let change = pb::Outcome { name: outcome_name, ..outcome.clone() };
    let update = pb::UpdateOutcomeRequest { outcome: Some(change), ..Default::default() };
    stranger.update_outcome(update).await.refused(no_outcome.0, no_outcome.1);
    assert!(stranger.list_outcomes(pb::ListOutcomesRequest::default()).await.unwrap().outcomes.is_empty());
    let foreign = pb::Outcome { account, ..outcome };
    stranger.outcome(foreign).await.refused(no_account.0, no_account.1);

    let revoke = pb::RevokeApiKeyRequest { name: api_key, ..Default::default() };
    stranger.revoke_api_key(revoke).await.refused(Code::NotFound, ErrorReason::ApiKeyNotFound);
    assert_eq!(stranger.list_api_keys(pb::ListApiKeysRequest::default()).await.unwrap().api_keys.len(), 1);
    let letters = stranger.list_dead_letters(pb::ListDeadLettersRequest::default()).await.unwrap();
    assert!(letters.dead_letters.is_empty());
    assert_eq!(stranger.replay_events(pb::ReplayEventsRequest::default()).await.unwrap().events, 0);
}

async fn keys_of_source_systems_are_free_again(server: Server) {
    let columns =
        ["person_id", "name", "unit_id", "role"].map(|name| (name.to_owned(), name.to_owned())).into();
    let request = pb::ImportHrFileRequest {
        content: "person_id,name,unit_id,role\n1,Aino,U,driver\n".to_owned(),
        mapping: Some(pb::ColumnMapping { columns, ..Default::default() }),
        ..Default::default()
    };
    for user in [&server.admin, &server.stranger().await] {
        let report = user.import_hr_file(request.clone()).await.unwrap().report.unwrap();
        assert_eq!(report.errors, []);
        assert!(report.counts.iter().all(|count| count.created == 1 && count.unchanged == 0));
    }
}
