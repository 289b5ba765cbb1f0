//! Where people belong through time.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::google::r#type::Date;
use arki_rpc::Failure;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, date, employee};

on_each_database!(
    a_new_place_ends_the_old_one_on_its_day,
    the_unit_of_today_moves_with_the_clock,
    a_person_can_leave_and_come_back,
    refuses_what_is_not_there_or_out_of_time,
);

async fn assign(
    user: &User,
    person: &str,
    unit: &str,
    from: Option<Date>,
) -> Result<Vec<pb::Membership>, Failure> {
    let membership = pb::Membership { unit: unit.to_owned(), valid_from: from, ..Default::default() };
    let request = pb::AssignMembershipRequest {
        name: person.to_owned(),
        membership: Some(membership),
        ..Default::default()
    };
    Ok(user.assign_membership(request).await?.memberships)
}

async fn a_new_place_ends_the_old_one_on_its_day(server: Server) {
    let user = &server.admin;
    let (a, b) = (user.unit("A", "").await.name, user.unit("B", "").await.name);
    let role = user.role("Driver").await.name;
    let person = user.person(employee("Aino Esimerkki")).await.unwrap().name;
    assign(user, &person, &a, Some(date(2026, 2, 1))).await.unwrap();
    let membership = pb::Membership {
        unit: b.clone(),
        role: role.clone(),
        valid_from: Some(date(2026, 9, 1)),
        valid_to: None,
    };
    let request = pb::AssignMembershipRequest {
        name: person.clone(),
        membership: Some(membership.clone()),
        ..Default::default()
    };
    let memberships = user.assign_membership(request).await.unwrap().memberships;
    let first = pb::Membership {
        unit: a,
        role: String::new(),
        valid_from: Some(date(2026, 2, 1)),
        valid_to: Some(date(2026, 9, 1)),
    };
    assert_eq!(memberships, [first, membership]);
    let list = pb::ListMembershipsRequest { name: person };
    assert_eq!(user.list_memberships(list).await.unwrap().memberships, memberships);
}

async fn the_unit_of_today_moves_with_the_clock(server: Server) {
    let user = &server.admin;
    let (a, b) = (user.unit("A", "").await.name, user.unit("B", "").await.name);
    let person = user.employee("Aino Esimerkki", &a).await.name;
    assign(user, &person, &b, Some(date(2026, 6, 3))).await.unwrap();
    let get = || pb::GetPersonRequest { name: person.clone() };
    assert_eq!(user.get_person(get()).await.unwrap().person.unwrap().unit, a);
    server.wait(chrono::TimeDelta::days(2));
    assert_eq!(user.get_person(get()).await.unwrap().person.unwrap().unit, b);
    let of_b = pb::ListPeopleRequest { unit: b, ..Default::default() };
    assert_eq!(user.list_people(of_b).await.unwrap().people.len(), 1);
}

async fn a_person_can_leave_and_come_back(server: Server) {
    let user = &server.admin;
    let unit = user.unit("A", "").await.name;
    let person = user.employee("Aino Esimerkki", &unit).await.name;
    server.wait(chrono::TimeDelta::days(10));
    let request = pb::UpdatePersonRequest {
        person: Some(pb::Person { name: person.clone(), ..Default::default() }),
        update_mask: mask(&["unit"]),
        ..Default::default()
    };
    assert_eq!(user.update_person(request).await.unwrap().person.unwrap().unit, "");
    server.wait(chrono::TimeDelta::days(10));
    let memberships = assign(user, &person, &unit, None).await.unwrap();
    let periods: Vec<_> =
        memberships.iter().map(|place| (place.valid_from.unwrap(), place.valid_to)).collect();
    assert_eq!(periods, [(date(2026, 6, 1), Some(date(2026, 6, 11))), (date(2026, 6, 21), None)]);
}

async fn refuses_what_is_not_there_or_out_of_time(server: Server) {
    let user = &server.admin;
    let unit = user.unit("A", "").await.name;
    let person = user.person(employee("Aino Esimerkki")).await.unwrap().name;
    let nobody = arki_ids::PersonId::generate().name();
    assign(user, &nobody, &unit, None).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    let nowhere = arki_ids::UnitId::generate().name();
    assign(user, &person, &nowhere, None).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
    let conflict = (Code::FailedPrecondition, ErrorReason::ValidityConflict);
    let before_the_unit = Some(date(2025, 12, 31));
    assign(user, &person, &unit, before_the_unit).await.refused(conflict.0, conflict.1);
    assign(user, &person, &unit, Some(date(2026, 3, 1))).await.unwrap();
    let before_the_first = Some(date(2026, 2, 1));
    assign(user, &person, &unit, before_the_first).await.refused(conflict.0, conflict.1);
    let list = pb::ListMembershipsRequest { name: nobody };
    user.list_memberships(list).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    let role = arki_ids::RoleId::generate().name();
    let membership = pb::Membership { unit, role, ..Default::default() };
    let request =
        pb::AssignMembershipRequest { name: person, membership: Some(membership), ..Default::default() };
    user.assign_membership(request).await.refused(Code::NotFound, ErrorReason::RoleNotFound);
}
