//! Who sees which numbers of HR and recruiting.

use std::collections::BTreeSet;

use arki_database::page::PageRequest;
use arki_directory::storage::workforce::Filter;
use arki_directory::storage::{units, workforce};
use arki_ids::{UnitId, WorkforceFigureId};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_test_support::{Refused, on_each_database};
use tonic::Code;

use crate::rows::{beyond, within};
use crate::server::{Server, day};
use crate::user::{User, date};
use crate::workforce::{batch, figure, get, leavers, names, reasons, report, unit};

on_each_database!(
    figures_are_listed_by_month_unit_and_kind,
    a_leader_sees_the_figures_of_units_below,
    another_tenant_sees_none,
);

async fn list(user: &User, request: pb::ListWorkforceFiguresRequest) -> Vec<String> {
    let listed = user.list_workforce_figures(request).await.unwrap().workforce_figures;
    listed.into_iter().map(|figure| figure.name).collect()
}

async fn figures_are_listed_by_month_unit_and_kind(server: Server) {
    let user = &server.admin;
    let north = unit(user, "NORTH", "").await;
    unit(user, "SOUTH", "").await;
    let of = |month, figure| pb::ReportedWorkforceFigure { month: Some(date(2026, month, 1)), ..figure };
    let applicants = figure("NORTH", pb::WorkforceKind::Applicants, 120.0, 3.0);
    let results = report(
        user,
        vec![
            of(5, leavers("NORTH", 1.0)),
            of(3, leavers("SOUTH", 1.0)),
            of(4, leavers("NORTH", 1.0)),
            of(3, applicants),
        ],
    )
    .await;
    let told = names(&results);
    let at = |places: &[usize]| places.iter().map(|place| told[*place].clone()).collect::<Vec<_>>();
    let all = pb::ListWorkforceFiguresRequest::default();
    assert_eq!(list(user, all.clone()).await, at(&[1, 3, 2, 0]));
    let of_north = pb::ListWorkforceFiguresRequest { unit: north, ..Default::default() };
    assert_eq!(list(user, of_north.clone()).await, at(&[3, 2, 0]));
    let kind = pb::WorkforceKind::Leavers.into();
    assert_eq!(list(user, pb::ListWorkforceFiguresRequest { kind, ..of_north.clone() }).await, at(&[2, 0]));
    let from_month = Some(date(2026, 4, 1));
    let since = pb::ListWorkforceFiguresRequest { from_month, ..all.clone() };
    assert_eq!(list(user, since.clone()).await, at(&[2, 0]));
    let once = pb::ListWorkforceFiguresRequest { until_month: from_month, ..since };
    assert_eq!(list(user, once).await, at(&[2]));

    let mut page = pb::ListWorkforceFiguresRequest { page_size: 1, ..all.clone() };
    let mut seen = Vec::new();
    loop {
        let found = user.list_workforce_figures(page.clone()).await.unwrap();
        seen.extend(found.workforce_figures.into_iter().map(|figure| figure.name));
        page.page_token = found.next_page_token;
        if page.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, at(&[1, 3, 2, 0]));

    let middle = pb::ListWorkforceFiguresRequest { until_month: Some(date(2026, 4, 30)), ..all };
    assert_eq!(user.list_workforce_figures(middle).await.fields(), ["until_month"]);
    let nowhere = pb::ListWorkforceFiguresRequest { unit: UnitId::generate().name(), ..of_north };
    user.list_workforce_figures(nowhere).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
}

async fn a_leader_sees_the_figures_of_units_below(server: Server) {
    let user = &server.admin;
    let root = unit(user, "ROOT", "").await;
    let (north, south) = (unit(user, "NORTH", &root).await, unit(user, "SOUTH", &root).await);
    let shop = unit(user, "SHOP", &north).await;
    let keys = ["ROOT", "NORTH", "SOUTH", "SHOP"];
    let told = names(&report(user, keys.map(|key| leavers(key, 1.0)).into()).await);
    let leader = within(&server, &[&north], None);
    let everything = pb::ListWorkforceFiguresRequest::default();
    assert_eq!(list(&leader, everything.clone()).await, [told[1].clone(), told[3].clone()]);
    let of = |unit: &str| pb::ListWorkforceFiguresRequest { unit: unit.to_owned(), ..Default::default() };
    assert_eq!(list(&leader, of(&shop)).await, &told[3..]);
    let request = |name: &str| pb::GetWorkforceFigureRequest { name: name.to_owned() };
    for place in [1, 3] {
        assert_eq!(get(&leader, &told[place]).await.name, told[place]);
    }
    let nowhere = UnitId::generate().name();
    for unit in [&root, &south, &nowhere] {
        beyond(leader.list_workforce_figures(of(unit)).await);
    }
    for name in [&told[0], &told[2], &WorkforceFigureId::generate().name()] {
        beyond(leader.get_workforce_figure(request(name)).await);
    }
    // Writes are for those who reach the tenant, whatever scopes say.
    beyond(leader.batch_upsert_workforce_figures(batch(vec![leavers("SHOP", 2.0)])).await);
    let delete = pb::DeleteWorkforceFigureRequest { name: told[3].clone(), ..Default::default() };
    beyond(leader.delete_workforce_figure(delete).await);
    let aino = user.employee("Aino Esimerkki", &shop).await.name;
    let employee = within(&server, &[], Some(&aino));
    assert!(list(&employee, everything).await.is_empty());
    beyond(employee.get_workforce_figure(request(&told[3])).await);
}

async fn another_tenant_sees_none(server: Server) {
    let (owner, stranger) = (&server.admin, server.stranger().await);
    let north = unit(owner, "NORTH", "").await;
    let name = report(owner, vec![leavers("NORTH", 2.0)]).await.remove(0).name;
    let missing = (Code::NotFound, ErrorReason::WorkforceFigureNotFound);
    let get = pb::GetWorkforceFigureRequest { name: name.clone() };
    stranger.get_workforce_figure(get).await.refused(missing.0, missing.1);
    let delete = pb::DeleteWorkforceFigureRequest { name: name.clone(), ..Default::default() };
    stranger.delete_workforce_figure(delete).await.refused(missing.0, missing.1);
    assert!(list(&stranger, Default::default()).await.is_empty());
    let of_north = pb::ListWorkforceFiguresRequest { unit: north.clone(), ..Default::default() };
    stranger.list_workforce_figures(of_north).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
    let by_name = pb::ReportedWorkforceFigure {
        unit: north.clone(),
        unit_external_id: String::new(),
        ..leavers("", 2.0)
    };
    let results = report(&stranger, vec![by_name, leavers("NORTH", 2.0)]).await;
    let unknown = [("UNIT_NOT_FOUND", "unit"), ("UNIT_NOT_FOUND", "unit_external_id")];
    assert_eq!(reasons(&results), unknown);

    let store = server.store().await;
    let (db, page) = (store.reader(), PageRequest::default());
    let (unit, figure) = (UnitId::from_name(&north).unwrap(), WorkforceFigureId::from_name(&name).unwrap());
    let months = BTreeSet::from([day(2026, 5, 1)]);
    for (tenant, there) in [(owner.caller.tenant, 1), (stranger.caller.tenant, 0)] {
        assert_eq!(workforce::find(db, tenant, figure).await.unwrap().into_iter().count(), there);
        let listed = workforce::list(db, tenant, &Filter::default(), None, &page).await.unwrap();
        assert_eq!(listed.items.len(), there);
        assert_eq!(workforce::of_units(db, tenant, &[unit], &months).await.unwrap().len(), there);
        assert_eq!(units::existing(db, tenant, &[unit]).await.unwrap().len(), there);
    }
}
