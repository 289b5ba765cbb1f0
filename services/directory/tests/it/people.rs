use std::collections::BTreeMap;

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::employee;

on_each_database!(
    is_created_read_and_updated,
    are_found_by_each_filter,
    come_in_pages_that_hold_each_of_them_once,
    refuses_a_circle_of_managers,
    refuses_what_is_not_there_or_taken,
    names_every_field_that_is_wrong,
);

async fn is_created_read_and_updated(server: Server) {
    let user = &server.admin;
    let unit = user.unit("Shop", "").await;
    let role = user.role("Driver").await;
    let manager = user.person(employee("Aino Esimerkki")).await.unwrap();
    let person = pb::Person {
        email: "Bo.Exempel@Example.com".to_owned(),
        language: "sv-FI".to_owned(),
        time_zone: "Europe/Helsinki".to_owned(),
        manager: manager.name.clone(),
        unit: unit.name.clone(),
        role: role.name.clone(),
        external_id: "E-2".to_owned(),
        attributes: BTreeMap::from([("site".to_owned(), "Turku".to_owned())]),
        ..employee("Bo Exempel")
    };
    let created = user.person(person.clone()).await.unwrap();
    assert_eq!(created.employment_state(), pb::EmploymentState::Active);
    assert_eq!(created.source, "manual");
    let as_sent = pb::Person {
        name: created.name.clone(),
        employment_state: created.employment_state,
        source: created.source.clone(),
        create_time: created.create_time,
        update_time: created.update_time,
        etag: "1".to_owned(),
        ..person
    };
    assert_eq!(created, as_sent);
    let get = pb::GetPersonRequest { name: created.name.clone() };
    assert_eq!(user.get_person(get).await.unwrap().person, Some(created.clone()));

    let change = pb::Person {
        name: created.name.clone(),
        employment_state: pb::EmploymentState::LongLeave.into(),
        ..Default::default()
    };
    let request = pb::UpdatePersonRequest {
        person: Some(change),
        update_mask: mask(&["employment_state", "role"]),
        ..Default::default()
    };
    let updated = user.update_person(request).await.unwrap().person.unwrap();
    let expected = pb::Person {
        employment_state: pb::EmploymentState::LongLeave.into(),
        role: String::new(),
        etag: "2".to_owned(),
        ..created.clone()
    };
    assert_eq!(updated, expected);

    let stale = pb::UpdatePersonRequest {
        person: Some(created),
        update_mask: mask(&["email"]),
        ..Default::default()
    };
    user.update_person(stale).await.refused(Code::Aborted, HouseReason::EtagMismatch);
}

async fn are_found_by_each_filter(server: Server) {
    let user = &server.admin;
    let group = user.unit("Group", "").await;
    let shop = user.unit("Shop", &group.name).await;
    let aino = user.employee("Aino Esimerkki", &group.name).await;
    let bo = user.employee("Bo Exempel", &shop.name).await;
    let eeva = pb::Person {
        kind: pb::PersonKind::Customer.into(),
        display_name: "Eeva Asiakas".to_owned(),
        email: "Eeva@Example.com".to_owned(),
        external_id: "C-1".to_owned(),
        source: "crm".to_owned(),
        ..Default::default()
    };
    let eeva = user.person(eeva).await.unwrap();
    assert_eq!(eeva.employment_state(), pb::EmploymentState::Unspecified);

    let none = pb::ListPeopleRequest::default();
    let of_unit = |unit: &pb::Unit, include_descendants| pb::ListPeopleRequest {
        unit: unit.name.clone(),
        include_descendants,
        ..Default::default()
    };
    for (request, expected) in [
        (none.clone(), vec![&aino, &bo, &eeva]),
        (pb::ListPeopleRequest { kind: pb::PersonKind::Employee.into(), ..none.clone() }, vec![&aino, &bo]),
        (pb::ListPeopleRequest { kind: pb::PersonKind::Prospect.into(), ..none.clone() }, vec![]),
        (of_unit(&group, false), vec![&aino]),
        (of_unit(&group, true), vec![&aino, &bo]),
        (of_unit(&shop, true), vec![&bo]),
        (pb::ListPeopleRequest { email: "EEVA@example.COM".to_owned(), ..none.clone() }, vec![&eeva]),
        (pb::ListPeopleRequest { external_id: "C-1".to_owned(), ..none.clone() }, vec![&eeva]),
        (pb::ListPeopleRequest { external_id: "c-1".to_owned(), ..none.clone() }, vec![]),
        (pb::ListPeopleRequest { kind: pb::PersonKind::Customer.into(), ..of_unit(&group, true) }, vec![]),
    ] {
        let found = user.list_people(request.clone()).await.unwrap().people;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{request:?}");
    }
    let unknown = pb::ListPeopleRequest { unit: arki_ids::UnitId::generate().name(), ..none };
    user.list_people(unknown).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
}

async fn come_in_pages_that_hold_each_of_them_once(server: Server) {
    let user = &server.admin;
    let mut expected = Vec::new();
    for number in 0..120 {
        expected.push(user.person(employee(&format!("Person {number}"))).await.unwrap().name);
    }
    for (page_size, pages) in [(0, 3), (7, 18), (120, 1), (1_000, 1)] {
        let mut request = pb::ListPeopleRequest { page_size, ..Default::default() };
        let (mut found, mut count) = (Vec::new(), 0);
        loop {
            let page = user.list_people(request.clone()).await.unwrap();
            found.extend(page.people.into_iter().map(|person| person.name));
            count += 1;
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!((&found, count), (&expected, pages), "in pages of {page_size}");
    }
}

async fn refuses_a_circle_of_managers(server: Server) {
    let user = &server.admin;
    let mut chain = vec![user.person(employee("Person 0")).await.unwrap()];
    for number in 1..4 {
        let manager = chain[number - 1].name.clone();
        chain.push(
            user.person(pb::Person { manager, ..employee(&format!("Person {number}")) }).await.unwrap(),
        );
    }
    for manager in [&chain[0], &chain[3]] {
        let person =
            pb::Person { name: chain[0].name.clone(), manager: manager.name.clone(), ..Default::default() };
        let request = pb::UpdatePersonRequest {
            person: Some(person),
            update_mask: mask(&["manager"]),
            ..Default::default()
        };
        let refused =
            user.update_person(request).await.refused(Code::FailedPrecondition, ErrorReason::ManagerCycle);
        assert_eq!(refused.metadata["name"], chain[0].name);
    }
    let person =
        pb::Person { name: chain[3].name.clone(), manager: chain[0].name.clone(), ..Default::default() };
    let request = pb::UpdatePersonRequest {
        person: Some(person),
        update_mask: mask(&["manager"]),
        ..Default::default()
    };
    assert_eq!(user.update_person(request).await.unwrap().person.unwrap().manager, chain[0].name);
}

async fn refuses_what_is_not_there_or_taken(server: Server) {
    let user = &server.admin;
    let nobody = arki_ids::PersonId::generate().name();
    let get = pb::GetPersonRequest { name: nobody.clone() };
    let refused = user.get_person(get).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    assert_eq!(refused.metadata["name"], nobody);
    let aino = || employee("Aino Esimerkki");
    let manager = pb::Person { manager: nobody.clone(), ..aino() };
    user.person(manager).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    let account = pb::Person { account: arki_ids::AccountId::generate().name(), ..aino() };
    user.person(account).await.refused(Code::NotFound, ErrorReason::AccountNotFound);
    let unit = pb::Person { unit: arki_ids::UnitId::generate().name(), ..aino() };
    user.person(unit).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
    let unit = user.unit("Shop", "").await.name;
    let role = pb::Person { unit, role: arki_ids::RoleId::generate().name(), ..aino() };
    user.person(role).await.refused(Code::NotFound, ErrorReason::RoleNotFound);
    let update =
        pb::UpdatePersonRequest { person: Some(pb::Person { name: nobody, ..aino() }), ..Default::default() };
    user.update_person(update).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    let known =
        |source: &str| pb::Person { external_id: "E-1".to_owned(), source: source.to_owned(), ..aino() };
    user.person(known("hr")).await.unwrap();
    user.person(known("crm")).await.unwrap();
    user.person(known("hr")).await.refused(Code::AlreadyExists, ErrorReason::ExternalIdTaken);
}

async fn names_every_field_that_is_wrong(server: Server) {
    let user = &server.admin;
    let person =
        pb::Person { kind: 99, email: "nobody".to_owned(), language: "F".to_owned(), ..Default::default() };
    let fields = user.person(person).await.fields();
    assert_eq!(fields, ["person.kind", "person.display_name", "person.email", "person.language"]);
    let person = pb::Person {
        time_zone: "Europe/Atlantis".to_owned(),
        attributes: BTreeMap::from([("site".to_owned(), "x".repeat(501))]),
        ..employee("Aino Esimerkki")
    };
    assert_eq!(user.person(person).await.fields(), ["person.attributes[\"site\"]", "person.time_zone"]);
    let role = user.role("Driver").await.name;
    assert_eq!(
        user.person(pb::Person { role, ..employee("Aino Esimerkki") }).await.fields(),
        ["person.role"]
    );
    let unnamed = pb::UpdatePersonRequest { person: Some(employee("Aino Esimerkki")), ..Default::default() };
    assert_eq!(user.update_person(unnamed).await.fields(), ["person.name"]);
}
