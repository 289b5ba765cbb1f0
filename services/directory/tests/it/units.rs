use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, date, employee};

on_each_database!(
    is_created_read_and_updated,
    the_tree_is_as_it_was_is_and_will_be,
    a_rename_reaches_planned_versions_too,
    a_unit_that_is_still_to_come_can_be_changed_before,
    refuses_a_move_that_would_cycle_on_any_later_day,
    closes_only_when_nobody_is_left,
    refuses_days_outside_of_the_time_of_a_unit,
    refuses_what_is_not_there_or_taken,
    a_tree_of_thousands_comes_in_one_call,
);

async fn tree(user: &User, as_of: Option<(i32, i32, i32)>) -> Vec<(String, i32, i32)> {
    let as_of = as_of.map(|(year, month, day)| date(year, month, day));
    let tree = user.get_tree(pb::GetTreeRequest { as_of }).await.unwrap();
    tree.units.into_iter().map(|unit| (unit.display_name, unit.depth, unit.employees)).collect()
}

async fn moves(
    user: &User,
    unit: &pb::Unit,
    parent: &str,
    from: (i32, i32, i32),
) -> Result<pb::Unit, arki_rpc::Failure> {
    let request = pb::MoveUnitRequest {
        name: unit.name.clone(),
        parent: parent.to_owned(),
        valid_from: Some(date(from.0, from.1, from.2)),
        ..Default::default()
    };
    Ok(user.move_unit(request).await?.unit.unwrap())
}

fn row(name: &str, depth: i32, employees: i32) -> (String, i32, i32) {
    (name.to_owned(), depth, employees)
}

async fn is_created_read_and_updated(server: Server) {
    let user = &server.admin;
    let leader = user.person(employee("Aino Esimerkki")).await.unwrap();
    let unit = pb::Unit {
        display_name: "Pohjoinen".to_owned(),
        leader: leader.name.clone(),
        external_id: "N".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateUnitRequest { unit: Some(unit), request_id: String::new() };
    let created = user.create_unit(request).await.unwrap().unit.unwrap();
    assert_eq!(created.valid_from, Some(date(2026, 6, 1)), "today, where none is named");
    assert_eq!((created.etag.as_str(), created.valid_to), ("1", None));

    let get = pb::GetUnitRequest { name: created.name.clone() };
    assert_eq!(user.get_unit(get.clone()).await.unwrap().unit, Some(created.clone()));
    let listed = user.list_units(pb::ListUnitsRequest::default()).await.unwrap().units;
    assert_eq!(listed, std::slice::from_ref(&created));

    server.wait(chrono::TimeDelta::days(1));
    let change = pb::Unit { display_name: "North".to_owned(), ..created.clone() };
    let request = pb::UpdateUnitRequest {
        unit: Some(change),
        update_mask: mask(&["display_name", "etag"]),
        ..Default::default()
    };
    let updated = user.update_unit(request.clone()).await.unwrap().unit.unwrap();
    assert_eq!((updated.display_name.as_str(), updated.etag.as_str()), ("North", "2"));
    assert_eq!((updated.valid_from, &updated.leader), (Some(date(2026, 6, 2)), &leader.name));
    user.update_unit(request).await.refused(Code::Aborted, HouseReason::EtagMismatch);

    let versions = pb::ListUnitVersionsRequest { name: created.name.clone() };
    let versions = user.list_unit_versions(versions).await.unwrap().versions;
    let shown: Vec<_> =
        versions.iter().map(|version| (version.display_name.as_str(), version.valid_to)).collect();
    assert_eq!(shown, [("Pohjoinen", Some(date(2026, 6, 2))), ("North", None)]);

    // The same again changes nothing, and so not the etag either.
    let again = pb::UpdateUnitRequest { unit: Some(updated.clone()), ..Default::default() };
    assert_eq!(user.update_unit(again).await.unwrap().unit.unwrap().etag, "2");
}

async fn the_tree_is_as_it_was_is_and_will_be(server: Server) {
    let user = &server.admin;
    let group = user.unit("Group", "").await;
    let north = user.unit("North", &group.name).await;
    let shop = user.unit("Shop", &north.name).await;
    let south = pb::Unit {
        display_name: "South".to_owned(),
        parent: group.name.clone(),
        valid_from: Some(date(2026, 7, 1)),
        ..Default::default()
    };
    let request = pb::CreateUnitRequest { unit: Some(south), request_id: String::new() };
    let south = user.create_unit(request).await.unwrap().unit.unwrap();
    user.employee("Aino Esimerkki", &shop.name).await;
    let bo = user.employee("Bo Exempel", &shop.name).await;
    user.person(pb::Person {
        unit: shop.name.clone(),
        employment_state: pb::EmploymentState::LongLeave.into(),
        ..employee("Cai Poissa")
    })
    .await
    .unwrap();
    let moved = moves(user, &shop, &south.name, (2026, 8, 1)).await.unwrap();
    assert_eq!((moved.parent, moved.valid_from), (south.name.clone(), Some(date(2026, 8, 1))));
    let membership =
        pb::Membership { unit: north.name.clone(), valid_from: Some(date(2026, 9, 1)), ..Default::default() };
    let request = pb::AssignMembershipRequest {
        name: bo.name.clone(),
        membership: Some(membership),
        ..Default::default()
    };
    user.assign_membership(request).await.unwrap();

    assert_eq!(tree(user, Some((2025, 12, 31))).await, []);
    let spring = [row("Group", 0, 0), row("North", 1, 0), row("Shop", 2, 0)];
    assert_eq!(tree(user, Some((2026, 3, 1))).await, spring);
    let today = [row("Group", 0, 0), row("North", 1, 0), row("Shop", 2, 2)];
    assert_eq!(tree(user, None).await, today);
    let july = [row("Group", 0, 0), row("North", 1, 0), row("Shop", 2, 2), row("South", 1, 0)];
    assert_eq!(tree(user, Some((2026, 7, 31))).await, july);
    let august = [row("Group", 0, 0), row("North", 1, 0), row("South", 1, 0), row("Shop", 2, 2)];
    assert_eq!(tree(user, Some((2026, 8, 1))).await, august);
    let autumn = [row("Group", 0, 0), row("North", 1, 1), row("South", 1, 0), row("Shop", 2, 1)];
    assert_eq!(tree(user, Some((2026, 9, 1))).await, autumn);

    let listed = user.list_units(pb::ListUnitsRequest::default()).await.unwrap().units;
    assert_eq!(listed.len(), 3, "a unit that is still to come is not listed today");
    let as_of = Some(date(2026, 8, 1));
    let listed = user.list_units(pb::ListUnitsRequest { as_of, ..Default::default() }).await.unwrap().units;
    let shop = listed.iter().find(|unit| unit.display_name == "Shop").unwrap();
    assert_eq!(shop.parent, south.name);
}

async fn a_rename_reaches_planned_versions_too(server: Server) {
    let user = &server.admin;
    let group = user.unit("Group", "").await;
    let shop = user.unit("Shop", "").await;
    moves(user, &shop, &group.name, (2026, 9, 1)).await.unwrap();
    let unit = pb::Unit {
        name: shop.name.clone(),
        display_name: "Store".to_owned(),
        valid_from: Some(date(2026, 3, 1)),
        ..Default::default()
    };
    let request = pb::UpdateUnitRequest {
        unit: Some(unit),
        update_mask: mask(&["display_name", "valid_from"]),
        ..Default::default()
    };
    user.update_unit(request).await.unwrap();
    for (as_of, name, depth) in
        [((2026, 2, 28), "Shop", 0), ((2026, 3, 1), "Store", 0), ((2026, 9, 1), "Store", 1)]
    {
        let units = tree(user, Some(as_of)).await;
        assert!(units.contains(&row(name, depth, 0)), "{as_of:?}: {units:?}");
    }
}

async fn refuses_a_move_that_would_cycle_on_any_later_day(server: Server) {
    let user = &server.admin;
    let a = user.unit("A", "").await;
    let b = user.unit("B", &a.name).await;
    let c = user.unit("C", "").await;
    let refused = moves(user, &a, &b.name, (2026, 6, 1))
        .await
        .refused(Code::FailedPrecondition, ErrorReason::UnitCycle);
    assert_eq!(refused.metadata["name"], a.name);
    moves(user, &a, &a.name, (2026, 6, 1)).await.refused(Code::FailedPrecondition, ErrorReason::UnitCycle);
    // From September on B is under C, so that C under B fits only until then.
    moves(user, &b, &c.name, (2026, 9, 1)).await.unwrap();
    moves(user, &c, &b.name, (2026, 6, 1)).await.refused(Code::FailedPrecondition, ErrorReason::UnitCycle);
    assert_eq!(tree(user, None).await.len(), 3);
}

async fn closes_only_when_nobody_is_left(server: Server) {
    let user = &server.admin;
    let group = user.unit("Group", "").await;
    let north = user.unit("North", &group.name).await;
    let shop = user.unit("Shop", &north.name).await;
    let aino = user.employee("Aino Esimerkki", &north.name).await;
    let close = pb::CloseUnitRequest {
        name: north.name.clone(),
        valid_to: Some(date(2026, 10, 1)),
        ..Default::default()
    };
    let refused =
        user.close_unit(close.clone()).await.refused(Code::FailedPrecondition, ErrorReason::UnitNotEmpty);
    assert_eq!((refused.metadata["units"].as_str(), refused.metadata["employees"].as_str()), ("1", "1"));
    moves(user, &shop, &group.name, (2026, 8, 1)).await.unwrap();
    let membership =
        pb::Membership { unit: shop.name.clone(), valid_from: Some(date(2026, 9, 1)), ..Default::default() };
    let request =
        pb::AssignMembershipRequest { name: aino.name, membership: Some(membership), ..Default::default() };
    user.assign_membership(request).await.unwrap();
    let closed = user.close_unit(close).await.unwrap().unit.unwrap();
    assert_eq!(closed.valid_to, Some(date(2026, 10, 1)));
    assert_eq!(tree(user, Some((2026, 9, 30))).await.len(), 3);
    assert_eq!(tree(user, Some((2026, 10, 1))).await, [row("Group", 0, 0), row("Shop", 1, 1)]);
}

async fn refuses_days_outside_of_the_time_of_a_unit(server: Server) {
    let user = &server.admin;
    let group = user.unit("Group", "").await;
    let shop = user.unit("Shop", "").await;
    let conflict = (Code::FailedPrecondition, ErrorReason::ValidityConflict);
    let refused = moves(user, &shop, &group.name, (2025, 6, 1)).await.refused(conflict.0, conflict.1);
    assert_eq!(refused.metadata["valid_from"], "2025-06-01");
    let close = pb::CloseUnitRequest {
        name: group.name.clone(),
        valid_to: Some(date(2026, 7, 1)),
        ..Default::default()
    };
    user.close_unit(close).await.unwrap();
    // A unit can't outlast the one above it, whether it is moved there or made there.
    moves(user, &shop, &group.name, (2026, 6, 1)).await.refused(conflict.0, conflict.1);
    let unit = pb::Unit { display_name: "Late".to_owned(), parent: group.name.clone(), ..Default::default() };
    let request = pb::CreateUnitRequest { unit: Some(unit), request_id: String::new() };
    user.create_unit(request).await.refused(conflict.0, conflict.1);
    let person = pb::Person { unit: group.name, ..employee("Aino Esimerkki") };
    user.person(person).await.refused(conflict.0, conflict.1);
}

async fn refuses_what_is_not_there_or_taken(server: Server) {
    let user = &server.admin;
    let nowhere = arki_ids::UnitId::generate().name();
    let get = pb::GetUnitRequest { name: nowhere.clone() };
    let refused = user.get_unit(get).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
    assert_eq!(refused.metadata["name"], nowhere);
    let create = |unit| pb::CreateUnitRequest { unit: Some(unit), request_id: String::new() };
    let named =
        || pb::Unit { display_name: "Shop".to_owned(), external_id: "S".to_owned(), ..Default::default() };
    let orphan = pb::Unit { parent: nowhere, ..named() };
    user.create_unit(create(orphan)).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
    let led = pb::Unit { leader: arki_ids::PersonId::generate().name(), ..named() };
    user.create_unit(create(led)).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    let unit = user.create_unit(create(named())).await.unwrap().unit.unwrap();
    let refused =
        user.create_unit(create(named())).await.refused(Code::AlreadyExists, ErrorReason::ExternalIdTaken);
    assert_eq!(refused.metadata["external_id"], "S");
    let request =
        pb::UpdateUnitRequest { unit: Some(unit), update_mask: mask(&["parent"]), ..Default::default() };
    let refused =
        user.update_unit(request).await.refused(Code::InvalidArgument, HouseReason::UpdateMaskInvalid);
    assert_eq!(refused.metadata["path"], "parent");
    assert_eq!(user.create_unit(create(pb::Unit::default())).await.fields(), ["unit.display_name"]);
}

async fn a_tree_of_thousands_comes_in_one_call(server: Server) {
    let mut content = "unit_id,unit_name,parent_unit_id\n".to_owned();
    for unit in 0..3_000 {
        let parent = if unit == 0 { String::new() } else { ((unit - 1) / 10).to_string() };
        content += &format!("{unit},Unit {unit},{parent}\n");
    }
    let columns = ["unit_id", "unit_name", "parent_unit_id"];
    let columns = columns.map(|column| (column.to_owned(), column.to_owned())).into();
    let request = pb::ImportHrFileRequest {
        content,
        mapping: Some(pb::ColumnMapping { columns, ..Default::default() }),
        ..Default::default()
    };
    let report = server.admin.import_hr_file(request).await.unwrap().report.unwrap();
    assert_eq!(report.errors, []);
    let units = tree(&server.admin, None).await;
    assert_eq!(units.len(), 3_000);
    let deepest = units.iter().map(|(_, depth, _)| *depth).max();
    assert_eq!(deepest, Some(4));
}

async fn a_unit_that_is_still_to_come_can_be_changed_before(server: Server) {
    let user = &server.admin;
    let group = user.unit("Group", "").await;
    let unit = pb::Unit {
        display_name: "Shop".to_owned(),
        valid_from: Some(date(2026, 9, 1)),
        ..Default::default()
    };
    let request = pb::CreateUnitRequest { unit: Some(unit), request_id: String::new() };
    let shop = user.create_unit(request).await.unwrap().unit.unwrap();
    let change = pb::Unit { display_name: "Store".to_owned(), ..shop.clone() };
    let request = pb::UpdateUnitRequest {
        unit: Some(change),
        update_mask: mask(&["display_name"]),
        ..Default::default()
    };
    let renamed = user.update_unit(request).await.unwrap().unit.unwrap();
    assert_eq!((renamed.display_name.as_str(), renamed.valid_from), ("Store", Some(date(2026, 9, 1))));
    let request = pb::MoveUnitRequest { name: shop.name, parent: group.name.clone(), ..Default::default() };
    assert_eq!(user.move_unit(request).await.unwrap().unit.unwrap().parent, group.name);
    assert_eq!(tree(user, Some((2026, 9, 1))).await, [row("Group", 0, 0), row("Store", 1, 0)]);
}
