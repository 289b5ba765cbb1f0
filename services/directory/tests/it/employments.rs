use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::{EmploymentState, ErrorReason};
use arki_proto::event::v1::PersonChanged;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, mask, on_each_database};
use chrono::TimeDelta;
use tonic::Code;

use crate::server::Server;
use crate::user::{User, date, employee};

on_each_database!(
    goes_through_leave_and_return,
    what_is_planned_holds_when_its_day_comes,
    whoever_leaves_belongs_nowhere_from_then_on,
    an_audience_is_of_its_day,
    an_employee_who_becomes_a_customer_has_left,
    refuses_steps_that_can_not_be,
    leaders_are_those_who_lead_today,
    reports_and_managers_are_told,
    two_who_would_manage_each_other_at_once_do_not,
);

fn change(name: &str, state: EmploymentState) -> pb::ChangeEmploymentRequest {
    pb::ChangeEmploymentRequest { name: name.to_owned(), state: state.into(), ..Default::default() }
}

async fn states(user: &User, name: &str) -> Vec<EmploymentState> {
    let request = pb::ListEmploymentsRequest { name: name.to_owned() };
    let found = user.list_employments(request).await.unwrap().employments;
    found.iter().map(pb::Employment::state).collect()
}

async fn member_count(user: &User, kind: pb::PersonKind, month: i32, day: i32) -> usize {
    let audience = pb::Audience { kind: kind.into(), ..Default::default() };
    let request = pb::ResolveAudienceRequest {
        audience: Some(audience),
        as_of: Some(date(2026, month, day)),
        ..Default::default()
    };
    user.resolve_audience(request).await.unwrap().members.len()
}

async fn goes_through_leave_and_return(server: Server) {
    let user = &server.admin;
    let aino = user.employee("Aino Esimerkki", &user.unit("Shop", "").await.name).await;
    let changed = user.change_employment(change(&aino.name, EmploymentState::LongLeave)).await.unwrap();
    let person = changed.person.unwrap();
    assert_eq!(
        (person.employment_state(), person.unit.as_str()),
        (EmploymentState::LongLeave, aino.unit.as_str())
    );
    server.wait(TimeDelta::days(1));
    let back = user.change_employment(change(&aino.name, EmploymentState::Returned)).await.unwrap();
    assert_eq!(back.person.unwrap().employment_state(), EmploymentState::Returned);
    server.wait(TimeDelta::days(10));
    user.change_employment(change(&aino.name, EmploymentState::LongLeave)).await.unwrap();
    server.wait(TimeDelta::days(10));
    let returned = user.change_employment(change(&aino.name, EmploymentState::Returned)).await.unwrap();
    assert_eq!(
        states(user, &aino.name).await,
        [
            EmploymentState::Active,
            EmploymentState::LongLeave,
            EmploymentState::Returned,
            EmploymentState::LongLeave,
            EmploymentState::Returned
        ]
    );
    assert_eq!(member_count(user, pb::PersonKind::Employee, 6, 22).await, 1);
    assert_eq!(member_count(user, pb::PersonKind::Employee, 6, 15).await, 0);
    let etag = returned.person.unwrap().etag;
    let again = user.change_employment(change(&aino.name, EmploymentState::Returned)).await.unwrap();
    assert_eq!(again.person.unwrap().etag, etag);
    let stale =
        pb::ChangeEmploymentRequest { etag: "1".to_owned(), ..change(&aino.name, EmploymentState::Left) };
    user.change_employment(stale).await.refused(Code::Aborted, HouseReason::EtagMismatch);
}

async fn what_is_planned_holds_when_its_day_comes(server: Server) {
    let user = &server.admin;
    let aino = user.employee("Aino Esimerkki", &user.unit("Shop", "").await.name).await;
    let planned = pb::ChangeEmploymentRequest {
        valid_from: Some(date(2026, 7, 1)),
        ..change(&aino.name, EmploymentState::LongLeave)
    };
    let person = user.change_employment(planned).await.unwrap().person.unwrap();
    assert_eq!(person.employment_state(), EmploymentState::Active);
    let events = server.events::<PersonChanged>(2).await;
    assert!(events.iter().all(|event| event.active));
    assert_eq!(member_count(user, pb::PersonKind::Employee, 6, 30).await, 1);
    assert_eq!(member_count(user, pb::PersonKind::Employee, 7, 1).await, 0);
    server.wait(TimeDelta::days(31));
    let events = server.events::<PersonChanged>(3).await;
    assert!(!events[2].active, "{events:?}");
    let get = pb::GetPersonRequest { name: aino.name.clone() };
    let person = user.get_person(get).await.unwrap().person.unwrap();
    assert_eq!(person.employment_state(), EmploymentState::LongLeave);
    assert_eq!(states(user, &aino.name).await, [EmploymentState::Active, EmploymentState::LongLeave]);
}

async fn whoever_leaves_belongs_nowhere_from_then_on(server: Server) {
    let user = &server.admin;
    let shop = user.unit("Shop", "").await.name;
    let aino = user.employee("Aino Esimerkki", &shop).await;
    let leaving = pb::ChangeEmploymentRequest {
        valid_from: Some(date(2026, 7, 1)),
        ..change(&aino.name, EmploymentState::Left)
    };
    user.change_employment(leaving).await.unwrap();
    let places = |name: &str| user.list_memberships(pb::ListMembershipsRequest { name: name.to_owned() });
    assert_eq!(places(&aino.name).await.unwrap().memberships[0].valid_to, Some(date(2026, 7, 1)));
    let membership =
        pb::Membership { unit: shop.clone(), valid_from: Some(date(2026, 8, 1)), ..Default::default() };
    let assign = pb::AssignMembershipRequest {
        name: aino.name.clone(),
        membership: Some(membership),
        ..Default::default()
    };
    assert_eq!(user.assign_membership(assign.clone()).await.fields(), ["membership.valid_from"]);
    let back = pb::ChangeEmploymentRequest {
        valid_from: Some(date(2026, 8, 1)),
        ..change(&aino.name, EmploymentState::Returned)
    };
    user.change_employment(back).await.unwrap();
    user.assign_membership(assign).await.unwrap();
    assert_eq!(places(&aino.name).await.unwrap().memberships.len(), 2);
    // An update that says so ends the place today.
    let bo = user.employee("Bo Exempel", &shop).await;
    let update = pb::UpdatePersonRequest {
        person: Some(pb::Person {
            name: bo.name.clone(),
            employment_state: EmploymentState::Left.into(),
            ..Default::default()
        }),
        update_mask: mask(&["employment_state"]),
        ..Default::default()
    };
    server.wait(TimeDelta::days(1));
    let left = user.update_person(update).await.unwrap().person.unwrap();
    assert_eq!(left.unit, "");
    assert_eq!(places(&bo.name).await.unwrap().memberships[0].valid_to, Some(date(2026, 6, 2)));
    let tree = user.get_tree(pb::GetTreeRequest::default()).await.unwrap();
    assert_eq!(tree.units[0].employees, 1);
}

async fn an_employee_who_becomes_a_customer_has_left(server: Server) {
    let user = &server.admin;
    let shop = user.unit("Shop", "").await.name;
    let aino = user.employee("Aino Esimerkki", &shop).await;
    server.wait(TimeDelta::days(1));
    let customer = pb::Person { kind: pb::PersonKind::Customer.into(), ..aino.clone() };
    let update = pb::UpdatePersonRequest {
        person: Some(customer),
        update_mask: mask(&["kind"]),
        ..Default::default()
    };
    let changed = user.update_person(update).await.unwrap().person.unwrap();
    assert_eq!(changed.employment_state(), EmploymentState::Unspecified);
    assert_eq!(states(user, &aino.name).await, [EmploymentState::Active, EmploymentState::Left]);
    let tree = user.get_tree(pb::GetTreeRequest::default()).await.unwrap();
    assert_eq!(tree.units[0].employees, 0);
    assert_eq!(member_count(user, pb::PersonKind::Customer, 6, 2).await, 1);
}

async fn an_audience_is_of_its_day(server: Server) {
    let user = &server.admin;
    let aino = user.person(employee("Aino Esimerkki")).await.unwrap();
    let leaving = pb::ChangeEmploymentRequest {
        valid_from: Some(date(2026, 5, 1)),
        ..change(&aino.name, EmploymentState::Left)
    };
    let person = user.change_employment(leaving).await.unwrap().person.unwrap();
    assert_eq!(person.kind(), pb::PersonKind::Leaver);
    for (kind, before, after) in [(pb::PersonKind::Employee, 1, 0), (pb::PersonKind::Leaver, 0, 1)] {
        assert_eq!(member_count(user, kind, 4, 30).await, before);
        assert_eq!(member_count(user, kind, 5, 1).await, after);
    }
}

async fn refuses_steps_that_can_not_be(server: Server) {
    let user = &server.admin;
    let aino = user.person(employee("Aino Esimerkki")).await.unwrap().name;
    let refused = user.change_employment(change(&aino, EmploymentState::Returned)).await;
    let refused = refused.refused(Code::FailedPrecondition, ErrorReason::EmploymentTransition);
    assert_eq!((&*refused.metadata["from"], &*refused.metadata["to"]), ("active", "returned"));
    let created = pb::Person { employment_state: EmploymentState::Returned.into(), ..employee("Bo") };
    let refused = user.person(created).await;
    refused.refused(Code::FailedPrecondition, ErrorReason::EmploymentTransition);
    let eeva = pb::Person { kind: pb::PersonKind::Customer.into(), ..employee("Eeva Asiakas") };
    let eeva = user.person(eeva).await.unwrap().name;
    assert_eq!(user.change_employment(change(&eeva, EmploymentState::Left)).await.fields(), ["state"]);
    let nobody = arki_ids::PersonId::generate().name();
    let missing = user.change_employment(change(&nobody, EmploymentState::Left)).await;
    missing.refused(Code::NotFound, ErrorReason::PersonNotFound);
    let stranger = server.stranger().await;
    for missing in [
        stranger.change_employment(change(&aino, EmploymentState::Left)).await.err(),
        stranger.list_employments(pb::ListEmploymentsRequest { name: aino.clone() }).await.err(),
        stranger.get_manager_chain(pb::GetManagerChainRequest { name: aino.clone() }).await.err(),
        stranger.list_reports(pb::ListReportsRequest { name: aino, ..Default::default() }).await.err(),
    ] {
        assert!(missing.unwrap().is(ErrorReason::PersonNotFound));
    }
}

async fn leaders_are_those_who_lead_today(server: Server) {
    let user = &server.admin;
    let aino = user.person(employee("Aino Esimerkki")).await.unwrap();
    user.person(employee("Bo Exempel")).await.unwrap();
    let unit = pb::Unit { display_name: "Shop".to_owned(), leader: aino.name.clone(), ..Default::default() };
    let request = pb::CreateUnitRequest { unit: Some(unit), ..Default::default() };
    let unit = user.create_unit(request).await.unwrap().unit.unwrap();
    let get = pb::GetPersonRequest { name: aino.name.clone() };
    let shown = user.get_person(get.clone()).await.unwrap().person.unwrap();
    assert_eq!(
        (shown.kind(), shown.leads.as_slice()),
        (pb::PersonKind::Employee, [unit.name.clone()].as_slice())
    );
    let kind = pb::PersonKind::Leader.into();
    let listed = user.list_people(pb::ListPeopleRequest { kind, ..Default::default() }).await.unwrap().people;
    assert_eq!(listed, [shown]);
    assert_eq!(member_count(user, pb::PersonKind::Leader, 6, 1).await, 1);
    assert_eq!(member_count(user, pb::PersonKind::Leader, 5, 31).await, 0);
    let stored = pb::Person { kind, ..employee("Cai Keksitty") };
    assert_eq!(user.person(stored).await.fields(), ["person.kind"]);
    let other = pb::Unit { name: unit.name, ..Default::default() };
    let request =
        pb::UpdateUnitRequest { unit: Some(other), update_mask: mask(&["leader"]), ..Default::default() };
    user.update_unit(request).await.unwrap();
    assert!(user.get_person(get).await.unwrap().person.unwrap().leads.is_empty());
}

async fn reports_and_managers_are_told(server: Server) {
    let user = &server.admin;
    let mut chain = vec![user.person(employee("Person 0")).await.unwrap()];
    for number in 1..30 {
        let manager = chain[number - 1].name.clone();
        let person = pb::Person { manager, ..employee(&format!("Person {number}")) };
        chain.push(user.person(person).await.unwrap());
    }
    let mut request =
        pb::ListReportsRequest { name: chain[0].name.clone(), page_size: 10, ..Default::default() };
    let direct = user.list_reports(request.clone()).await.unwrap();
    assert_eq!((direct.people, direct.next_page_token.as_str()), (vec![chain[1].clone()], ""));
    request.transitive = true;
    let mut found = Vec::new();
    loop {
        let page = user.list_reports(request.clone()).await.unwrap();
        found.extend(page.people);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(found, chain[1..]);
    user.change_employment(change(&chain[28].name, EmploymentState::LongLeave)).await.unwrap();
    let managers = pb::GetManagerChainRequest { name: chain[29].name.clone() };
    let told = user.get_manager_chain(managers).await.unwrap();
    assert_eq!(told.effective_manager, chain[27].name);
    assert_eq!(told.managers.len(), 29);
    assert_eq!((told.managers[0].is_active, told.managers[1].is_active), (false, true));
    assert_eq!(told.managers[28].person, chain[0].name);
    let longest = pb::UpdatePersonRequest {
        person: Some(pb::Person {
            name: chain[0].name.clone(),
            manager: chain[29].name.clone(),
            ..Default::default()
        }),
        update_mask: mask(&["manager"]),
        ..Default::default()
    };
    user.update_person(longest).await.refused(Code::FailedPrecondition, ErrorReason::ManagerCycle);
}

async fn two_who_would_manage_each_other_at_once_do_not(server: Server) {
    let user = &server.admin;
    for round in 0..8 {
        let one = user.person(employee(&format!("One {round}"))).await.unwrap().name;
        let other = user.person(employee(&format!("Other {round}"))).await.unwrap().name;
        let manage = |name: &str, manager: &str| {
            let person =
                pb::Person { name: name.to_owned(), manager: manager.to_owned(), ..Default::default() };
            user.update_person(pb::UpdatePersonRequest {
                person: Some(person),
                update_mask: mask(&["manager"]),
                ..Default::default()
            })
        };
        let (up, down) = tokio::join!(manage(&one, &other), manage(&other, &one));
        let refused: Vec<_> = [up.err(), down.err()].into_iter().flatten().collect();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert!(refused[0].is(ErrorReason::ManagerCycle), "{refused:?}");
    }
}
