//! Numbers of HR and recruiting, by unit and month: what is taken and what is not.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::event::v1::WorkforceFigureChanged;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::time::timestamp;
use arki_test_support::{Refused, mask, on_each_database};
use chrono::TimeDelta;
use tonic::Code;

use crate::server::Server;
use crate::user::{User, date};

on_each_database!(
    each_item_is_answered_by_itself_and_in_order,
    what_was_told_again_is_unchanged_and_tells_nothing,
    what_is_older_changes_nothing_whatever_its_source,
    no_number_of_a_small_group_of_employees_is_taken,
    the_floor_is_the_tenants_own,
    a_figure_is_deleted_and_told_to_be_gone,
    a_retry_has_one_effect_and_a_batch_a_thousand_items,
);

const CREATED: i32 = pb::UpsertState::Created as i32;
const UPDATED: i32 = pb::UpsertState::Updated as i32;
const UNCHANGED: i32 = pb::UpsertState::Unchanged as i32;
const STALE: i32 = pb::UpsertState::Stale as i32;
const FAILED: i32 = pb::UpsertState::Failed as i32;

/// A unit with a key of the HR system.
pub(crate) async fn unit(user: &User, key: &str, parent: &str) -> String {
    let unit = pb::Unit {
        display_name: key.to_owned(),
        parent: parent.to_owned(),
        external_id: key.to_owned(),
        valid_from: Some(date(2026, 1, 1)),
        ..Default::default()
    };
    let request = pb::CreateUnitRequest { unit: Some(unit), request_id: String::new() };
    user.create_unit(request).await.unwrap().unit.unwrap().name
}

/// What happened in May.
pub(crate) fn figure(
    key: &str,
    kind: pb::WorkforceKind,
    count: f64,
    base: f64,
) -> pb::ReportedWorkforceFigure {
    pb::ReportedWorkforceFigure {
        unit_external_id: key.to_owned(),
        month: Some(date(2026, 5, 1)),
        kind: kind.into(),
        count: Some(count),
        base: Some(base),
        ..Default::default()
    }
}

pub(crate) fn leavers(key: &str, count: f64) -> pb::ReportedWorkforceFigure {
    figure(key, pb::WorkforceKind::Leavers, count, 20.0)
}

pub(crate) fn batch(figures: Vec<pb::ReportedWorkforceFigure>) -> pb::BatchUpsertWorkforceFiguresRequest {
    pb::BatchUpsertWorkforceFiguresRequest { source: "workday".to_owned(), figures, ..Default::default() }
}

pub(crate) async fn report(user: &User, figures: Vec<pb::ReportedWorkforceFigure>) -> Vec<pb::UpsertResult> {
    user.batch_upsert_workforce_figures(batch(figures)).await.unwrap().results
}

fn states(results: &[pb::UpsertResult]) -> Vec<i32> {
    results.iter().map(|result| result.state).collect()
}

pub(crate) fn reasons(results: &[pb::UpsertResult]) -> Vec<(&str, &str)> {
    let errors = results.iter().filter_map(|result| result.error.as_ref());
    errors.map(|error| (error.reason.as_str(), error.field.as_str())).collect()
}

pub(crate) async fn get(user: &User, name: &str) -> pb::WorkforceFigure {
    let request = pb::GetWorkforceFigureRequest { name: name.to_owned() };
    user.get_workforce_figure(request).await.unwrap().workforce_figure.unwrap()
}

pub(crate) fn names(results: &[pb::UpsertResult]) -> Vec<String> {
    results.iter().map(|result| result.name.clone()).collect()
}

async fn each_item_is_answered_by_itself_and_in_order(server: Server) {
    let user = &server.admin;
    let north = unit(user, "NORTH", "").await;
    let good = leavers("NORTH", 2.0);
    let by_name = pb::ReportedWorkforceFigure {
        unit: north.clone(),
        unit_external_id: String::new(),
        ..figure("", pb::WorkforceKind::Applicants, 120.0, 3.0)
    };
    let results = report(
        user,
        vec![
            good.clone(),
            leavers("SOUTH", 2.0),
            by_name,
            pb::ReportedWorkforceFigure { month: Some(date(2026, 5, 31)), ..good.clone() },
            pb::ReportedWorkforceFigure { month: Some(date(2026, 7, 1)), ..good.clone() },
            pb::ReportedWorkforceFigure { month: None, ..good.clone() },
            pb::ReportedWorkforceFigure { kind: 17, ..good.clone() },
            pb::ReportedWorkforceFigure { count: None, ..good.clone() },
            pb::ReportedWorkforceFigure { base: Some(f64::NAN), ..good.clone() },
            pb::ReportedWorkforceFigure { unit: north.clone(), ..good.clone() },
            leavers("NORTH", 21.0),
            leavers("NORTH", 3.0),
        ],
    )
    .await;
    let expected =
        [CREATED, FAILED, CREATED, FAILED, FAILED, FAILED, FAILED, FAILED, FAILED, FAILED, FAILED, UPDATED];
    assert_eq!(states(&results), expected, "{results:?}");
    let invalid = |field| ("INVALID_FIELDS", field);
    let expected = [
        ("UNIT_NOT_FOUND", "unit_external_id"),
        invalid("month"),
        invalid("month"),
        invalid("month"),
        invalid("kind"),
        invalid("count"),
        invalid("base"),
        invalid("unit"),
        invalid("count"),
    ];
    assert_eq!(reasons(&results), expected);
    assert_eq!((results[0].external_id.as_str(), &results[2].external_id), ("NORTH", &north));
    assert_eq!(results[0].name, results[11].name, "one of a unit, a month and a kind");
    let stored = get(user, &results[0].name).await;
    assert_eq!((stored.unit.as_str(), stored.month), (north.as_str(), Some(date(2026, 5, 1))));
    assert_eq!((stored.count, stored.base, stored.source.as_str()), (3.0, 20.0, "workday"));
    assert_eq!((stored.kind, stored.source_time), (pb::WorkforceKind::Leavers.into(), None));
    // A month that is no day of the calendar is no item's own fault.
    let never = pb::ReportedWorkforceFigure { month: Some(date(2026, 13, 1)), ..good };
    let refused = user.batch_upsert_workforce_figures(batch(vec![never])).await;
    assert_eq!(refused.fields(), ["figures[0].month"]);
}

async fn what_was_told_again_is_unchanged_and_tells_nothing(server: Server) {
    let user = &server.admin;
    let north = unit(user, "NORTH", "").await;
    let applicants = figure("NORTH", pb::WorkforceKind::Applicants, 120.0, 3.0);
    let first = report(user, vec![leavers("NORTH", 2.0), applicants.clone()]).await;
    assert_eq!(states(&first), [CREATED, CREATED]);
    for _ in 0..2 {
        let again = report(user, vec![leavers("NORTH", 2.0), applicants.clone()]).await;
        assert_eq!((states(&again), names(&again)), (vec![UNCHANGED, UNCHANGED], names(&first)));
    }
    assert_eq!(states(&report(user, vec![leavers("NORTH", 3.0)]).await), [UPDATED]);
    let told = server.events::<WorkforceFigureChanged>(3).await;
    let told: Vec<_> = told.into_iter().filter(|event| event.workforce_figure == first[0].name).collect();
    let numbers: Vec<_> = told.iter().map(|event| (event.revision, event.count, event.base)).collect();
    assert_eq!(numbers, [(1, 2.0, 20.0), (2, 3.0, 20.0)]);
    assert_eq!((told[0].unit.as_str(), told[0].month), (north.as_str(), Some(date(2026, 5, 1))));
    assert_eq!((told[0].kind.as_str(), told[0].deleted), ("leavers", false));
    // The present state is told once more, to whoever begins to listen late.
    let replay = pb::ReplayEventsRequest {
        subject_prefix: "arki.directory.workforce_figure".to_owned(),
        ..Default::default()
    };
    assert_eq!(user.replay_events(replay).await.unwrap().events, 2);
    let told = server.events::<WorkforceFigureChanged>(5).await;
    assert_eq!(told.len(), 5);
    assert!(told[3..].iter().any(|event| event.revision == 2 && event.kind == "leavers"));
}

async fn what_is_older_changes_nothing_whatever_its_source(server: Server) {
    let user = &server.admin;
    unit(user, "NORTH", "").await;
    let told = |minutes: i64, count| pb::ReportedWorkforceFigure {
        source_time: Some(timestamp(server.now() + TimeDelta::minutes(minutes))),
        ..leavers("NORTH", count)
    };
    let results = report(user, vec![told(2, 2.0), told(1, 9.0), told(2, 2.0), told(4, 2.0)]).await;
    assert_eq!(states(&results), [CREATED, STALE, UNCHANGED, UNCHANGED]);
    assert_eq!(results[1].name, results[0].name);
    let request = pb::BatchUpsertWorkforceFiguresRequest {
        source: "bamboohr".to_owned(),
        ..batch(vec![told(3, 9.0), told(5, 2.0)])
    };
    let other = user.batch_upsert_workforce_figures(request).await.unwrap().results;
    assert_eq!(states(&other), [STALE, UPDATED], "another source is a change");
    let stored = get(user, &results[0].name).await;
    assert_eq!((stored.count, stored.source.as_str(), stored.etag.as_str()), (2.0, "bamboohr", "2"));
    assert_eq!(stored.source_time, Some(timestamp(server.now() + TimeDelta::minutes(5))));
    // A failed item is not the newest that was applied; one without a time comes in its turn.
    let results = report(user, vec![told(8, 99.0), told(7, 4.0), leavers("NORTH", 5.0)]).await;
    assert_eq!(states(&results), [FAILED, UPDATED, UPDATED]);
}

async fn no_number_of_a_small_group_of_employees_is_taken(server: Server) {
    let user = &server.admin;
    let north = unit(user, "NORTH", "").await;
    let desk = unit(user, "DESK", &north).await;
    for number in 0..4 {
        user.employee(&format!("Person {number}"), &desk).await;
    }
    let june = |figure| pb::ReportedWorkforceFigure { month: Some(date(2026, 6, 1)), ..figure };
    let absence = |key| june(figure(key, pb::WorkforceKind::AbsenceDays, 3.5, 84.0));
    let results = report(
        user,
        vec![
            figure("DESK", pb::WorkforceKind::Leavers, 1.0, 4.5),
            figure("DESK", pb::WorkforceKind::NewHires, 1.0, 4.0),
            absence("DESK"),
            // Nobody belongs to the unit itself; those below do not count for it.
            absence("NORTH"),
            figure("DESK", pb::WorkforceKind::Applicants, 40.0, 1.0),
            figure("DESK", pb::WorkforceKind::OffersAccepted, 1.0, 2.0),
        ],
    )
    .await;
    assert_eq!(states(&results), [FAILED, FAILED, FAILED, FAILED, CREATED, CREATED], "{results:?}");
    let small = |field| ("GROUP_TOO_SMALL", field);
    assert_eq!(reasons(&results), [small("base"), small("base"), small("unit"), small("unit")]);
    assert!(results[0].error.as_ref().unwrap().description.contains("unit above"));
    let fifth = user.employee("Person 4", &desk).await.name;
    assert_eq!(states(&report(user, vec![absence("DESK")]).await), [CREATED]);
    // On the first of May nobody was there yet.
    let may = figure("DESK", pb::WorkforceKind::AbsenceDays, 3.5, 84.0);
    assert_eq!(reasons(&report(user, vec![may]).await), [small("unit")]);
    // Who left before the month began is not of the group.
    let left = pb::ChangeEmploymentRequest {
        name: fifth,
        state: pb::EmploymentState::Left.into(),
        ..Default::default()
    };
    user.change_employment(left).await.unwrap();
    assert_eq!(reasons(&report(user, vec![absence("DESK")]).await), [small("unit")]);
}

async fn the_floor_is_the_tenants_own(server: Server) {
    let user = &server.admin;
    unit(user, "NORTH", "").await;
    let of_eight = |count| figure("NORTH", pb::WorkforceKind::Leavers, count, 8.0);
    assert_eq!(states(&report(user, vec![of_eight(1.0)]).await), [CREATED]);
    let tenant =
        pb::Tenant { name: user.caller.tenant.name(), minimum_group_employees: 9, ..Default::default() };
    let raise = pb::UpdateTenantRequest {
        tenant: Some(tenant),
        update_mask: mask(&["minimum_group_employees"]),
        ..Default::default()
    };
    user.update_tenant(raise).await.unwrap();
    assert_eq!(reasons(&report(user, vec![of_eight(2.0)]).await), [("GROUP_TOO_SMALL", "base")]);
}

async fn a_figure_is_deleted_and_told_to_be_gone(server: Server) {
    let user = &server.admin;
    unit(user, "NORTH", "").await;
    let name = report(user, vec![leavers("NORTH", 2.0)]).await.remove(0).name;
    let delete = pb::DeleteWorkforceFigureRequest { name: name.clone(), ..Default::default() };
    let other = pb::DeleteWorkforceFigureRequest { etag: "7".to_owned(), ..delete.clone() };
    user.delete_workforce_figure(other).await.refused(Code::Aborted, HouseReason::EtagMismatch);
    let right = pb::DeleteWorkforceFigureRequest { etag: "1".to_owned(), ..delete.clone() };
    user.delete_workforce_figure(right).await.unwrap();
    let missing = (Code::NotFound, ErrorReason::WorkforceFigureNotFound);
    user.delete_workforce_figure(delete).await.refused(missing.0, missing.1);
    let get = pb::GetWorkforceFigureRequest { name: name.clone() };
    user.get_workforce_figure(get).await.refused(missing.0, missing.1);
    let told = server.events::<WorkforceFigureChanged>(2).await;
    let told: Vec<_> = told.iter().map(|event| (event.revision, event.count, event.deleted)).collect();
    assert_eq!(told, [(1, 2.0, false), (2, 2.0, true)]);
    let again = report(user, vec![leavers("NORTH", 2.0)]).await;
    assert_eq!(states(&again), [CREATED]);
    assert_ne!(again[0].name, name);
}

async fn a_retry_has_one_effect_and_a_batch_a_thousand_items(server: Server) {
    let user = &server.admin;
    unit(user, "NORTH", "").await;
    let request = |count| pb::BatchUpsertWorkforceFiguresRequest {
        request_id: "r-1".to_owned(),
        ..batch(vec![leavers("NORTH", count)])
    };
    let first = user.batch_upsert_workforce_figures(request(2.0)).await.unwrap();
    report(user, vec![leavers("NORTH", 3.0)]).await;
    assert_eq!(user.batch_upsert_workforce_figures(request(2.0)).await.unwrap(), first);
    let stored = get(user, &first.results[0].name).await;
    assert_eq!((stored.count, stored.etag.as_str()), (3.0, "2"));
    let other = user.batch_upsert_workforce_figures(request(4.0)).await;
    other.refused(Code::InvalidArgument, HouseReason::RequestIdReused);

    // A year and more of every kind, for one unit.
    let kind = pb::WorkforceKind::Applicants;
    let many = |count: i32| {
        let of = |number: i32| pb::ReportedWorkforceFigure {
            month: Some(date(1930 + number / 12, 1 + number % 12, 1)),
            ..figure("NORTH", kind, 1.0, 1.0)
        };
        (0..count).map(of).collect::<Vec<_>>()
    };
    let results = report(user, many(1_000)).await;
    assert!(results.iter().all(|result| result.state == CREATED));
    assert!(report(user, many(1_000)).await.iter().all(|result| result.state == UNCHANGED));
    for count in [0, 1_001] {
        let refused = user.batch_upsert_workforce_figures(batch(many(count))).await;
        assert_eq!(refused.fields(), ["figures"]);
    }
}
