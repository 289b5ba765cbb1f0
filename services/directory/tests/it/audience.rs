use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{date, employee};

on_each_database!(
    holds_the_active_people_of_the_units_and_of_those_below,
    is_as_of_the_day,
    comes_in_pages_of_up_to_five_thousand,
    refuses_what_is_not_there,
);

fn of(kind: pb::PersonKind, units: &[&str], roles: &[&str]) -> pb::ResolveAudienceRequest {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let audience =
        pb::Audience { kind: kind.into(), units: texts(units), roles: texts(roles), ..Default::default() };
    pb::ResolveAudienceRequest { audience: Some(audience), ..Default::default() }
}

async fn holds_the_active_people_of_the_units_and_of_those_below(server: Server) {
    let user = &server.admin;
    let tenant = pb::Tenant {
        name: user.caller.tenant.name(),
        default_language: "fi".to_owned(),
        ..Default::default()
    };
    let request = pb::UpdateTenantRequest {
        tenant: Some(tenant),
        update_mask: mask(&["default_language"]),
        ..Default::default()
    };
    user.update_tenant(request).await.unwrap();
    let group = user.unit("Group", "").await.name;
    let (north, south) = (user.unit("North", &group).await.name, user.unit("South", &group).await.name);
    let driver = user.role("Driver").await.name;
    let bo = pb::Person {
        unit: north.clone(),
        role: driver.clone(),
        language: "sv".to_owned(),
        time_zone: "Europe/Stockholm".to_owned(),
        email: "bo@example.com".to_owned(),
        external_id: "E-2".to_owned(),
        ..employee("Bo Exempel")
    };
    let aino = user.employee("Aino Esimerkki", &group).await.name;
    let bo = user.person(bo).await.unwrap().name;
    let cai = user.employee("Cai Keksitty", &south).await.name;
    let dia = user.person(employee("Dia Koditon")).await.unwrap().name;
    for (state, name) in
        [(pb::EmploymentState::LongLeave, "Esa Poissa"), (pb::EmploymentState::Left, "Fia Lähtenyt")]
    {
        let person = pb::Person { unit: north.clone(), employment_state: state.into(), ..employee(name) };
        user.person(person).await.unwrap();
    }
    let eeva = pb::Person { kind: pb::PersonKind::Customer.into(), ..employee("Eeva Asiakas") };
    let eeva = user.person(eeva).await.unwrap().name;
    // A customer belongs to the unit that serves the account.
    let account =
        pb::Account { display_name: "Fiction Ltd".to_owned(), unit: south.clone(), ..Default::default() };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    let account = user.create_account(request).await.unwrap().account.unwrap().name;
    let gita = pb::Person { kind: pb::PersonKind::Customer.into(), account, ..employee("Gita Asiakas") };
    let gita = user.person(gita).await.unwrap().name;

    let employees = pb::PersonKind::Employee;
    for (request, expected) in [
        (of(employees, &[], &[]), vec![&aino, &bo, &cai, &dia]),
        (of(employees, &[&group], &[]), vec![&aino, &bo, &cai]),
        (of(employees, &[&north, &south], &[]), vec![&bo, &cai]),
        (of(employees, &[&group, &north], &[&driver]), vec![&bo]),
        (of(employees, &[&south], &[&driver]), vec![]),
        (of(pb::PersonKind::Customer, &[], &[]), vec![&eeva, &gita]),
        (of(pb::PersonKind::Customer, &[&group], &[]), vec![&gita]),
        (of(pb::PersonKind::Customer, &[&north], &[]), vec![]),
    ] {
        let members = user.resolve_audience(request.clone()).await.unwrap().members;
        let found: Vec<_> = members.iter().map(|member| &member.person).collect();
        assert_eq!(found, expected, "{request:?}");
    }
    let members = user.resolve_audience(of(employees, &[&group], &[])).await.unwrap().members;
    assert_eq!((members[0].language.as_str(), members[0].time_zone.as_str()), ("fi", "UTC"));
    let expected = pb::AudienceMember {
        person: bo,
        unit: north,
        role: driver,
        language: "sv".to_owned(),
        time_zone: "Europe/Stockholm".to_owned(),
        email: "bo@example.com".to_owned(),
        display_name: "Bo Exempel".to_owned(),
        external_id: "E-2".to_owned(),
    };
    assert_eq!(members[1], expected);
}

async fn is_as_of_the_day(server: Server) {
    let user = &server.admin;
    let (group, other) = (user.unit("Group", "").await.name, user.unit("Other", "").await.name);
    let shop = user.unit("Shop", &group).await.name;
    user.employee("Aino Esimerkki", &shop).await;
    let request = pb::MoveUnitRequest {
        name: shop.clone(),
        parent: other.clone(),
        valid_from: Some(date(2026, 9, 1)),
        ..Default::default()
    };
    user.move_unit(request).await.unwrap();
    for (unit, as_of, count) in [
        (&group, None, 1),
        (&other, None, 0),
        (&group, Some(date(2026, 9, 1)), 0),
        (&other, Some(date(2026, 9, 1)), 1),
        (&group, Some(date(2026, 5, 31)), 0),
    ] {
        let request = pb::ResolveAudienceRequest { as_of, ..of(pb::PersonKind::Employee, &[unit], &[]) };
        let members = user.resolve_audience(request).await.unwrap().members;
        assert_eq!(members.len(), count, "{unit} {as_of:?}");
    }
}

async fn comes_in_pages_of_up_to_five_thousand(server: Server) {
    let mut content = "person_id,name,unit_id\n".to_owned();
    for number in 0..5_100 {
        content += &format!("{number},Person {number},U\n");
    }
    let columns = ["person_id", "name", "unit_id"].map(|name| (name.to_owned(), name.to_owned())).into();
    let mapping = Some(pb::ColumnMapping { columns, ..Default::default() });
    let request = pb::ImportHrFileRequest { content, mapping, ..Default::default() };
    let report = server.admin.import_hr_file(request).await.unwrap().report.unwrap();
    assert_eq!(report.errors, []);
    let mut request =
        pb::ResolveAudienceRequest { page_size: 5_000, ..of(pb::PersonKind::Employee, &[], &[]) };
    let first = server.admin.resolve_audience(request.clone()).await.unwrap();
    assert_eq!(first.members.len(), 5_000);
    request.page_token = first.next_page_token;
    let second = server.admin.resolve_audience(request).await.unwrap();
    assert_eq!((second.members.len(), second.next_page_token.as_str()), (100, ""));
    let mut all: Vec<_> = first.members.iter().chain(&second.members).map(|member| &member.person).collect();
    assert!(all.is_sorted());
    all.dedup();
    assert_eq!(all.len(), 5_100);
}

async fn refuses_what_is_not_there(server: Server) {
    let user = &server.admin;
    let unit = arki_ids::UnitId::generate().name();
    let request = of(pb::PersonKind::Employee, &[&unit], &[]);
    user.resolve_audience(request).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
    let role = arki_ids::RoleId::generate().name();
    let request = of(pb::PersonKind::Employee, &[], &[&role]);
    user.resolve_audience(request).await.refused(Code::NotFound, ErrorReason::RoleNotFound);
    let request = of(pb::PersonKind::Employee, &["units/17"], &["Driver"]);
    assert_eq!(user.resolve_audience(request).await.fields(), ["audience.units[0]", "audience.roles[0]"]);
    let request = of(pb::PersonKind::Unspecified, &[], &[]);
    assert_eq!(user.resolve_audience(request).await.fields(), ["audience.kind"]);
}
