use std::collections::BTreeMap;

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::event::v1::{UnitChanged, UnitVersion};
use arki_proto::google::r#type::Date;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, date};

on_each_database!(
    units_are_merged_on_a_day_and_were_apart_before,
    a_dry_run_tells_and_changes_nothing,
    refuses_mergers_that_can_not_be,
    tells_what_must_move_before_a_unit_is_closed,
    counts_by_unit_and_below,
    the_tree_can_be_built_again_from_events,
);

fn merge(from: &[&pb::Unit], into: &pb::Unit, day: Date) -> pb::MergeUnitsRequest {
    pb::MergeUnitsRequest {
        from: from.iter().map(|unit| unit.name.clone()).collect(),
        into: into.name.clone(),
        valid_from: Some(day),
        ..Default::default()
    }
}

/// The names of the units of a day with that of the unit above and the employees of each.
async fn tree(user: &User, day: Date) -> Vec<(String, String, i32)> {
    let request = pb::GetTreeRequest { as_of: Some(day) };
    let units = user.get_tree(request).await.unwrap().units;
    let names: BTreeMap<_, _> =
        units.iter().map(|unit| (unit.name.clone(), unit.display_name.clone())).collect();
    let shown = |unit: &pb::TreeUnit| {
        let above = names.get(&unit.parent).cloned().unwrap_or_default();
        (unit.display_name.clone(), above, unit.employees)
    };
    units.iter().map(shown).collect()
}

fn row(name: &str, above: &str, employees: i32) -> (String, String, i32) {
    (name.to_owned(), above.to_owned(), employees)
}

struct Shops {
    group: pb::Unit,
    north: pb::Unit,
    south: pb::Unit,
    kiosk: pb::Unit,
}

/// A group of north with a kiosk below, and south; an employee in each but the group, since January.
async fn shops(user: &User) -> Shops {
    let group = user.unit("Group", "").await;
    let (north, south) = (user.unit("North", &group.name).await, user.unit("South", &group.name).await);
    let kiosk = user.unit("Kiosk", &north.name).await;
    for unit in [&north, &south, &kiosk] {
        let person = user.employee(&format!("Of {}", unit.display_name), "").await;
        let membership = pb::Membership {
            unit: unit.name.clone(),
            valid_from: Some(date(2026, 1, 1)),
            ..Default::default()
        };
        let assign = pb::AssignMembershipRequest {
            name: person.name,
            membership: Some(membership),
            ..Default::default()
        };
        user.assign_membership(assign).await.unwrap();
    }
    Shops { group, north, south, kiosk }
}

async fn units_are_merged_on_a_day_and_were_apart_before(server: Server) {
    let user = &server.admin;
    let Shops { north, south, .. } = shops(user).await;
    let apart =
        [row("Group", "", 0), row("North", "Group", 1), row("Kiosk", "North", 1), row("South", "Group", 1)];
    assert_eq!(tree(user, date(2026, 6, 1)).await, apart);
    let mut request = merge(&[&north], &south, date(2026, 7, 1));
    request.request_id = "merge-1".to_owned();
    let merged = user.merge_units(request.clone()).await.unwrap();
    assert_eq!((merged.units_moved, merged.people_moved), (1, 1));
    assert_eq!(merged.unit.as_ref().unwrap().name, south.name);
    // A retry has the first answer and no second effect.
    assert_eq!(user.merge_units(request).await.unwrap(), merged);
    let together = [row("Group", "", 0), row("South", "Group", 2), row("Kiosk", "South", 1)];
    for (day, expected) in [
        (date(2026, 3, 1), apart.as_slice()),
        (date(2026, 6, 30), &apart),
        (date(2026, 7, 1), &together),
        (date(2027, 1, 1), &together),
    ] {
        assert_eq!(tree(user, day).await, expected, "{day:?}");
    }
    // North ended: nobody can be placed there any more.
    let late =
        pb::Membership { unit: north.name.clone(), valid_from: Some(date(2026, 8, 1)), ..Default::default() };
    let person = user.employee("Late", "").await.name;
    let assign = pb::AssignMembershipRequest { name: person, membership: Some(late), ..Default::default() };
    let refused = user.assign_membership(assign).await;
    refused.refused(Code::FailedPrecondition, ErrorReason::ValidityConflict);
}

async fn a_dry_run_tells_and_changes_nothing(server: Server) {
    let user = &server.admin;
    let Shops { north, south, group, .. } = shops(user).await;
    let before = tree(user, date(2026, 7, 1)).await;
    let request =
        pb::MergeUnitsRequest { dry_run: true, ..merge(&[&north, &south], &group, date(2026, 2, 1)) };
    let told = user.merge_units(request).await.unwrap();
    assert_eq!((told.units_moved, told.people_moved), (1, 2));
    assert_eq!(tree(user, date(2026, 7, 1)).await, before);
    // Days that have passed can be put right.
    user.merge_units(merge(&[&north, &south], &group, date(2026, 2, 1))).await.unwrap();
    let after = [row("Group", "", 2), row("Kiosk", "Group", 1)];
    assert_eq!(tree(user, date(2026, 2, 1)).await, after);
    assert_eq!(tree(user, date(2026, 1, 31)).await, before);
}

async fn refuses_mergers_that_can_not_be(server: Server) {
    let user = &server.admin;
    let Shops { north, south, kiosk, .. } = shops(user).await;
    for into in [&kiosk, &north] {
        let refused = user.merge_units(merge(&[&north], into, date(2026, 7, 1))).await;
        refused.refused(Code::FailedPrecondition, ErrorReason::UnitCycle);
    }
    let early = user.merge_units(merge(&[&north], &south, date(2025, 12, 31))).await;
    early.refused(Code::FailedPrecondition, ErrorReason::ValidityConflict);
    let stale = pb::MergeUnitsRequest { etag: "9".to_owned(), ..merge(&[&north], &south, date(2026, 7, 1)) };
    user.merge_units(stale).await.refused(Code::Aborted, HouseReason::EtagMismatch);
    let stranger = server.stranger().await;
    let foreign = stranger.merge_units(merge(&[&north], &south, date(2026, 7, 1))).await;
    foreign.refused(Code::NotFound, ErrorReason::UnitNotFound);
    let closure = pb::PreviewClosureRequest { name: north.name.clone(), valid_to: None };
    stranger.preview_closure(closure).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
    assert!(stranger.list_unit_counts(Default::default()).await.unwrap().unit_counts.is_empty());
    user.merge_units(merge(&[&north], &south, date(2026, 7, 1))).await.unwrap();
    let twice = user.merge_units(merge(&[&north], &south, date(2026, 8, 1))).await;
    twice.refused(Code::FailedPrecondition, ErrorReason::ValidityConflict);
}

async fn tells_what_must_move_before_a_unit_is_closed(server: Server) {
    let user = &server.admin;
    let Shops { north, south, kiosk, .. } = shops(user).await;
    let preview = |unit: &pb::Unit| {
        let valid_to = Some(date(2026, 9, 1));
        user.preview_closure(pb::PreviewClosureRequest { name: unit.name.clone(), valid_to })
    };
    let told = preview(&north).await.unwrap();
    assert_eq!((told.units, told.unit_count), (vec![kiosk.name.clone()], 1));
    assert_eq!((told.people.len(), told.people_count, told.can_close), (1, 1, false));
    // Somebody on leave still belongs there.
    let away = pb::ChangeEmploymentRequest {
        name: told.people[0].clone(),
        state: pb::EmploymentState::LongLeave.into(),
        ..Default::default()
    };
    user.change_employment(away).await.unwrap();
    assert_eq!(preview(&north).await.unwrap().people_count, 1);
    user.merge_units(merge(&[&north], &south, date(2026, 7, 1))).await.unwrap();
    assert!(preview(&north).await.unwrap().can_close);
}

async fn counts_by_unit_and_below(server: Server) {
    let user = &server.admin;
    let Shops { group, north, south, kiosk } = shops(user).await;
    let mut request = pb::ListUnitCountsRequest { page_size: 3, ..Default::default() };
    let mut counts = Vec::new();
    loop {
        let page = user.list_unit_counts(request.clone()).await.unwrap();
        counts.extend(page.unit_counts);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let shown: Vec<_> = counts
        .iter()
        .map(|count| {
            let own = (count.employees, count.employees_in_all);
            (count.unit.clone(), own, (count.units_below, count.units_below_in_all))
        })
        .collect();
    let expected = [
        (group.name, (0, 3), (2, 3)),
        (north.name, (1, 2), (1, 1)),
        (south.name, (1, 1), (0, 0)),
        (kiosk.name, (1, 1), (0, 0)),
    ];
    assert_eq!(shown, expected);
}

async fn the_tree_can_be_built_again_from_events(server: Server) {
    let user = &server.admin;
    let Shops { north, south, .. } = shops(user).await;
    user.merge_units(merge(&[&north], &south, date(2026, 7, 1))).await.unwrap();
    let told = server.events::<UnitChanged>(6).await.len();
    user.replay_events(pb::ReplayEventsRequest::default()).await.unwrap();
    let replayed = server.events::<UnitChanged>(told + 4).await.split_off(told);
    let key = |date: &Date| (date.year, date.month, date.day);
    for day in [date(2026, 6, 30), date(2026, 7, 1)] {
        let holds = |version: &&UnitVersion| {
            key(version.valid_from.as_ref().unwrap()) <= key(&day)
                && version.valid_to.as_ref().is_none_or(|to| key(&day) < key(to))
        };
        let built: BTreeMap<_, _> = replayed
            .iter()
            .filter_map(|event| Some((event.unit.clone(), event.versions.iter().find(holds)?.parent.clone())))
            .collect();
        let asked = user.get_tree(pb::GetTreeRequest { as_of: Some(day) }).await.unwrap().units;
        let asked: BTreeMap<_, _> = asked.into_iter().map(|unit| (unit.name, unit.parent)).collect();
        assert_eq!(built, asked);
    }
}
