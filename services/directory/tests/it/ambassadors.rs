use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, date, employee};

on_each_database!(
    is_created_read_changed_and_deleted,
    is_one_of_a_unit_once_at_a_time,
    coverage_rolls_up_and_knows_who_is_away,
    another_tenant_sees_none,
);

fn ambassador(person: &str, unit: &str) -> pb::Ambassador {
    pb::Ambassador {
        person: person.to_owned(),
        unit: unit.to_owned(),
        hours_per_month: 8,
        ..Default::default()
    }
}

fn create(ambassador: pb::Ambassador) -> pb::CreateAmbassadorRequest {
    pb::CreateAmbassadorRequest { ambassador: Some(ambassador), ..Default::default() }
}

async fn appoints(user: &User, person: &str, unit: &str) -> pb::Ambassador {
    user.create_ambassador(create(ambassador(person, unit))).await.unwrap().ambassador.unwrap()
}

async fn is_created_read_changed_and_deleted(server: Server) {
    let user = &server.admin;
    let shop = user.unit("Shop", "").await.name;
    let aino = user.employee("Aino Esimerkki", &shop).await.name;
    let created = appoints(user, &aino, &shop).await;
    assert_eq!((&created.since, &created.until), (&Some(date(2026, 6, 1)), &None));
    let get = pb::GetAmbassadorRequest { name: created.name.clone() };
    assert_eq!(user.get_ambassador(get.clone()).await.unwrap().ambassador, Some(created.clone()));
    let change = pb::Ambassador { until: Some(date(2026, 9, 1)), ..created.clone() };
    let update = pb::UpdateAmbassadorRequest {
        ambassador: Some(change),
        update_mask: mask(&["until"]),
        ..Default::default()
    };
    let updated = user.update_ambassador(update.clone()).await.unwrap().ambassador.unwrap();
    assert_eq!((updated.hours_per_month, updated.until), (8, Some(date(2026, 9, 1))));
    user.update_ambassador(update).await.refused(Code::Aborted, HouseReason::EtagMismatch);
    let of_shop = pb::ListAmbassadorsRequest { unit: shop.clone(), ..Default::default() };
    assert_eq!(user.list_ambassadors(of_shop).await.unwrap().ambassadors.len(), 1);
    let delete = pb::DeleteAmbassadorRequest { name: created.name, ..Default::default() };
    user.delete_ambassador(delete.clone()).await.unwrap();
    user.delete_ambassador(delete).await.refused(Code::NotFound, ErrorReason::AmbassadorNotFound);
    user.get_ambassador(get).await.refused(Code::NotFound, ErrorReason::AmbassadorNotFound);
}

async fn is_one_of_a_unit_once_at_a_time(server: Server) {
    let user = &server.admin;
    let shop = user.unit("Shop", "").await.name;
    let aino = user.employee("Aino Esimerkki", &shop).await.name;
    let first = pb::Ambassador {
        since: Some(date(2026, 6, 1)),
        until: Some(date(2026, 7, 1)),
        ..ambassador(&aino, &shop)
    };
    let first = user.create_ambassador(create(first)).await.unwrap().ambassador.unwrap();
    let second =
        |month, day| pb::Ambassador { since: Some(date(2026, month, day)), ..ambassador(&aino, &shop) };
    let early = user.create_ambassador(create(second(6, 30))).await;
    early.refused(Code::AlreadyExists, ErrorReason::AmbassadorExists);
    user.create_ambassador(create(second(7, 1))).await.unwrap();
    let longer = pb::Ambassador { until: Some(date(2026, 7, 2)), ..first };
    let update = pb::UpdateAmbassadorRequest { ambassador: Some(longer), ..Default::default() };
    user.update_ambassador(update).await.refused(Code::AlreadyExists, ErrorReason::AmbassadorExists);
    let backward = pb::Ambassador { until: Some(date(2026, 1, 2)), ..second(3, 1) };
    assert_eq!(user.create_ambassador(create(backward)).await.fields(), ["ambassador.until"]);
    let idle = pb::Ambassador { hours_per_month: 0, ..second(1, 1) };
    assert_eq!(user.create_ambassador(create(idle)).await.fields(), ["ambassador.hours_per_month"]);
    let eeva = pb::Person { kind: pb::PersonKind::Customer.into(), ..employee("Eeva Asiakas") };
    let eeva = user.person(eeva).await.unwrap().name;
    assert_eq!(
        user.create_ambassador(create(ambassador(&eeva, &shop))).await.fields(),
        ["ambassador.person"]
    );
    let nowhere = arki_ids::UnitId::generate().name();
    let missing = user.create_ambassador(create(ambassador(&aino, &nowhere))).await;
    missing.refused(Code::NotFound, ErrorReason::UnitNotFound);
}

async fn coverage_rolls_up_and_knows_who_is_away(server: Server) {
    let user = &server.admin;
    let group = user.unit("Group", "").await.name;
    let (north, south) = (user.unit("North", &group).await.name, user.unit("South", &group).await.name);
    let mut people = Vec::new();
    for (unit, count) in [(&north, 3), (&south, 2)] {
        for number in 0..count {
            people.push(user.employee(&format!("Person {number}"), unit).await.name);
        }
    }
    let target = pb::UpdateAmbassadorTargetRequest {
        ambassador_target: Some(pb::AmbassadorTarget { people_per_ambassador: 2 }),
        ..Default::default()
    };
    let asked = user.get_ambassador_target(pb::GetAmbassadorTargetRequest {}).await.unwrap();
    assert_eq!(asked.ambassador_target.unwrap().people_per_ambassador, 50);
    user.update_ambassador_target(target).await.unwrap();
    appoints(user, &people[0], &north).await;
    appoints(user, &people[1], &north).await;
    appoints(user, &people[3], &south).await;
    let coverage = |below_target_only| async move {
        let request = pb::GetAmbassadorCoverageRequest { below_target_only, ..Default::default() };
        let found = user.get_ambassador_coverage(request).await.unwrap().coverage;
        let shown = |one: pb::AmbassadorCoverage| {
            (one.display_name, one.employees, one.ambassadors, one.wanted, one.is_below_target)
        };
        found.into_iter().map(shown).collect::<Vec<_>>()
    };
    let row = |name: &str, employees, ambassadors, wanted, is_below| {
        (name.to_owned(), employees, ambassadors, wanted, is_below)
    };
    assert_eq!(
        coverage(false).await,
        [row("Group", 5, 3, 3, false), row("North", 3, 2, 2, false), row("South", 2, 1, 1, false)]
    );
    assert!(coverage(true).await.is_empty());
    let away = pb::ChangeEmploymentRequest {
        name: people[0].clone(),
        state: pb::EmploymentState::LongLeave.into(),
        ..Default::default()
    };
    user.change_employment(away).await.unwrap();
    // Away as an ambassador and as an employee alike.
    assert_eq!(
        coverage(false).await,
        [row("Group", 4, 2, 2, false), row("North", 2, 1, 1, false), row("South", 2, 1, 1, false)]
    );
    let gone = pb::ChangeEmploymentRequest {
        name: people[3].clone(),
        state: pb::EmploymentState::Left.into(),
        ..Default::default()
    };
    user.change_employment(gone).await.unwrap();
    assert_eq!(coverage(true).await, [row("Group", 3, 1, 2, true), row("South", 1, 0, 1, true)]);
}

async fn another_tenant_sees_none(server: Server) {
    let (owner, stranger) = (&server.admin, server.stranger().await);
    let shop = owner.unit("Shop", "").await.name;
    let aino = owner.employee("Aino Esimerkki", &shop).await.name;
    let created = appoints(owner, &aino, &shop).await;
    let missing = (Code::NotFound, ErrorReason::AmbassadorNotFound);
    let get = pb::GetAmbassadorRequest { name: created.name.clone() };
    stranger.get_ambassador(get).await.refused(missing.0, missing.1);
    let update = pb::UpdateAmbassadorRequest { ambassador: Some(created.clone()), ..Default::default() };
    stranger.update_ambassador(update).await.refused(missing.0, missing.1);
    let delete = pb::DeleteAmbassadorRequest { name: created.name, ..Default::default() };
    stranger.delete_ambassador(delete).await.refused(missing.0, missing.1);
    assert!(stranger.list_ambassadors(Default::default()).await.unwrap().ambassadors.is_empty());
    let coverage = stranger.get_ambassador_coverage(Default::default()).await.unwrap();
    assert!(coverage.coverage.is_empty());
    let foreign = stranger.create_ambassador(create(ambassador(&aino, &shop))).await;
    foreign.refused(Code::NotFound, ErrorReason::PersonNotFound);
}
