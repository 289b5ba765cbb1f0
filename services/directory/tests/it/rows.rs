//! What a leader and an employee see of the organisation and its people.

use std::collections::BTreeSet;

use arki_ids::{PersonId, UnitId};
use arki_proto::directory::v1 as pb;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::{Caller, Reach, Rows, Scopes};
use arki_test_support::{Refused, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, date};

on_each_database!(
    a_leader_sees_units_and_people_below_and_nobody_beside_or_above,
    an_employee_sees_themself_and_what_the_staff_may_know,
    the_tree_of_today_decides,
    whoever_sees_no_people_sees_the_organisation,
);

struct House {
    root: String,
    north: String,
    south: String,
    shop: String,
    chief: String,
    ann: String,
    ben: String,
}

async fn house(admin: &User) -> House {
    let root = admin.unit("Root", "").await.name;
    let (north, south) = (admin.unit("North", &root).await.name, admin.unit("South", &root).await.name);
    let shop = admin.unit("Shop", &north).await.name;
    let chief = admin.employee("Cai Keksitty", &root).await.name;
    let (ann, ben) = (admin.employee("Ann", &shop).await.name, admin.employee("Ben", &south).await.name);
    House { root, north, south, shop, chief, ann, ben }
}

pub(crate) fn within(server: &Server, units: &[&str], person: Option<&str>) -> User {
    let rows = Rows {
        units: units.iter().map(|unit| UnitId::from_name(unit).unwrap()).collect(),
        person: person.map(|person| PersonId::from_name(person).unwrap()),
    };
    let caller = Caller {
        scopes: Scopes::parse("directory.write"),
        reach: Reach::Rows(rows),
        ..server.admin.caller.clone()
    };
    server.as_caller(caller)
}

pub(crate) fn beyond<T: std::fmt::Debug>(answer: Result<T, arki_rpc::Failure>) {
    answer.refused(Code::PermissionDenied, HouseReason::OutOfReach);
}

fn get(name: &str) -> pb::GetPersonRequest {
    pb::GetPersonRequest { name: name.to_owned() }
}

async fn a_leader_sees_units_and_people_below_and_nobody_beside_or_above(server: Server) {
    let House { root, north, south, shop, chief, ann, ben } = house(&server.admin).await;
    let leader = within(&server, &[&north], None);
    let (no_unit, no_person) = (UnitId::generate().name(), PersonId::generate().name());

    for unit in [&north, &shop] {
        leader.get_unit(pb::GetUnitRequest { name: unit.clone() }).await.unwrap();
        leader.list_unit_versions(pb::ListUnitVersionsRequest { name: unit.clone() }).await.unwrap();
    }
    for unit in [&root, &south, &no_unit] {
        beyond(leader.get_unit(pb::GetUnitRequest { name: unit.clone() }).await);
        beyond(leader.list_unit_versions(pb::ListUnitVersionsRequest { name: unit.clone() }).await);
        beyond(leader.list_people(pb::ListPeopleRequest { unit: unit.clone(), ..Default::default() }).await);
    }
    let own: BTreeSet<_> = [north.clone(), shop.clone()].into();
    let listed = leader.list_units(pb::ListUnitsRequest::default()).await.unwrap().units;
    assert_eq!(listed.into_iter().map(|unit| unit.name).collect::<BTreeSet<_>>(), own);
    let tree = leader.get_tree(pb::GetTreeRequest::default()).await.unwrap().units;
    assert_eq!(tree.iter().map(|unit| unit.name.clone()).collect::<BTreeSet<_>>(), own);
    assert_eq!(tree[0].depth, 0, "the tree begins with what is theirs");

    assert_eq!(leader.get_person(get(&ann)).await.unwrap().person.unwrap().display_name, "Ann");
    leader.list_memberships(pb::ListMembershipsRequest { name: ann.clone() }).await.unwrap();
    for person in [&ben, &chief, &no_person] {
        beyond(leader.get_person(get(person)).await);
        beyond(leader.list_memberships(pb::ListMembershipsRequest { name: person.clone() }).await);
    }
    let people = |request: pb::ListPeopleRequest| async {
        let people = leader.list_people(request).await.unwrap().people;
        people.into_iter().map(|person| person.name).collect::<Vec<_>>()
    };
    assert_eq!(people(pb::ListPeopleRequest::default()).await, std::slice::from_ref(&ann));
    assert_eq!(
        people(pb::ListPeopleRequest { unit: shop.clone(), ..Default::default() }).await,
        std::slice::from_ref(&ann)
    );

    // Writes and whole lists are for those who reach the tenant, whatever scopes say.
    beyond(leader.resolve_audience(pb::ResolveAudienceRequest::default()).await);
    let person = pb::Person { name: ann, display_name: "Mine".to_owned(), ..Default::default() };
    beyond(
        leader.update_person(pb::UpdatePersonRequest { person: Some(person), ..Default::default() }).await,
    );
    beyond(leader.list_accounts(pb::ListAccountsRequest::default()).await);
    beyond(leader.list_outcomes(pb::ListOutcomesRequest::default()).await);
    let two = within(&server, &[&north, &south], None);
    beyond(two.list_people(pb::ListPeopleRequest::default()).await);
    two.list_people(pb::ListPeopleRequest { unit: south, ..Default::default() }).await.unwrap();
}

async fn an_employee_sees_themself_and_what_the_staff_may_know(server: Server) {
    let House { root, shop, ann, ben, .. } = house(&server.admin).await;
    let role = server.admin.role("Driver").await.name;
    let employee = within(&server, &[], Some(&ann));
    assert_eq!(employee.get_person(get(&ann)).await.unwrap().person.unwrap().name, ann);
    employee.list_memberships(pb::ListMembershipsRequest { name: ann }).await.unwrap();
    beyond(employee.get_person(get(&ben)).await);
    beyond(employee.list_people(pb::ListPeopleRequest::default()).await);
    for unit in [root, shop] {
        beyond(employee.get_unit(pb::GetUnitRequest { name: unit }).await);
    }
    assert!(employee.get_tree(pb::GetTreeRequest::default()).await.unwrap().units.is_empty());
    assert!(employee.list_units(pb::ListUnitsRequest::default()).await.unwrap().units.is_empty());
    employee.get_role(pb::GetRoleRequest { name: role }).await.unwrap();
    assert_eq!(employee.list_roles(pb::ListRolesRequest::default()).await.unwrap().roles.len(), 1);
    let tenant = pb::GetTenantRequest { name: server.admin.caller.tenant.name() };
    employee.get_tenant(tenant).await.unwrap();
}

async fn the_tree_of_today_decides(server: Server) {
    let House { north, south, shop, ann, .. } = house(&server.admin).await;
    let (old, new) = (within(&server, &[&north], None), within(&server, &[&south], None));
    let request = pb::MoveUnitRequest {
        name: shop.clone(),
        parent: south,
        valid_from: Some(date(2026, 6, 2)),
        ..Default::default()
    };
    server.admin.move_unit(request).await.unwrap();
    old.get_person(get(&ann)).await.unwrap();
    beyond(new.get_person(get(&ann)).await);
    server.wait(chrono::TimeDelta::days(1));
    beyond(old.get_person(get(&ann)).await);
    beyond(old.get_unit(pb::GetUnitRequest { name: shop.clone() }).await);
    new.get_person(get(&ann)).await.unwrap();
    // A look into the past is a look at what is theirs today.
    let past = pb::GetTreeRequest { as_of: Some(date(2026, 6, 1)) };
    let seen = old.get_tree(past).await.unwrap().units;
    assert_eq!(seen.into_iter().map(|unit| unit.name).collect::<Vec<_>>(), [north]);
}

async fn whoever_sees_no_people_sees_the_organisation(server: Server) {
    let House { ann, .. } = house(&server.admin).await;
    let scopes = Scopes::parse("directory.read");
    let analyst =
        server.as_caller(Caller { scopes, reach: Reach::Impersonal, ..server.admin.caller.clone() });
    assert_eq!(analyst.get_tree(pb::GetTreeRequest::default()).await.unwrap().units.len(), 4);
    analyst.list_units(pb::ListUnitsRequest::default()).await.unwrap();
    beyond(analyst.get_person(get(&ann)).await);
    beyond(analyst.list_people(pb::ListPeopleRequest::default()).await);
    beyond(analyst.list_memberships(pb::ListMembershipsRequest { name: ann }).await);
    beyond(analyst.resolve_audience(pb::ResolveAudienceRequest::default()).await);
}
